"""Holds for every registered figure: a table first, then a drawing in two looks."""

import dataclasses
import json
from importlib import import_module

import pandas as pd
import pytest
from plotly.graph_objects import Figure

from workbench.figures import FIGURES
from workbench.figures._style import THEMES


def read(name, store, projection):
    """Call a figure's ``read`` with what its entry says it starts from."""
    module = import_module(f"workbench.figures.{name}")
    runs = store.experiments()[0].runs()
    cycle = runs[1].cycle(0)
    arguments = {
        "runs": (runs,),
        "store": (store,),
        "cycles": ([cycle], projection),
        "cycle": (cycle, "entropy", cycle.image_ids[0]),
        "nothing": (),
    }
    return module, module.read(*arguments[FIGURES.entry(name).facts["reads"]])


@pytest.fixture(scope="module", params=FIGURES.names())
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


RUNS = [name for name in FIGURES.names() if FIGURES.entry(name).facts["reads"] == "runs"]


@pytest.mark.parametrize("name", RUNS)
def test_nothing_measured_yet_is_a_sentence(name):
    module = import_module(f"workbench.figures.{name}")
    drawn = module.figure(module.read([]))
    assert not drawn.data
    assert drawn.layout.annotations[0].text.endswith(".")
