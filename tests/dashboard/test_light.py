"""Pages of a run whose cycles keep nothing but selection and metrics, with report points."""

import pytest

from tests.dashboard.conftest import pages
from tests.experiments import SMALL
from workbench.store import open_store

KEPT = ("maps", "predictions", "features", "weights", "units", "embeddings")
LIGHT = {
    **SMALL,
    "methods": ["entropy"],
    "keep": dict.fromkeys(KEPT, "none"),
    "report": {"at": [8, 12], "learner": {"epochs": 1}},
}
SAYS = {"what_if": "keeps no", "explore": "keeps no"}
"""What a page says that reads what the cycle does not keep."""


@pytest.fixture
def light(shared):
    return shared.trained(LIGHT).store


@pytest.mark.parametrize("page", pages("explore", "what_if", "compare"))
@pytest.mark.parametrize("cycle", [None, 1])
def test_every_page_opens_on_a_light_run_and_says_what_is_not_kept(open_page, light, page, cycle):
    app = open_page(light, page, **({} if cycle is None else {"cycle": str(cycle)}))
    assert not app.exception
    if cycle and page in SAYS:
        told = [note.value for kind in (app.info, app.warning, app.error) for note in kind]
        assert any(SAYS[page] in note for note in told), told


def test_the_table_of_classes_shows_a_chosen_report_point(open_page, light):
    (run,) = open_store(light).runs()
    app = open_page(light, "compare")
    box = app.selectbox(key="classes_at")
    assert box.value is None
    numbers = [report.number for report in run.reports]
    assert len(numbers) == 2
    before = classes_of(app)
    app = box.set_value(numbers[1]).run()
    assert not app.exception
    shown = classes_of(app)
    assert not shown.equals(before)
    wanted = run.reports[1].metrics.iou
    found = shown.set_index("class")["iou"]
    for name, value in zip(run.experiment.card.classes, wanted, strict=True):
        assert found[name] == pytest.approx(value, nan_ok=True)


def classes_of(app):
    """The table of classes that the page shows."""
    (table,) = [f.value for f in app.dataframe if {"class", "iou"} <= set(f.value.columns)]
    return table
