"""Processes that are killed at a chosen moment of their work on a store."""

import multiprocessing
import os
import signal
import sys
from itertools import count
from pathlib import Path

from workbench.config import parse_config
from workbench.engine import workers
from workbench.engine.experiment import run_experiment
from workbench.engine.rescan import rescan
from workbench.store.repair import repair

TOUCHES = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"})
NAMES = frozenset({"os.rename"})


def die_at(store: Path, number: int, events: frozenset[str], *, alone: bool) -> None:
    """Die by ``kill -9`` just before this process touches a store for the number-th time.

    Args:
        store: the store.
        number: which touch, from 0; in each worker process it is counted anew.
        events: audit events that count as a touch. With renames alone the process dies inside
            publishing: before a name is given, or, at an odd number, just after.
        alone: only the process that touches dies, not its parent and its sisters.
    """
    touches = count()
    due = False

    def touched(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal due
        if event not in TOUCHES:
            return
        here = event in events and str(arguments[0]).startswith(str(store))
        if due or (here and next(touches) == number):
            after = events == NAMES and number % 2 and not due
            due = True
            if not after:
                os.kill(os.getpid(), signal.SIGKILL) if alone else os.killpg(0, signal.SIGKILL)

    sys.addaudithook(touched)


def run_killed(
    values: dict, store: Path, jobs: int, number: int, events: frozenset[str], alone: bool
) -> None:
    """Run an experiment until a touch of the store; worker processes are forked: it is quicker."""
    os.setsid()
    multiprocessing.current_process()._config["daemon"] = False  # it may have children
    workers.multiprocessing = _Forked
    die_at(store, number, events, alone=alone)
    run_experiment(parse_config(values), store, store / "data", jobs=jobs)


class _Forked:
    """Stands for ``multiprocessing`` where worker processes are started."""

    @staticmethod
    def get_context(_: str) -> object:
        return multiprocessing.get_context("fork")


def repair_killed(store: Path, number: int) -> None:
    """Repair a store until a touch of it."""
    os.setsid()
    die_at(store, number, TOUCHES, alone=True)
    repair(store)


def rescan_killed(store: Path, run_id: str, scores: list[str], number: int) -> None:
    """Add scores to a run until a touch of the store."""
    os.setsid()
    die_at(store, number, TOUCHES, alone=True)
    rescan(store, run_id, scores)
