"""Entropy distributions and the simplex as widgets."""

import subprocess
import sys

import numpy as np
import pytest

from tests.store.sample import write_sample_store
from workbench.errors import ConfigError, StoreError
from workbench.figures import entropy_distribution as figure
from workbench.figures import simplex as simplex_figure
from workbench.store import open_store
from workbench.widgets import entropy_distributions, simplex


@pytest.fixture(scope="module")
def store(shared):
    return open_store(shared.sample(methods=("random", "entropy"), images=4, cycles=2))


def test_stored_curves_are_those_of_the_figure(store):
    view = entropy_distributions(store)
    expected = figure.read_cycle(store.runs()[0].cycle(0))
    assert view.data.table.equals(expected.table)
    assert [t.name for t in view.figure.data] == ["all pixels alike", "Entropy", "Margin"]


def test_run_cycle_image_and_axis_can_be_changed(store):
    view = entropy_distributions(store)
    view.image.value = view.image.options[2][1]
    assert view.image.value in view.data.title
    view.cycle.value = 1
    assert view.image.value in view.data.title  # what was chosen stays
    assert "cycle 1" in view.data.title
    view.run.value = view.run.options[-1][1]
    assert view.data.title.startswith("entropy, seed 1, cycle 1")
    view.axis.value = "entropy"
    assert view.figure.layout.xaxis.title.text == "Entropy (nats)"
    assert view.figure.data[0].name == "Entropy"


def test_made_up_pools_need_no_store():
    view = entropy_distributions()
    assert "19 classes" in view.data.title
    view.classes.value = 5
    view.kind.value = "independent"
    assert "5 classes" in view.data.title
    assert view.rise.disabled
    assert len(view.figure.data) == 1 + len(figure.SYNTHETIC_SCORES)


def test_the_slider_moves_odins_triangle_and_no_other():
    view = simplex(["margin", "odin"])
    before = [np.array(t.z) for t in view.figure.data if t.type == "heatmap"]
    view.temperature.value = 100.0
    after = [np.array(t.z) for t in view.figure.data if t.type == "heatmap"]
    np.testing.assert_array_equal(before[0], after[0])
    assert (after[1] >= before[1]).all()
    assert view.data.temperature == 100
    texts = [a.text for a in view.figure.layout.annotations]
    assert "<b>ODIN, T = 100</b>" in texts
    fresh = simplex_figure.figure(simplex_figure.read(["margin", "odin"], temperature=100))
    for shown, expected in zip(view.figure.data, fresh.data, strict=True):
        assert shown.type == expected.type
        for field in ("z", "x", "y", "customdata"):
            if getattr(expected, field, None) is not None:
                np.testing.assert_array_equal(getattr(shown, field), getattr(expected, field))


def test_nothing_to_show_is_a_sentence(tmp_path):
    write_sample_store(tmp_path / "s", methods=("random",), seeds=(0,), cycles=1, running=True)
    with pytest.raises(StoreError, match="published a cycle"):
        entropy_distributions(str(tmp_path / "s"))
    with pytest.raises(ConfigError, match="No panel"):
        simplex([])


def test_drawing_loads_no_torch():
    code = (
        "import sys; from workbench.widgets import entropy_distributions, simplex\n"
        "entropy_distributions(); simplex()\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
