"""Killed at any moment, with one job or two, inside publishing too: nothing is lost or damaged."""

import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from typer.testing import CliRunner

import workbench as wb
from tests.attack.damages import TINY, contents, exported, flip, run_of
from tests.attack.kills import NAMES, TOUCHES, repair_killed, rescan_killed, run_killed
from tests.processes import end_of
from workbench.cli._app import app
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.engine.rescan import rescan
from workbench.errors import StoreLockedError
from workbench.store import schema
from workbench.store.repair import repair

Result = TypeVar("Result")
KILLED = -signal.SIGKILL


def assert_nothing_damaged(store: Path) -> None:
    """What every command that reads says of a store after a kill."""
    assert not unlocked(lambda: repair(store, dry_run=True)).damages
    for command in (["list"], ["show", "tiny"], ["doctor", "--verify"]):
        ended = CliRunner().invoke(app, [*command, "--store", str(store)])
        assert ended.exit_code == 0, ended.output
        assert not ended.stderr


def unlocked(work: Callable[[], Result]) -> Result:
    """Do something as soon as the workers of a process that was killed have ended, too."""
    for _ in range(200):
        try:
            return work()
        except StoreLockedError:
            time.sleep(0.05)
    return work()


def kill_until_done(store: Path, jobs: int, rng: np.random.Generator, most: int) -> int:
    """Run an experiment and kill it, again and again, until it ends; return the number of kills.

    Args:
        store: a new store.
        jobs: runs side by side.
        rng: draws the moments.
        most: kills after which it may end undisturbed.
    """
    kills = 0
    while kills < most:
        events = (TOUCHES, NAMES)[int(rng.integers(2))]
        number = int(rng.integers(0, 500 if events is TOUCHES else 120))
        alone = bool(rng.integers(2))
        end = end_of(run_killed, TINY, store, jobs, number, events, alone)
        if end == 0:
            return kills
        assert end == KILLED or (jobs > 1 and end == 1), end  # 1: a worker died, not its parent
        kills += 1
        if (store / "store.json").exists():
            check(store, kills)
    unlocked(lambda: run_experiment(parse_config(TINY), store, store / "data"))
    return kills


def check(store: Path, kills: int) -> None:
    if any(store.glob("experiments/*/experiment.json")):
        assert_nothing_damaged(store)
    else:
        assert wb.open_store(store).experiments() == []


def killed_and_resumed(shared, folder: Path, jobs: int, kills: int, seed: int = 0) -> int:
    """Kill experiments one after the other; each must end as one that was never disturbed."""
    rng, done, number = np.random.default_rng([jobs, seed]), 0, 0
    whole = exported(shared.trained(TINY).store)
    while done < kills:
        store = folder / f"store-{number}"
        done += kill_until_done(store, jobs, rng, kills - done)
        assert exported(store) == whole
        assert {run.status.state for run in wb.open_store(store).runs()} == {"done"}
        assert not list(store.rglob(".aside-*"))
        number += 1
    return done


@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_again_and_again_it_ends_as_if_never_disturbed(shared, tmp_path, jobs):
    assert killed_and_resumed(shared, tmp_path, jobs, 3) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_hundred_kills(shared, tmp_path, jobs, seed):
    assert killed_and_resumed(shared, tmp_path, jobs, 10, seed) == 10


def test_killed_at_its_last_word_a_run_is_done_after_the_next_command(shared, tmp_path):
    store = shutil.copytree(shared.trained(TINY).store, tmp_path / "store")
    path = run_of(store, "entropy") / "status.json"
    values = schema.read(path, "status")
    path.write_bytes(schema.to_bytes({**values, "state": "running"}))
    assert wb.open_store(store).runs()[1].status.state == "interrupted"
    run_experiment(parse_config(TINY), store, store / "data")
    assert {run.status.state for run in wb.open_store(store).runs()} == {"done"}
    assert exported(store) == exported(shared.trained(TINY).store)


def test_a_repair_that_is_killed_can_be_run_again(shared, tmp_path):
    """Killed at many a touch of the store: nothing is lost, and the next one finishes."""
    whole = shared.trained(TINY).store
    damaged = shutil.copytree(whole, tmp_path / "damaged")
    next(damaged.glob("experiments/*/shared/*/labelled.npy")).unlink()
    flip(run_of(damaged, "entropy") / "status.json")
    before = contents(damaged)
    for number in range(0, 400, 40):
        store = shutil.copytree(damaged, tmp_path / "store", symlinks=True)
        end = end_of(repair_killed, store, number)
        assert end in (0, KILLED)
        assert before <= contents(store)
        repair(store)
        assert before <= contents(store)
        assert not repair(store).damages
        assert [run.status.state for run in wb.open_store(store).runs()] == ["pending"] * 3
        if end == 0:
            break
        shutil.rmtree(store)
    run_experiment(parse_config(TINY), store, store / "data")
    assert exported(store) == exported(whole)


def test_a_rescan_that_is_killed_can_be_run_again(shared, tmp_path):
    store = shutil.copytree(shared.trained(TINY).store, tmp_path / "store")
    run_id = f"{wb.open_store(store).experiments()[0].id}/entropy-s0"
    whole, scores = exported(store), ["least_confidence"]
    ends = [end_of(rescan_killed, store, run_id, scores, number) for number in (60, 130, 200)]
    assert KILLED in ends
    assert_nothing_damaged(store)
    rescan(store, run_id, scores)
    assert_nothing_damaged(store)
    for cycle in wb.open_store(store).run(run_id).cycles:
        assert np.isfinite(cycle.unit_scores("least_confidence")).all()
    assert exported(store) == whole
