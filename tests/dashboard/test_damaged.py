"""Every page goes on past what is damaged, and says once what it left out."""

import json
import shutil

import pytest

from tests.attack.damages import flip
from tests.dashboard.conftest import PAGES
from workbench.store import open_store, schema

ALONE = {"learn", "new_experiment"}
"""Pages that read no run."""


@pytest.fixture
def damaged(own_half):
    """A store with a damaged experiment, a damaged run and a damaged cycle beside whole ones."""
    record = open_store(own_half).experiments()[0]
    run = next(run for run in record.runs() if len(run.published) > 1)
    beside = shutil.copytree(record.path, own_half / "experiments/other-00000000")
    values = json.loads((beside / "experiment.json").read_bytes())
    values |= {"id": beside.name, "config": {**values["config"], "description": "\x1b[2J"}}
    (beside / "experiment.json").write_bytes(schema.to_bytes(values))
    flip(shutil.copytree(run.path, run.path.with_name("margin-s0")) / "run.json")
    flip(run.path / "cycles/0001/cycle.json")
    return own_half


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_rest_and_what_it_left_out(open_page, damaged, page):
    app = open_page(damaged, page)
    assert not app.exception
    assert not app.error
    assert app.title
    told = " ".join(box.value for box in app.warning)
    for name in ("margin-s0/run.json", "0001/cycle.json"):
        assert (name in told) == (page not in ALONE), (name, told)
    assert ("other-00000000/experiment.json" in told) == (page != "learn")


@pytest.mark.parametrize("page", ["explore", "what_if"])
def test_a_damaged_picture_is_an_error_in_its_place(open_page, own_half, page):
    run = next(run for run in open_store(own_half).runs() if len(run.published) > 1)
    for path in (run.cycle(0).data_path / "rasters").rglob("zarr.json"):
        flip(path)
    view = {"method": run.method.name, "seed": str(run.seed), "cycle": "0"}
    app = open_page(own_half, page, **view)
    assert not app.exception
    assert [box for box in app.error if "rasters" in box.value]
    below = {"explore": "Selected in this cycle", "what_if": "Picked"}[page]
    assert below in [heading.value for heading in app.subheader]


def test_a_damaged_table_is_told_each_time_and_read_again_once_it_is_whole(open_page, own_half):
    run = next(run for run in open_store(own_half).runs() if len(run.published) > 1)
    path = run.path / "cycles/0001/labelled.npy"
    whole = path.read_bytes()
    flip(path)
    app = open_page(own_half, "compare")
    for _ in range(2):
        assert [box for box in app.warning if "labelled" in box.value]
        app.run()
    path.write_bytes(whole)
    assert not app.run().warning or not [b for b in app.run().warning if "labelled" in b.value]


def test_a_plugin_that_is_left_out_is_named_in_the_form(open_page, half, monkeypatch):
    sentence = "The plug-in <b>theirs</b> is left out, mend or uninstall it: it called sys.exit."
    monkeypatch.setattr("workbench.plugins._told", {sentence: None})
    app = open_page(half, "new_experiment")
    assert not app.exception
    (box,) = app.warning
    assert "theirs" in box.value
    assert "it called sys.exit" in box.value
    assert "<b>" not in box.value
