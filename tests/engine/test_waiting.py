"""Labels that come later: a run waits without a process, and the same command goes on."""

import numpy as np
import pytest

import workbench as wb
from workbench.engine.experiment import run_experiment
from workbench.engine.setting import Setting
from workbench.pool import MaskLabels
from workbench.store.export import metrics_csv, selections_csv

BUDGET = {"initial": 8, "per_cycle": 4, "cycles": 3}


class LateLabels(MaskLabels):
    """Answers for the units that somebody has labelled by now."""

    there = np.empty(0, np.int64)
    requested: list[int]

    def request(self, ids):
        super().request(ids)
        type(self).requested += np.asarray(ids).tolist()

    def available(self, ids):
        return np.isin(ids, self.there)

    @classmethod
    def label(cls):
        """Label all that was requested."""
        cls.there = np.union1d(cls.there, cls.requested)


@pytest.fixture
def late(monkeypatch):
    """Put people in the place of the masks."""

    class Source(LateLabels):
        requested: list[int] = []  # noqa: RUF012 - one list a test

    source = property(lambda setting: Source(setting.dataset, setting.geometry))
    monkeypatch.setattr(Setting, "source", source)
    return Source


@pytest.mark.parametrize("unit", ["units", "clicks"])
def test_a_run_waits_for_its_labels_and_equals_one_that_did_not(
    small, tmp_path, late, monkeypatch, unit
):
    budget = BUDGET if unit == "units" else {"unit": "clicks", "initial": 150, "per_cycle": 60}
    config = small(methods=["entropy"], budget={**budget, "cycles": 3, "unit": unit})
    states = []
    for _ in range(60):
        identity = run_experiment(config, tmp_path / "late", tmp_path)
        (run,) = wb.open_store(tmp_path / "late").runs(identity)
        states.append((run.status.state, len(run.cycle_numbers)))
        if run.status.state == "done":
            break
        assert "not there yet" in run.status.message
        for number in run.cycle_numbers[:-1]:
            assert run.labels(number) is not None
        if run.cycle_numbers:  # what is waited for was published before
            assert run.selection(run.cycle_numbers[-1]) is not None
            assert run.labels(run.cycle_numbers[-1]) is None
        late.label()
    assert states[0] == ("waiting", 0)  # for the initial units
    assert ("waiting", 1) in states
    assert ("waiting", 2) in states
    assert states[-1] == ("done", 3)

    monkeypatch.undo()
    run_experiment(config, tmp_path / "once", tmp_path)
    stores = [wb.open_store(tmp_path / name) for name in ("late", "once")]
    assert metrics_csv(stores[0]) == metrics_csv(stores[1])
    assert selections_csv(stores[0]) == selections_csv(stores[1])


def test_other_runs_go_on_while_one_waits(small, tmp_path, late):
    config = small(methods=["entropy", "random"], budget=BUDGET)
    run_experiment(config, tmp_path, tmp_path)
    late.label()
    run_experiment(config, tmp_path, tmp_path)
    runs = wb.open_store(tmp_path).runs()
    assert [(run.status.state, run.cycle_numbers) for run in runs] == [("waiting", [0])] * 2
