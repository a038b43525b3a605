"""Every page goes on past what is damaged, and says once what it left out."""

import pytest

from tests.attack.damages import flip
from tests.dashboard.conftest import PAGES
from workbench.store import open_store

ALONE = {"acquisition_functions", "new_experiment"}
"""Pages that read no run."""


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_rest_and_what_it_left_out(open_page, own_half, page):
    run = open_store(own_half).runs()[0]
    flip(run.path / "run.json")
    app = open_page(own_half, page)
    assert not app.exception
    assert not app.error
    told = [box.value for box in app.warning if "run.json" in box.value]
    assert len(told) == (page not in ALONE)
    assert all("workbench repair" in text for text in told)


def test_a_damaged_table_is_told_each_time_and_read_again_once_it_is_whole(open_page, own_half):
    run = next(run for run in open_store(own_half).runs() if len(run.published) > 1)
    path = run.path / "cycles/0001/labelled.npy"
    whole = path.read_bytes()
    flip(path)
    app = open_page(own_half, "learning_curves")
    for _ in range(2):
        assert [box for box in app.warning if "labelled" in box.value]
        app.run()
    path.write_bytes(whole)
    assert not app.run().warning or not [b for b in app.run().warning if "labelled" in b.value]
