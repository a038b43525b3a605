"""An experiment: all its runs, side by side where the machine allows, resumed where they ended."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from workbench.compute import ResolvedCompute
from workbench.config import ExperimentConfig
from workbench.engine.compute import device_of, resolve_compute
from workbench.engine.events import Event, OnEvent
from workbench.engine.method import PlannedMethod
from workbench.engine.plan import Plan, resolve
from workbench.engine.remaining import Remaining, remaining
from workbench.engine.run import FinishRun, MakeSharedCycle, RunAddress
from workbench.engine.setting import open_pool, stored_experiment
from workbench.engine.workers import Executor, Task, executor, run_tasks
from workbench.errors import (
    ConfigError,
    ScoreError,
    StoppedError,
    TrainingError,
    WaitingError,
    WorkerDiedError,
)
from workbench.naming import run_id
from workbench.store.writer import ExperimentWriter, create_experiment


def run_experiment(
    config: ExperimentConfig,
    store: Path,
    data_dir: Path,
    jobs: int | None = 1,
    on_event: OnEvent | None = None,
) -> str:
    """Run an experiment, or what is left of it, to its end.

    Args:
        config: checked against its schema; names are looked up here.
        store: folder of the run store; made if it is not there.
        data_dir: holds one folder a dataset.
        jobs: runs side by side, each in a process of its own; 1 stays in this process; ``None``
            takes as many as the cores allow.
        on_event: hears what happens (see :mod:`workbench.engine.events`).

    Returns:
        The experiment's id.

    Raises:
        WorkbenchError: if something the user can mend stands in the way. A run whose training or
            scores are not finite fails alone; the others go on and the error comes at the end.
        StoppedError: if SIGINT or SIGTERM came; the same call resumes.
    """
    plan = resolve(config)
    tell = on_event or _silent
    experiment, compute = _prepare(plan, store, data_dir)
    left = remaining(plan, experiment.record)
    tasks = _tasks(
        left, plan, lambda m, seed: RunAddress(store, plan.config.id, m.name, seed, compute)
    )
    with (
        experiment.lock(),
        executor(_slots(jobs, plan, compute), tell) as where,
        _stoppable(where),
    ):
        # told once a stop would be heard, so that whoever waits for this word may send one
        tell({"event": "experiment", **_outline(plan, experiment, left)})
        errors = run_tasks(tasks, where, _ends_everything)
    _raise_first(errors)
    return experiment.record.id


def _prepare(plan: Plan, store: Path, data_dir: Path) -> tuple[ExperimentWriter, ResolvedCompute]:
    """Look at the data and open the experiment in the store, made if it is new."""
    stored = stored_experiment(store, plan.config.id)
    dataset, geometry = open_pool(plan, data_dir, stored.geometry if stored else None)
    if stored is not None:  # so that a resume agrees with what was begun
        compute = ResolvedCompute(device_of(plan.config.compute), **stored.compute)
    else:
        height, width = (int(side) for side in geometry.sizes.max(axis=0))
        compute = resolve_compute(plan, dataset.card.n_classes, (height, width))
    experiment = create_experiment(
        store,
        plan.config,
        card=dataset.card,
        pool=geometry,
        methods=[m.method for m in plan.methods],
        data_dir=data_dir,
        compute={"precision": compute.precision, "threads": compute.threads},
    )
    return experiment, compute


def _tasks(
    left: Remaining, plan: Plan, address_of: Callable[[PlannedMethod, int], RunAddress]
) -> list[Task]:
    """List what is still to do: a cycle 0 for all methods that share it, then the runs."""
    tasks, first = [], {}
    for start in left.starts:
        shown = next(
            run for run in left.runs if plan.cycle_zero_key(run.method, run.seed) == start.key
        )
        first[start.key] = f"cycle 0 {start.key}"
        tasks.append(Task(first[start.key], MakeSharedCycle(address_of(shown.method, shown.seed))))
    for run in left.runs:
        key = plan.cycle_zero_key(run.method, run.seed)
        after = (first[key],) if key in first else ()
        name = f"{run.method.name} seed {run.seed}"
        tasks.append(Task(name, FinishRun(address_of(run.method, run.seed)), after))
    return tasks


def _outline(plan: Plan, experiment: ExperimentWriter, left: Remaining) -> Event:
    runs = [run for run in experiment.record.runs() if run.listed]
    unfinished = {run_id(plan.config.id, run.method.name, run.seed) for run in left.runs}
    return {
        "id": experiment.record.id,
        "runs": [{"run": r.id, "method": r.method.name, "seed": r.seed} for r in runs],
        "finished": sorted({r.id for r in runs} - unfinished),
        "cycles": plan.config.budget.cycles,
    }


def _slots(jobs: int | None, plan: Plan, compute: ResolvedCompute) -> int:
    """How many runs go side by side; a GPU is not shared unless asked for."""
    if jobs is not None:
        if jobs < 1:
            raise ConfigError(f"--jobs is {jobs}; wanted 1 or more.")
        return min(jobs, len(plan.runs))
    if compute.device != "cpu":
        return 1
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return max(1, min(cores // compute.threads, len(plan.runs)))


def _ends_everything(error: BaseException) -> bool:
    """Whether the other runs would meet the same error, or were told to stop."""
    return not isinstance(error, TrainingError | ScoreError | WaitingError)


def _raise_first(errors: list[BaseException]) -> None:
    """Raise the most telling error: what went wrong before what was merely stopped by it.

    A run that waits for labels is no error: its status says so.
    """
    errors = [error for error in errors if not isinstance(error, WaitingError)]
    if not errors:
        return
    first = next((e for e in errors if not isinstance(e, StoppedError)), errors[0])
    if isinstance(first, BrokenProcessPool):
        raise WorkerDiedError(
            "A worker process ended without a word (killed, or out of memory); what was published "
            "stays. Run the same command again, with a smaller --jobs or scan.batch_size if memory "
            "was short."
        ) from first
    raise first


@contextmanager
def _stoppable(where: Executor) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into a stop at the next step; a second SIGINT interrupts at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, e.g. not one behind a widget
        return

    def stop(signum: int, _: object) -> None:
        where.stop()
        if signum == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _silent(_: Event) -> None:
    """Nobody listens."""
