"""What every export format is given: runs with a cycle that can be read, the others named."""

import shutil

import pytest

from tests.attack.damages import empty
from workbench.errors import DamagedRecordWarning, StoreError
from workbench.exporters import Chosen
from workbench.store import open_store


def test_runs_without_a_cycle_that_can_be_read_are_left_out_and_named(shared, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(shared.sample(running=True), store)
    damaged, *others = open_store(store).runs()
    for manifest in damaged.path.glob("cycles/*/cycle.json"):
        empty(manifest)
    opened = open_store(store)
    with pytest.warns(DamagedRecordWarning, match="cycle.json"):
        runs, notes = Chosen(opened, tuple(opened.runs())).begun()
    assert [run.id for run in runs] == [run.id for run in others]
    assert notes == (f"{damaged.id} has no cycle to export and is left out.",)
    with pytest.raises(StoreError, match="nothing to export"):
        Chosen(opened, ()).begun()
