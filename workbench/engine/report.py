"""Report points: at given budgets a network is trained that is measured and selects nothing.

It is trained on the units that were labelled at a cycle, with a learner, a model and initial
weights of its own (Golestaneh & Kitani 4.2, final retraining). The cycles stay as they are, so
points can be added to a run that is finished.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.engine.observation import CycleTraining, train
from workbench.engine.points import trained_by
from workbench.naming import run_id
from workbench.seeding import seed_of
from workbench.store import layout
from workbench.store.integrity import damages_of

if TYPE_CHECKING:
    from workbench.engine.events import Progress
    from workbench.engine.method import PlannedMethod
    from workbench.engine.setting import Setting
    from workbench.store.run_writer import RunWriter
    from workbench.store.writer import ExperimentWriter


def report(
    setting: Setting,
    experiment: ExperimentWriter,
    run: RunWriter,
    method: PlannedMethod,
    cycle: int,
    progress: Progress,
) -> None:
    """Train and measure what a report point asks for at a published cycle, unless that is done.

    At a cycle 0 that runs share, their reports are the same: one of them trains, the others copy.

    Args:
        setting: data, plan and compute.
        experiment: the experiment of the run.
        run: the run of the cycle.
        method: the method of the run.
        cycle: the number of the cycle; nothing is done where it is no report point.
        progress: is called at every step; if it raises StoppedError, the training goes on from its
            last epoch when the run is resumed.
    """
    if cycle not in setting.report_cycles or run.read.report(cycle) is not None:
        return
    if cycle == 0:
        key = setting.plan.cycle_zero_key(method, run.read.seed)
        with experiment.shared_lock(key, _wait):
            twin = _twin(setting, experiment, method, run.read.seed)
            if twin is None:
                _train(setting, run, method, cycle, progress)
            else:
                run.copy_report(twin)
    else:
        _train(setting, run, method, cycle, progress)
    found = run.read.report(cycle)
    assert found is not None
    metrics = found.metrics
    progress.emit("report", miou=metrics.miou, labelled_units=metrics.labelled_units)


def _train(
    setting: Setting, run: RunWriter, method: PlannedMethod, cycle: int, progress: Progress
) -> None:
    """Train the network of a report point, measure it and publish what was found."""
    setting.compute.apply()  # again: UMAP, in an earlier query, changes the number of threads
    labelled = run.read.cycle(cycle).labelled
    with run.training_of_report(cycle) as folder:
        made = train(
            CycleTraining(
                setting,
                (method.at_report_points,),
                setting.pool_of(labelled),
                seed_of(run.read.seed, cycle, "report"),
                cycle,
                progress,
                f"the report of {run.read.id} at cycle {cycle}",
                folder=folder,
                purpose=" report",
            )
        )
        found = made.measurements(trained_by(method))
        run.publish_report(cycle, found, keep=setting.plan.config.keep.reports == "all")


def _twin(
    setting: Setting, experiment: ExperimentWriter, method: PlannedMethod, seed: int
) -> Path | None:
    """Return the folder of an equal report of a run with the same cycle 0, if there is one."""
    key = setting.plan.cycle_zero_key(method, seed)
    for other in setting.plan.sharing(key, seed):
        name = run_id(experiment.record.id, other.name, seed)
        folder = layout.report(layout.run(layout.store_of(experiment.path), name), 0)
        if trained_by(other) == trained_by(method) and not damages_of(folder, layout.REPORT):
            return folder
    return None


def _wait(_: str) -> None:
    """Wait for the lock without a message: the process that holds it trains the same network."""
