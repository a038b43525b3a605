"""Runs whose labels come later: they wait, go on, and end as if the labels had been there."""

import pytest

import workbench as wb
from tests.pool.later import LaterLabels
from workbench.engine.experiment import run_experiment
from workbench.engine.setting import Setting
from workbench.errors import WaitingError
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
        try:
            run_experiment(config, tmp_path / "later", tmp_path)
        except WaitingError:
            waited += 1
            assert waited < 30
            sources["one"].answer(2)
        else:
            break
    assert waited >= 2, "for the initial units, and for those of the query"
    later, at_once = (wb.open_store(tmp_path / name) for name in ("later", "at_once"))
    assert selections_csv(later) == selections_csv(at_once)
    assert metrics_csv(later) == metrics_csv(at_once)
    (run,) = later.runs()
    read = {*run.cycle(0).labelled.tolist(), *run.cycle(0).selected.tolist()}
    assert set(sources["one"].read) == read
