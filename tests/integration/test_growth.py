"""An experiment grows by a method, a seed, a cycle: what is finished stays, the rest is trained."""

import hashlib
import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from tests.experiments import SMALL
from tests.processes import end_of
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.store import export_csv

BASE = {
    **SMALL,
    "name": "growing",
    "dataset": {"name": "synthetic", "train": 6, "val": 2, "height": 32, "width": 48},
    "learner": {"name": "supervised", "epochs": 1, "batch_size": 4, "lr": 0.01},
    "methods": ["random", "entropy"],
    "budget": {"initial": 4, "per_cycle": 2, "cycles": 2},
}
METHOD = {"methods": ["random", "entropy", "k_center"]}
SEED = {**METHOD, "seeds": [0, 1]}
CYCLE = {**SEED, "budget": {**BASE["budget"], "cycles": 3}}
LARGE = {**BASE, **CYCLE}
LIVING = {"status.json", "events.jsonl"}
"""Files of a run that change while it goes on; all others are written once."""


def files_of(store, folders=("runs", "shared")):
    """Path below the experiment ► (time of the last change, digest), of runs and shared cycles."""
    (experiment,) = wb.open_store(store).experiments()
    return {
        path.relative_to(experiment.path): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for folder in folders
        for path in (experiment.path / folder).rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def exported(store, out):
    export_csv(wb.open_store(store), out)
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def grow(store, changes):
    """Run the experiment with more in it; return its id and (run or shared, cycle) of trainings."""
    trained = set()

    def note(event):
        if event["event"] == "progress" and event["phase"] == "train":
            trained.add((event["run"].rpartition("/")[2], event["cycle"]))

    identity = run_experiment(
        parse_config({**BASE, **changes}), store, store / "data", on_event=note
    )
    return identity, {run for run in trained if run[1] > 0}, {r for r in trained if r[1] == 0}


@pytest.fixture
def store(shared, tmp_path):
    """The finished experiment of two methods, to be changed."""
    return shutil.copytree(shared.trained(BASE).store, tmp_path / "store")


def test_a_method_a_seed_and_a_cycle_train_only_what_is_new(shared, store, tmp_path):
    identity = wb.open_store(store).experiments()[0].id
    finished = files_of(store)

    assert grow(store, METHOD) == (identity, {("k_center-s0", 1)}, set())
    assert finished.items() <= files_of(store).items()
    finished = files_of(store)

    same, trained, shared_cycles = grow(store, SEED)
    assert same == identity
    assert trained == {(f"{method}-s1", 1) for method in ("random", "entropy", "k_center")}
    assert len(shared_cycles) == 1, "cycle 0 of the new seed, once for all methods"
    assert finished.items() <= files_of(store).items()
    finished = files_of(store)

    same, trained, shared_cycles = grow(store, CYCLE)
    assert same == identity
    runs = {f"{m}-s{s}" for m in ("random", "entropy", "k_center") for s in (0, 1)}
    assert trained == {(run, 2) for run in runs}
    assert not shared_cycles
    kept = {path: told for path, told in finished.items() if path.name not in LIVING}
    assert kept.items() <= files_of(store).items()

    assert grow(store, CYCLE) == (identity, set(), set())
    assert all(run.status.state == "done" for run in wb.open_store(store).runs())
    at_once = exported(shared.trained(LARGE).store, tmp_path / "at_once")
    assert exported(store, tmp_path / "grown") == at_once
    assert set(at_once) == {"metrics.csv", "selections.csv"}


def run_killed_at(values: dict, store: Path, number: int) -> None:
    """Run an experiment; die by ``kill -9`` when the store is touched for the number-th time."""
    touches = count()

    def die(event, arguments):
        if (
            event in {"open", "os.rename", "os.remove", "os.mkdir"}
            and str(arguments[0]).startswith(str(store))
            and next(touches) == number
        ):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die)
    run_experiment(parse_config(values), store, store / "data")


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_while_it_grows_and_resumed_equals_the_whole(shared, store, tmp_path, seed):
    rng = np.random.default_rng(seed)
    finished = files_of(store)
    ends = [end_of(run_killed_at, LARGE, store, int(n)) for n in rng.integers(20, 800, 3)]
    assert -signal.SIGKILL in ends
    run_experiment(parse_config(LARGE), store, store / "data")
    assert exported(store, tmp_path / "out") == exported(
        shared.trained(LARGE).store, tmp_path / "whole"
    )
    kept = {path: told for path, told in finished.items() if path.name not in LIVING}
    assert kept.items() <= files_of(store).items()
