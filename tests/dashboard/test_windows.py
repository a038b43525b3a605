"""Pages on an experiment whose units are sliding windows."""

import json

import pytest

from workbench.store import open_store

CONFIG = {
    "name": "windows",
    "dataset": {"name": "synthetic", "train": 5, "val": 2, "height": 32, "width": 48},
    "units": "window:16x16,stride=4",
    "model": {"name": "tiny", "width": 4},
    "learner": {"name": "supervised", "epochs": 1, "batch_size": 4},
    "methods": ["entropy", "random"],
    "budget": {"unit": "pixels", "initial": 1536, "per_cycle": 768, "cycles": 2},
    "compute": {"precision": "float32", "device": "cpu"},
}


@pytest.fixture(scope="module")
def windows(shared):
    return shared.trained(CONFIG).store


@pytest.mark.parametrize("page", ["explore", "what_if", "compare"])
def test_pages_open_on_windows(open_page, windows, page):
    app = open_page(windows, page, **({"show": "queries"} if page == "compare" else {}))
    assert not app.exception
    assert not app.error


def test_the_viewer_gets_the_windows_that_are_marked(windows):
    from workbench.figures import score_map
    from workbench.viewer.payload import payload

    cycle = open_store(windows).runs()[0].cycle(0)
    image_id = cycle.selection["image_id"][0]
    sent = payload(score_map.read(cycle, "entropy", image_id))["panes"][0]
    picked = int((cycle.selection["image_id"] == image_id).sum())
    assert [unit[5] for unit in sent["units"]].count(2) == picked
    assert len(sent["units"]) <= picked + 6
    json.dumps(sent)
