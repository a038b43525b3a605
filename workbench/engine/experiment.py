"""Runs an experiment: all its runs, side by side where possible, each resumed where it ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.compute import ResolvedCompute
from workbench.config import ExperimentConfig
from workbench.engine.compute import device_of, resolve_compute, side_by_side
from workbench.engine.decoded import decode_once, decoded_splits, require_room
from workbench.engine.events import Event, OnEvent
from workbench.engine.known_files import keep_index
from workbench.engine.method import PlannedMethod
from workbench.engine.parts import check_parts
from workbench.engine.plan import Plan, resolve
from workbench.engine.remaining import Remaining, remaining
from workbench.engine.run import FinishRun, MakeSharedCycle, RunAddress, TrainReference
from workbench.engine.setting import OpenedPool, open_pool, stored_experiment
from workbench.engine.stopping import raise_first, stoppable
from workbench.engine.workers import Task, executor, run_tasks
from workbench.errors import (
    ScoreError,
    StoppedError,
    TrainingError,
    WaitingError,
)
from workbench.naming import run_id
from workbench.pool import Allowance
from workbench.store.experiment import ExperimentRecord
from workbench.store.run_writer import record_stopped
from workbench.store.writer import ExperimentWriter, create_experiment, open_experiment


def run_experiment(
    config: ExperimentConfig,
    store: Path,
    data_dir: Path,
    jobs: int | None = 1,
    on_event: OnEvent | None = None,
    decoded: bool = True,
) -> str:
    """Run an experiment, or what is left of it, to its end.

    Args:
        config: checked against its schema; its names are looked up here.
        store: folder of the run store; created if it does not exist.
        data_dir: holds one folder per dataset.
        jobs: runs side by side, each in a process of its own; 1: all in this process; ``None``: as
            many as the cores allow.
        on_event: receives the events (see :mod:`workbench.engine.events`).
        decoded: whether the files of the dataset are decoded once, into the store, before the runs
            start; else each process decodes them when they are read. No result depends on it.

    Returns:
        The id of the experiment.

    Raises:
        WorkbenchError: if the experiment cannot run and the user can mend the cause. A run whose
            training or scores are not finite fails alone; the others go on and the error is raised
            at the end.
        StoppedError: if SIGINT, SIGTERM or SIGHUP was received; the same call resumes. Worker
            processes that do not stop within seconds are ended.
    """
    plan = resolve(config)
    emit = on_event or _discard
    stored = stored_experiment(store, plan.config.id)
    opened = open_pool(plan, data_dir, stored, store)
    allowance = Allowance(opened.geometry, plan.config.budget)
    left = remaining(plan, stored, allowance)  # refuses another definition before it writes
    dataset = opened.dataset
    reads = decoded and bool(left.runs or left.references)
    splits = decoded_splits(store, plan, dataset, opened.seen) if reads else []
    require_room(store, dataset, splits)
    experiment, compute = _prepare(plan, store, data_dir, stored, opened)
    keep_index(store, opened.files)
    folders = tuple((split.split, split.folder) for split in splits)
    tasks = _tasks(
        left,
        plan,
        lambda m, seed: RunAddress(store, plan.config.id, m.name, seed, compute, folders),
    )
    with experiment.lock():
        decode_once(plan, data_dir, dataset, splits, jobs, emit)
        with executor(side_by_side(jobs, plan, compute.device), emit) as where, stoppable(where):
            # emitted after the signal handlers are set: a stop may be sent once this event arrives
            emit({"event": "experiment", **_outline(plan, experiment, left)})
            errors = run_tasks(tasks, where, _ends_everything)
    if any(isinstance(error, StoppedError) for error in errors):
        record_stop(store, experiment.record.id)  # of runs whose process had to be ended
    raise_first(errors)
    return experiment.record.id


def record_stop(store: Path, experiment_id: str) -> None:
    """Write that the runs of an experiment are stopped, where their records say that they run.

    For a process that ends, or ended, those that ran them without their help.
    """
    for run in open_experiment(store, experiment_id).record.runs():
        record_stopped(run)


def _prepare(
    plan: Plan, store: Path, data_dir: Path, stored: ExperimentRecord | None, opened: OpenedPool
) -> tuple[ExperimentWriter, ResolvedCompute]:
    """Open the experiment in the store; create it if it is new."""
    dataset, geometry, digest = opened[:3]
    check_parts(plan, dataset.card.n_classes)
    if stored is not None:  # so that a resume computes in the same precision
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
        dataset_digest=digest,
        compute={"precision": compute.precision, "threads": compute.threads},
    )
    return experiment, compute


def _tasks(
    left: Remaining, plan: Plan, address_of: Callable[[PlannedMethod, int], RunAddress]
) -> list[Task]:
    """Return the tasks that are left: each cycle 0 for all that share it, runs, references."""
    tasks, first = [], {}
    for start in left.starts:
        first_run = next(
            run for run in left.runs if plan.cycle_zero_key(run.method, run.seed) == start.key
        )
        first[start.key] = f"cycle 0 {start.key}"
        address = address_of(first_run.method, first_run.seed)
        tasks.append(Task(first[start.key], MakeSharedCycle(address)))
    for run in left.runs:
        key = plan.cycle_zero_key(run.method, run.seed)
        after = (first[key],) if key in first else ()
        name = f"{run.method.name} seed {run.seed}"
        tasks.append(Task(name, FinishRun(address_of(run.method, run.seed)), after))
    for reference, seed in left.references:
        name = f"reference {reference.name} seed {seed}"
        tasks.append(Task(name, TrainReference(address_of(reference, seed))))
    return tasks


def _outline(plan: Plan, experiment: ExperimentWriter, left: Remaining) -> Event:
    runs = [run for run in experiment.record.runs() if run.listed]
    unfinished = {run_id(plan.config.id, run.method.name, run.seed) for run in left.runs}
    untrained = {(reference.name, seed) for reference, seed in left.references}
    return {
        "id": experiment.record.id,
        "references": [
            {"method": name, "seed": seed, "done": (name, seed) not in untrained}
            for name, seed in experiment.record.reference_seeds
        ],
        "runs": [{"run": r.id, "method": r.method.name, "seed": r.seed} for r in runs],
        "finished": sorted({r.id for r in runs} - unfinished),
        "cycles": plan.config.budget.cycles,
    }


def _ends_everything(error: BaseException) -> bool:
    """Return whether the other runs would raise the same error, or a stop was requested."""
    return not isinstance(error, TrainingError | ScoreError | WaitingError)


def _discard(_: Event) -> None:
    """Discard the event."""
