"""The real engine as a process of its own: stopped in the middle, it resumes to the end."""

import time

import pytest

from workbench import launch
from workbench.config import parse_config
from workbench.engine.plan import resolve
from workbench.store import open_store

CONFIG = {
    "name": "launched",
    "dataset": {"name": "synthetic", "train": 12, "val": 4, "height": 48, "width": 64},
    "model": "tiny",
    "learner": {"name": "supervised", "epochs": 6, "batch_size": 4},
    "methods": ["random", "entropy"],
    "budget": {"initial": 2, "per_cycle": 2, "cycles": 4},
}


def wait_for(condition, job):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.1)
    job.stop()
    raise AssertionError("\n".join(job.tail(40)))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_stopped_experiment_resumes_to_the_end(tmp_path):
    config = resolve(parse_config(CONFIG)).config
    job = launch.start_run(config, tmp_path / "store")
    store = tmp_path / "store"

    def runs():
        there = (store / "experiments" / config.id / "experiment.json").exists()
        return open_store(store).runs(config.id) if there else []

    wait_for(lambda: any(run.cycle_numbers for run in runs()) or not job.running, job)
    assert launch.stop(store, config.id)
    assert launch.is_running(store, config.id) == job.stopping
    wait_for(lambda: not job.running, job)
    states = {run.status.state for run in runs()}
    assert "stopped" in states
    assert states <= {"stopped", "pending", "done"}

    again = launch.resume(store, config.id)
    wait_for(lambda: not again.running, again)
    assert [run.status.state for run in runs()] == ["done", "done"], again.tail(40)
    assert all(run.cycle_numbers == [0, 1, 2, 3] for run in runs())
