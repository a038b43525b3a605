"""Holds for every registered query unit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ConfigError
from workbench.units import UNITS

_SPECS = {"image": ["image"], "grid": ["grid:1x1", "grid:4x4", "grid:3x5", "grid:2,7"]}


def test_every_registered_unit_is_tested_here():
    assert set(_SPECS) == set(UNITS.names())


@pytest.mark.parametrize("spec", [spec for specs in _SPECS.values() for spec in specs])
@given(height=st.integers(7, 70), width=st.integers(7, 70))
def test_layout_contract(spec, height, width):
    scheme = UNITS.bind(spec).call()
    image = np.zeros((height, width, 3), np.uint8) if scheme.needs_image else None
    layout = scheme.layout((height, width), image)
    n = len(layout)
    assert layout.unit_map.shape == (height, width)
    assert layout.unit_map.dtype == layout.boxes.dtype == np.int32
    assert layout.areas.dtype == np.int64
    assert layout.unit_map.min() >= -1
    assert layout.unit_map.max() < n
    covered = layout.unit_map[layout.unit_map >= 0]
    np.testing.assert_array_equal(np.bincount(covered, minlength=n), layout.areas)
    for unit, (y0, x0, y1, x1) in enumerate(layout.boxes.tolist()):  # the tightest box
        ys, xs = np.nonzero(layout.unit_map == unit)
        assert (ys.min(), xs.min(), ys.max() + 1, xs.max() + 1) == (y0, x0, y1, x1)


@pytest.mark.parametrize("spec", [spec for specs in _SPECS.values() for spec in specs])
def test_layouts_are_made_once_and_cannot_be_changed(spec):
    scheme = UNITS.bind(spec).call()
    layout = scheme.layout((20, 30))
    assert scheme.layout((20, 30)) is layout
    assert UNITS.bind(spec).call().layout((20, 30)) is layout
    for array in (layout.unit_map, layout.boxes, layout.areas):
        assert not array.flags.writeable


def test_unknown_units_and_settings_are_named():
    with pytest.raises(ConfigError, match="did you mean 'grid'"):
        UNITS.bind("gird:4x4")
    with pytest.raises(ConfigError, match="rows"):
        UNITS.bind("grid:0x4")
