"""Nothing is lost: killed while training, scanning or writing, stopped, or failed; then resumed."""

import errno
import os
import signal
import threading
from pathlib import Path

import pytest

import workbench as wb
from tests.engine.elsewhere import run_killed
from tests.experiments import SMALL
from tests.processes import end_of
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.errors import StoppedError, StoreError, TrainingError
from workbench.learning import LEARNERS, FileCheckpoint

VALUES = {**SMALL, "methods": ["entropy"], "budget": {"initial": 8, "per_cycle": 4, "cycles": 3}}


def results_of(experiment):
    """What must be the same: every selection and every metric."""
    return {
        (run.method.name, cycle.number): (cycle.selected.tolist(), cycle.metrics.miou)
        for run in experiment.runs()
        for cycle in run.cycles
    }


@pytest.fixture(scope="module")
def undisturbed(shared):
    return results_of(shared.trained(VALUES).experiment)


@pytest.mark.parametrize(
    ("phase", "cycle"),
    [
        *(("train", 0), ("scan", 0), ("pick", 0), ("label", 0)),
        *(("train", 1), ("scan", 1), ("write", 1), ("pick", 1), ("select", 1), ("label", 1)),
    ],
)
def test_killed_and_resumed_equals_undisturbed(undisturbed, tmp_path, phase, cycle):
    store = tmp_path / "store"
    assert end_of(run_killed, VALUES, store, phase, cycle) == -signal.SIGKILL

    (experiment,) = wb.open_store(store).experiments()
    (run,) = experiment.runs()
    assert run.status.state == "interrupted"
    published = phase in {"pick", "select", "label"}
    assert run.cycle_numbers == list(range(cycle + published))  # only whole cycles are seen
    assert [run.selection(n) is None for n in run.cycle_numbers[cycle:]] == [phase != "label"][
        : int(published)
    ]

    run_experiment(parse_config(VALUES), store, store)
    assert results_of(wb.open_store(store).experiment(experiment.id)) == undisturbed
    assert not list(store.rglob("torn"))


def test_stopped_and_resumed_equals_undisturbed(undisturbed, tmp_path):
    def stop(event):
        if event["event"] == "progress" and (event["phase"], event["cycle"]) == ("scan", 1):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StoppedError, match="resumes"):
        run_experiment(parse_config(VALUES), tmp_path, tmp_path, on_event=stop)
    (run,) = wb.open_store(tmp_path).runs()
    assert run.status.state == "stopped"
    identity = run_experiment(parse_config(VALUES), tmp_path, tmp_path)
    assert results_of(wb.open_store(tmp_path).experiment(identity)) == undisturbed


def test_a_training_goes_on_from_the_epoch_where_it_was_stopped(undisturbed, tmp_path, monkeypatch):
    """The state after each epoch is kept while a training lasts, and gone once it is published."""
    plain = FileCheckpoint.write

    def at_every_epoch(checkpoint, state):
        checkpoint.every = 0.0
        plain(checkpoint, state)

    monkeypatch.setattr(FileCheckpoint, "write", at_every_epoch)
    monkeypatch.setattr("workbench.engine.events.PROGRESS_INTERVAL", 0.0)
    steps = []

    def stop(event):
        if event["event"] == "progress" and (event["phase"], event["cycle"]) == ("train", 1):
            steps.append(event["done"])
            if len(steps) == event["total"] // 2 + 1:  # in the second of two epochs
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StoppedError):
        run_experiment(parse_config(VALUES), tmp_path, tmp_path, on_event=stop)
    assert list(tmp_path.rglob("training/0001/learner.safetensors"))
    before = len(steps)
    identity = run_experiment(parse_config(VALUES), tmp_path, tmp_path, on_event=stop)
    assert steps[before] > 1  # not from the first step again
    assert results_of(wb.open_store(tmp_path).experiment(identity)) == undisturbed
    assert not [path for path in tmp_path.rglob("training/*") if path.is_file()]


def test_a_failed_run_says_why_and_the_others_go_on(tmp_path, monkeypatch):
    learner = LEARNERS.get("supervised")
    plain_fit = learner.fit

    def fit(self, task):
        if "random-s0 cycle 1" in task.name:
            raise TrainingError(f"{task.name}: the loss is nan.")
        return plain_fit(self, task)

    monkeypatch.setattr(learner, "fit", fit)
    config = parse_config({**VALUES, "methods": ["random", "entropy"]})
    with pytest.raises(TrainingError, match="random-s0 cycle 1"):
        run_experiment(config, tmp_path, tmp_path)
    by_name = {r.method.name: r for r in wb.open_store(tmp_path).runs()}
    assert by_name["random"].status.state == "failed"
    assert "the loss is nan" in by_name["random"].status.message
    assert by_name["random"].cycle_numbers == [0]
    assert by_name["entropy"].status.state == "done"

    monkeypatch.undo()
    run_experiment(config, tmp_path, tmp_path)
    assert by_name["random"].status.state == "done"


def test_a_reader_that_polls_never_sees_half_a_cycle(tmp_path):
    """Every cycle that a reader sees while the engine writes is whole."""
    faults, seen, ended = [], set(), threading.Event()

    def poll():
        last = False
        while not last:
            last = ended.is_set()  # one more look after the end
            try:
                for run in wb.open_store(tmp_path).runs():
                    for cycle in run.cycles:
                        units = cycle.units
                        cycle.score_map("entropy", cycle.image_ids[-1])
                        assert len(units) + len(cycle.labelled) == 48
                        seen.add((run.id, cycle.number))
            except Exception as error:
                faults.append(error)

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        run_experiment(parse_config(VALUES), tmp_path, tmp_path)
    finally:
        ended.set()
        reader.join()
    assert faults == []
    assert len(seen) == 3


def test_a_full_disk_is_a_sentence_and_the_store_resumes(undisturbed, tmp_path, monkeypatch):
    plain = os.fsync

    def full(handle):
        if "entropy-s0/cycles" in str(Path(f"/proc/self/fd/{handle}").readlink()):
            raise OSError(errno.ENOSPC, "No space left on device")
        plain(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="full") as caught:
        run_experiment(parse_config(VALUES), tmp_path, tmp_path)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    (run,) = wb.open_store(tmp_path).runs()
    assert run.status.state == "failed"
    assert run.cycle_numbers == []
    identity = run_experiment(parse_config(VALUES), tmp_path, tmp_path)
    assert results_of(wb.open_store(tmp_path).experiment(identity)) == undisturbed
