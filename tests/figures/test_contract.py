"""Holds for every figure: a table first, then a drawing in two looks."""

import dataclasses
import json
import pkgutil
from importlib import import_module

import pandas as pd
import pytest
from plotly.graph_objects import Figure

from workbench import figures
from workbench.figures._style import THEMES

OF_RUNS = [
    *("class_distribution", "comparison", "learning_curve", "method_overlap", "per_class"),
    *("query_analysis", "win_matrix"),
]
READS = dict.fromkeys(OF_RUNS, "runs") | {
    "catalogue": "store",
    "embedding": "cycles",
    "entropy_distribution": "cycle",
    "score_map": "cycle",
    "simplex": "nothing",
    "why": "unit",
}
"""Figure ► what its ``read`` starts from."""

NAMES = [m.name for m in pkgutil.iter_modules(figures.__path__) if not m.name.startswith("_")]


def test_every_figure_is_held_to_this():
    assert sorted(READS) == NAMES


def read(name, store, projection):
    """Call a figure's ``read`` with what it starts from."""
    module = import_module(f"workbench.figures.{name}")
    runs = store.experiments()[0].runs()
    cycle = runs[1].cycle(0)
    arguments = {
        "runs": (runs,),
        "store": (store,),
        "cycles": ([cycle], projection),
        "cycle": (cycle, "entropy", cycle.image_ids[0]),
        "nothing": (),
        "unit": (runs[1], 0, int(cycle.selected[0])),
    }
    return module, module.read(*arguments[READS[name]])


@pytest.fixture(scope="module", params=NAMES)
def figure(request, store, projection):
    return read(request.param, store, projection)


def test_reading_gives_a_frozen_table(figure):
    _, data = figure
    assert isinstance(data.table, pd.DataFrame)
    assert len(data.table)
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.table = None


@pytest.mark.parametrize("theme", THEMES)
def test_it_draws_in_both_looks(figure, theme):
    module, data = figure
    drawn = module.figure(data, theme)
    assert isinstance(drawn, Figure)
    assert drawn.layout.paper_bgcolor == THEMES[theme].paper
    assert drawn.layout.font.color == THEMES[theme].ink
    assert json.loads(drawn.to_json())["data"]


def test_drawing_leaves_the_table_alone(figure):
    module, data = figure
    before = data.table.copy(deep=True)
    module.figure(data)
    pd.testing.assert_frame_equal(data.table, before)


def test_visible_axes_say_what_they_show(figure):
    module, data = figure
    drawn = module.figure(data)
    titles = [a.title.text for a in drawn.select_xaxes() if a.visible is not False]
    assert not titles or any(titles)
    grids = ("score_map", "simplex", "catalogue", "per_class")
    if not module.__name__.endswith(grids):
        assert all(a.title.text for a in [*drawn.select_xaxes(), *drawn.select_yaxes()])


@pytest.mark.parametrize("name", OF_RUNS)
def test_nothing_measured_yet_is_a_sentence(name):
    module = import_module(f"workbench.figures.{name}")
    drawn = module.figure(module.read([]))
    assert not drawn.data
    assert drawn.layout.annotations[0].text.endswith(".")
