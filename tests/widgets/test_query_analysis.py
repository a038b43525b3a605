"""Query analysis as a widget."""

import pytest

from workbench.figures import class_distribution, method_overlap, query_analysis
from workbench.store import open_store
from workbench.widgets import query_analyses


@pytest.fixture(scope="module")
def store(shared):
    return open_store(shared.sample(methods=("random", "entropy"), images=4, cycles=2))


def test_it_starts_with_the_first_measure_of_all_methods(store):
    view = query_analyses(store)
    assert view.show.value == "neighbour_distance"
    assert view.data.table.equals(query_analysis.read(store.runs()).table)
    assert view.meaning.value == query_analysis.MEASURES["neighbour_distance"].meaning
    assert view.cycle.disabled
    assert [t.name for t in view.figure.data] == ["the pool itself", "random", "entropy"]


def test_measure_spread_and_methods_change_the_figure_without_measuring_again(store, monkeypatch):
    view = query_analyses(store)
    monkeypatch.setattr(query_analysis, "read", None)
    view.show.value, view.spread.value = "boundary_share", "sd"
    assert view.data.spread == "sd"
    view.methods.value = ("entropy",)
    assert [t.name for t in view.figure.data] == ["the pool itself", "entropy"]


def test_every_figure_can_be_shown(store):
    view = query_analyses(store.experiments()[0])
    runs = store.runs()
    for _, show in view.show.options:
        view.show.value = show
    view.show.value = "classes"
    assert not view.cycle.disabled
    view.cycle.value = 1
    assert view.data.table.equals(class_distribution.read(runs, 1).table)
    view.cycle.value, view.show.value = 0, "query"
    assert view.data.table.equals(method_overlap.read(runs, 0).table)
    assert view.figure.data[0].type == "heatmap"
    view.methods.value = ()
    assert not view.figure.data
