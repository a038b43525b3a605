"""Runs whose labels come later: they wait, go on, and end as if the labels had been there."""

import pytest

import workbench as wb
from tests.pool.later import LaterLabels
from workbench.engine.experiment import run_experiment
from workbench.engine.setting import Setting
from workbench.store.export import metrics_csv, selections_csv


@pytest.mark.parametrize("unit", ["units", "clicks"])
def test_a_run_waits_for_its_labels_and_goes_on_with_the_same_command(
    small, tmp_path, monkeypatch, unit
):
    sizes = {"units": (4, 2), "clicks": (60, 30)}[unit]
    budget = {"unit": unit, "initial": sizes[0], "per_cycle": sizes[1], "cycles": 2}
    config = small(methods=["entropy"], budget=budget)
    run_experiment(config, tmp_path / "at_once", tmp_path)

    sources = {}

    def source(self):
        return sources.setdefault("one", LaterLabels(self.dataset, self.geometry))

    monkeypatch.setattr(Setting, "source", property(source))
    waited = 0
    while True:
        identity = run_experiment(config, tmp_path / "later", tmp_path)
        (run,) = wb.open_store(tmp_path / "later").runs(identity)
        if run.status.state == "done":
            break
        assert (run.status.state, "not there yet" in run.status.message) == ("waiting", True)
        if run.cycle_numbers:  # what is waited for was published before
            assert run.selection(0) is not None
            assert run.labels(0) is None
        waited += 1
        assert waited < 30
        sources["one"].answer(2)
    assert waited >= 2, "for the initial units, and for those of the query"
    later, at_once = (wb.open_store(tmp_path / name) for name in ("later", "at_once"))
    assert selections_csv(later) == selections_csv(at_once)
    assert metrics_csv(later) == metrics_csv(at_once)
    (run,) = later.runs()
    read = {*run.cycle(0).labelled.tolist(), *run.cycle(0).selected.tolist()}
    assert set(sources["one"].read) == read


def test_other_runs_go_on_while_one_waits(small, tmp_path, monkeypatch):
    """No run ends another one by waiting, and the call ends without an error."""
    sources = {}

    def source(self):
        return sources.setdefault("one", LaterLabels(self.dataset, self.geometry))

    monkeypatch.setattr(Setting, "source", property(source))
    budget = {"initial": 8, "per_cycle": 4, "cycles": 2}
    config = small(methods=["entropy", "random"], budget=budget)
    run_experiment(config, tmp_path, tmp_path)
    assert {run.status.state for run in wb.open_store(tmp_path).runs()} == {"waiting", "pending"}
    sources["one"].answer(8)
    run_experiment(config, tmp_path, tmp_path)
    runs = wb.open_store(tmp_path).runs()
    assert [(run.status.state, run.cycle_numbers) for run in runs] == [("waiting", [0])] * 2
