"""Code reads what it needs of a geometry and never asks which kind it is."""

import ast
from pathlib import Path

import numpy as np
import pytest

import workbench
from tests.pool.conftest import TinyDataset
from workbench.geometry import Geometry, list_units
from workbench.types import image_numbers, local_numbers
from workbench.units import UNITS

KINDS = {"Windows", "WindowGeometry", "ListedGeometry", "WindowLayout", "UnitLayout"}
DECIDES = {"geometry/build.py", "geometry/counting.py"}


@pytest.mark.parametrize(
    ("units", "overlapping"), [("grid:2x3", False), ("window:4x4,stride=2", True)]
)
def test_the_labelled_pixels_of_each_image_count_once(units, overlapping):
    geometry = list_units(TinyDataset(), UNITS.bind(units).call())
    assert geometry.overlapping is overlapping
    labelled = geometry.unit_ids[[0, 1, 3, -1]]
    numbers = image_numbers(labelled)
    for number, pixels in enumerate(geometry.labelled_areas(labelled)):
        mine = geometry.layout(number).pixels(local_numbers(labelled[numbers == number]))
        assert pixels == mine.sum()
    assert not geometry.labelled_areas([]).any()
    assert geometry.labelled_areas(labelled).sum() == geometry.spent(labelled, "pixels")
    assert geometry.labelled_areas(labelled).dtype == np.int64


def test_no_other_module_asks_for_the_kind():
    root = Path(workbench.__file__).parent
    asks = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
                kinds = {n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)}
                asks |= {path.relative_to(root).as_posix()} if kinds & KINDS else set()
    assert asks == DECIDES
    assert not hasattr(Geometry, "max_overlap"), "a setting of windows; others have none"
