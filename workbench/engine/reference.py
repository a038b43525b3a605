"""References: networks that are trained on the labels of the whole pool and measured.

What a method reaches with few labels is read against them (Golestaneh & Kitani, Tables 3 and 4,
Fully-Supervised and -Supervised+; Mittal et al., Tables 2 and 3, 100 % and 100 %-MCD; Sreenivasaiah
et al., Table 1, Supervised). A reference belongs to the experiment and to none of its runs: all of
them share it, and it can be added to an experiment that is finished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engine.events import Progress
from workbench.engine.observation import CycleTraining, train
from workbench.engine.points import trained_by
from workbench.errors import StoppedError
from workbench.seeding import seed_of

if TYPE_CHECKING:
    from workbench.engine.method import PlannedMethod
    from workbench.engine.setting import Setting
    from workbench.engine.workers import Link
    from workbench.store.writer import ExperimentWriter


def train_reference(
    setting: Setting, experiment: ExperimentWriter, reference: PlannedMethod, seed: int, link: Link
) -> None:
    """Train the network of a reference, measure it and publish what was found.

    References of one seed begin with equal weights and orders, so that they differ by what they
    are: a network with dropout and its twin without, say.

    Args:
        setting: data, plan and compute.
        experiment: the experiment.
        reference: one of the plan's.
        seed: one of its seeds.
        link: receives the events; a stop raises StoppedError, and the training goes on from its
            last epoch when the experiment is resumed.
    """
    progress = Progress(link.emit, link.stopping, {"method": reference.name, "seed": seed})
    try:
        _train(setting, experiment, reference, seed, progress)
    except StoppedError:
        progress.emit("stopped")
        raise
    except Exception as error:
        progress.emit("failed", message=str(error))
        raise
    found = experiment.record.reference(reference.name, seed)
    assert found is not None
    metrics = found.metrics
    progress.emit("reference", miou=metrics.miou, labelled_units=metrics.labelled_units)


def _train(
    setting: Setting,
    experiment: ExperimentWriter,
    reference: PlannedMethod,
    seed: int,
    progress: Progress,
) -> None:
    setting.compute.apply()
    with experiment.training_of_reference(reference.name, seed) as folder:
        made = train(
            CycleTraining(
                setting,
                (reference,),
                setting.pool_of(setting.geometry.unit_ids),
                seed_of(seed, 0, "reference"),
                0,
                progress,
                f"the reference {reference.name} of seed {seed}",
                folder=folder,
                purpose=" reference",
            )
        )
        found = made.measurements(trained_by(reference))
        keep = setting.plan.config.keep.reports == "all"
        experiment.publish_reference(reference.name, seed, found, keep=keep)
