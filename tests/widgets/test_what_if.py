"""The what-if widget: what is typed is asked, what cannot be asked is said."""

from html import escape

import pytest

import workbench as wb
from tests.dashboard import stores
from workbench.errors import StoreError
from workbench.store import open_store
from workbench.widgets import what_if


@pytest.fixture(scope="module")
def runs(shared):
    return open_store(shared.made("full", stores.full_store)).runs()


@pytest.fixture
def view(runs):
    shown = what_if(runs)
    shown.run.value = next(run for run in runs if run.id.endswith("entropy-s0"))
    return shown


def test_it_starts_with_the_runs_own_query(view):
    assert view.result.tolist() == view.shown.selected.tolist()
    assert view.image.options[0] == view.result.selection["image_id"].iloc[0]
    view.image.value = view.image.options[0]
    assert "jaccard" in view.message.value
    units = view.viewer.scene["panes"][0]["units"]
    assert {unit[5] for unit in units} >= {2}, "a selected unit is drawn"


def test_what_is_typed_is_asked(view):
    view.cycle.value = 1
    view.score.value = "margin"
    view.aggregation.value = "count_above:0.25"
    view.units.value = "grid:3x3"
    view.selector.value = "k_center:metric=cosine"
    view.k.value = 5
    asked = wb.whatif(view.shown, "margin", "count_above:0.25", "grid:3x3", "k_center:cosine", k=5)
    assert view.result.tolist() == asked.tolist()
    assert all(escape(sentence) in view.message.value for sentence in asked.approximate)
    assert len(view.viewer.scene["panes"][0]["units"]) == 9


def test_what_cannot_be_asked_is_said_and_can_be_mended(view):
    view.selector.value = "k_centre"
    assert view.result is None
    assert "k_center" in view.message.value
    view.selector.value = "k_center"
    assert len(view.result) == 4


def test_another_image_is_drawn(view):
    other = next(name for name in view.image.options if name != view.image.value)
    view.image.value = other
    assert view.viewer.scene["panes"][0]["imageId"] == other


def test_without_a_cycle_there_is_nothing_to_ask(runs, monkeypatch):
    monkeypatch.setattr(type(runs[0]), "cycle_numbers", property(lambda run: []))
    with pytest.raises(StoreError, match="has published a cycle yet"):
        what_if(runs)
