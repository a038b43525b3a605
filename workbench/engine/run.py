"""Runs one run: its cycles in order, from the first that is not published."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.compute import ResolvedCompute
from workbench.engine.again import observed
from workbench.engine.cycle import query, run_cycle, start_from_shared, start_shared
from workbench.engine.events import Event, Progress
from workbench.engine.method import PlannedMethod
from workbench.engine.plan import resolve
from workbench.engine.reference import train_reference
from workbench.engine.report import report
from workbench.engine.setting import Setting, open_setting
from workbench.errors import StoppedError, WaitingError
from workbench.store.run_writer import RunWriter
from workbench.store.writer import ExperimentWriter, open_experiment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.engine.method import PlannedMethod
    from workbench.engine.workers import Link
    from workbench.pool import PoolState


@dataclass(frozen=True)
class RunAddress:
    """Identifies a run, so that another process can work on it.

    Attributes:
        store: the folder of the store.
        experiment_id: the id of the experiment, whose stored config is run.
        method: the name of the method of the run, or of a reference; the progress of a shared
            cycle 0 is reported as that of this run.
        seed: the seed of the run.
        compute: device, precision and threads of the experiment.
        decoded: splits and the folders of their decoded pictures.
    """

    store: Path
    experiment_id: str
    method: str
    seed: int
    compute: ResolvedCompute
    decoded: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True)
class MakeSharedCycle:
    """Makes a shared cycle 0 of a seed, or adds to it what new methods read."""

    address: RunAddress

    def __call__(self, link: Link) -> None:
        """Execute the task; called by :mod:`workbench.engine.workers`."""
        setting, experiment = _open(self.address)
        method = setting.plan.method(self.address.method)
        key = setting.plan.cycle_zero_key(method, self.address.seed)
        with (
            _running(self.address, experiment, link) as (run, progress),
            experiment.shared_lock(key),
        ):
            start_shared(setting, experiment, key, self.address.seed, progress)
            run.finish("pending")


@dataclass(frozen=True)
class FinishRun:
    """Runs every cycle of a run that is not published yet."""

    address: RunAddress

    def __call__(self, link: Link) -> None:
        """Execute the task; called by :mod:`workbench.engine.workers`."""
        setting, experiment = _open(self.address)
        method = setting.plan.method(self.address.method)
        with _running(self.address, experiment, link) as (run, progress):
            done = run.read.whole()
            progress.about["cycle"] = len(done)
            progress.emit("run")
            for cycle in done:
                progress.about["cycle"] = cycle
                report(setting, experiment, run, method, cycle, progress)
            pool = published_pool(setting, run, method, progress)
            for cycle in range(len(done), setting.plan.config.budget.cycles):
                progress.about["cycle"] = cycle
                if cycle == 0:
                    pool = start_from_shared(setting, experiment, run, method, progress)
                else:
                    pool = run_cycle(setting, experiment, run, method, pool, cycle, progress)
                metrics = run.read.cycle(cycle).metrics
                progress.emit("cycle", miou=metrics.miou, labelled_units=metrics.labelled_units)
            run.finish("done")
            progress.emit("done")


@dataclass(frozen=True)
class TrainReference:
    """Trains a reference of the experiment and measures it, unless that is done."""

    address: RunAddress

    def __call__(self, link: Link) -> None:
        """Execute the task; called by :mod:`workbench.engine.workers`."""
        setting, experiment = _open(self.address)
        reference = setting.plan.reference(self.address.method)
        train_reference(setting, experiment, reference, self.address.seed, link)


def published_pool(
    setting: Setting, run: RunWriter, method: PlannedMethod, progress: Progress
) -> PoolState:
    """Return the pool after the queries of all published cycles; finish an interrupted query."""
    key = setting.plan.cycle_zero_key(method, run.read.seed)
    pool = setting.pool_of(run.read.experiment.shared(key).labelled)
    for number in run.read.whole():  # a damaged one is an error here, never left out
        labels = run.read.labels(number)
        if labels is None:
            read = partial(observed, setting, run.read, method, number, progress)
            pool = query(setting, run, method, read, pool, number)
        else:
            pool = pool.reveal(labels.unit_ids, labels.clicks)
    return pool


@contextmanager
def _running(
    address: RunAddress, experiment: ExperimentWriter, link: Link
) -> Iterator[tuple[RunWriter, Progress]]:
    """Open a run under its lock, write its status and events, and record how it ends."""
    plan = resolve(experiment.record.config)
    cycles = plan.config.budget.cycles
    method = plan.method(address.method)
    with experiment.run(method.method, address.seed, plan.rests_on(method, address.seed)) as run:

        def emit(event: Event) -> None:
            if event["event"] == "progress":
                run.progress(event["cycle"], event["phase"], event["done"], event["total"])
            else:
                run.event(event)
            link.emit(event)

        about = {"run": run.read.id, "method": address.method, "seed": address.seed}
        progress = Progress(emit, link.stopping, about | {"cycle": 0, "cycles": cycles})
        try:
            yield run, progress
        except StoppedError:
            run.finish("stopped")
            progress.emit("stopped")
            raise
        except WaitingError as error:
            run.finish("waiting", str(error))
            raise
        except Exception as error:
            run.finish("failed", str(error))
            progress.emit("failed", message=str(error))
            raise


def _open(address: RunAddress) -> tuple[Setting, ExperimentWriter]:
    address.compute.apply()
    experiment = open_experiment(address.store, address.experiment_id)
    setting = _setting(
        address.store,
        address.experiment_id,
        experiment.record.revision,
        address.compute,
        address.decoded,
    )
    return setting, experiment


@lru_cache(maxsize=1)
def _setting(
    store: Path,
    experiment_id: str,
    revision: str,  # noqa: ARG001 - changes when an experiment grows
    compute: ResolvedCompute,
    decoded: tuple[tuple[str, Path], ...],
) -> Setting:
    """Open the data of an experiment once per process, so that all runs share decoded images."""
    record = open_experiment(store, experiment_id).record
    plan = resolve(record.config)
    return open_setting(plan, record.data_dir, compute, record.geometry, dict(decoded))
