"""Trains the networks of a cycle, measures them and scans the pool: the same for every method."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engine.checkpoint import StoredCheckpoint
from workbench.engine.events import Progress
from workbench.engine.method import PlannedMethod
from workbench.engine.riders import require_given
from workbench.engine.setting import Setting
from workbench.learning import (
    Measurement,
    Previous,
    RiderTask,
    Trained,
    TrainedRider,
    TrainProgress,
    TrainTask,
)
from workbench.metrics import iou, pixel_accuracy
from workbench.models import SegmentationModel, build, save_weights
from workbench.observation import Observation, ObservationBuilder
from workbench.pool import LabelledSet, PoolState, UnlabelledImages
from workbench.pool.click_set import ClickSet
from workbench.rider import Rider, RiderMap
from workbench.scoring.evaluation import evaluate
from workbench.scoring.request import ImageScan, ScanSink
from workbench.scoring.scan import scan
from workbench.scoring.scores import Score
from workbench.seeding import seed_of
from workbench.store.records import CycleFacts, Keep, MapInfo, Measured, ScoreInfo

if TYPE_CHECKING:
    from workbench.store.cycle_writer import CycleWriter


class Validation:
    """Measures networks, each on all images of a split.

    Args:
        setting: data and compute.
        progress: is called at every batch.
    """

    def __init__(self, setting: Setting, progress: Progress) -> None:
        self._setting = setting
        self._progress = progress

    def __call__(self, model: SegmentationModel, split: str | None = None) -> Measurement:
        """Measure a network on a split; without one, on the split that selects the best epoch."""
        split = split or self._setting.plan.config.evaluation.validation
        dataset = self._setting.dataset
        total = len(dataset.keys(split))
        confusion = evaluate(
            model,
            dataset,
            split,
            self._setting.compute,
            self._setting.plan.config.scan.batch_size,
            lambda done: self._progress.step("validate", done, total),
        )
        return Measurement(split, confusion)

    def measure(self, trained: Trained, split: str) -> Measured:
        """Measure the network that scans, unless its learner measured it on this split already."""
        found = trained.validation
        if found is None or found.split != split:
            found = self(trained.scan_model, split)
        values = {"miou": found.miou, "pixel_accuracy": pixel_accuracy(found.confusion)}
        return Measured(values, iou(found.confusion), found.confusion)


@dataclass(frozen=True)
class TrainedCycle:
    """The result of the training of a cycle.

    Attributes:
        trained: the networks, with the riders that one of the methods reads.
        measured: split ► metrics of the network that scans, the reported split first.
        facts: what the labels cost, and further facts for the record of the cycle.
    """

    trained: Trained
    measured: dict[str, Measured]
    facts: CycleFacts


def train(
    setting: Setting,
    methods: tuple[PlannedMethod, ...],
    pool: PoolState,
    seed: int,
    cycle: int,
    progress: Progress,
    name: str,
    previous: Previous | None = None,
    folder: Path | None = None,
) -> TrainedCycle:
    """Train the networks of a cycle on the labelled units only, and measure them.

    Args:
        setting: data, plan and compute.
        methods: the methods that share the cycle, and so its networks and training.
        pool: with all units labelled so far.
        seed: the seed of the training.
        cycle: the number of the cycle.
        progress: is called at every step.
        name: the name of the training, for error messages.
        previous: the previous cycle of the run; ``None`` in cycle 0.
        folder: holds the state after each epoch, from which the training goes on after a stop or a
            kill; ``None``: no state is written.
    """
    validation = Validation(setting, progress)
    method = methods[0]
    classes, oracle = setting.dataset.card.n_classes, setting.oracle(pool)

    def network(of: str) -> SegmentationModel:
        return build(method.model, classes, seed_of(seed, cycle, "weights", of))

    shared: dict[str, Any] = {
        "labelled": partial(LabelledSet, oracle, setting.dataset),
        "unlabelled": partial(UnlabelledImages, setting.dataset, pool),
        "compute": setting.compute,
        "previous": previous,
    }

    def checkpoint(of: str) -> StoredCheckpoint | None:
        return None if folder is None else StoredCheckpoint(folder / f"{of}.safetensors")

    task = TrainTask(
        build=network,
        validate=validation,
        seed=seed_of(seed, cycle, "training"),
        report=partial(report, progress, "train"),
        name=name,
        checkpoint=checkpoint("learner"),
        **shared,
    )
    trained: Trained = method.learner.call().fit(task)
    splits = setting.plan.config.evaluation.splits
    measured = {split: validation.measure(trained, split) for split in splits}
    extras = dict(trained.extras)
    riders = list(trained.riders)
    tolerance = setting.plan.config.budget.click_tolerance
    for bound in method.riders:
        spec = bound.options.get("model") or method.model
        found: TrainedRider = bound.call().fit(
            RiderTask(
                build=partial(build, spec, seed=seed_of(seed, cycle, "weights", bound.name)),
                clicks=partial(ClickSet, oracle, setting.dataset, tolerance),
                rider=bound.name,
                maps=bound.entry.maps,
                numbers=bound.entry.numbers,
                seed=seed_of(seed, cycle, "training", bound.name),
                report=partial(report, progress, f"train {bound.name}"),
                name=f"the rider {bound.name} of {name}",
                checkpoint=checkpoint(f"rider-{bound.name}"),
                **shared,
            )
        )
        require_given(found.rider, bound.entry)
        riders.append(found.rider)
        extras[bound.name] = found.extras
    facts = CycleFacts(
        labelled_classes=oracle.class_pixels(classes),
        labelled_clicks=pool.cost("clicks"),
        maps=[map_info(rider, one) for rider in riders for one in rider.maps],
        scan=trained.scan,
        device=setting.compute.device,
        extras=extras,
    )
    return TrainedCycle(replace(trained, riders=tuple(riders)), measured, facts)


def map_info(rider: Rider, given: RiderMap) -> MapInfo:
    """Return the description of a map of a rider, for the store."""
    return MapInfo(given.name, given.low, given.high, given.unit, rider.name)


def report(progress: Progress, phase: str, at: TrainProgress) -> None:
    """Report the progress of a training."""
    facts = {"terms": dict(at.terms), "rates": dict(at.rates), **at.notes}
    progress.step(phase, at.step, at.steps, loss=at.loss, miou=at.miou, **facts)


def observe(
    setting: Setting,
    trained: Trained,
    methods: tuple[PlannedMethod, ...],
    cycle: int,
    progress: Progress,
    record: CycleWriter,
) -> Observation:
    """Scan the pool once: collect units and vectors in memory, write networks and rasters.

    Windows that overlap labelled units too much are left out.

    Args:
        setting: data, plan and compute.
        trained: the networks of the cycle.
        methods: the methods that share the cycle.
        cycle: the number of the cycle.
        progress: is called at every image.
        record: receives the networks, and the rasters of each image.
    """
    builder = ObservationBuilder()
    for name, network in trained.networks.items():
        record.write_network(name, partial(save_weights, network))
    for rider in trained.riders:
        record.write_network(rider.name, partial(save_weights, rider.network))
    scan(
        trained.scan_model,
        setting.images(record.labelled),
        setting.scan_request(methods, cycle),
        setting.compute,
        Sinks(builder, record),
        lambda done: progress.step("scan", done, setting.geometry.n_images),
        members=trained.committee,
        riders=trained.riders,
    )
    return builder.finish(record.labelled)


class Sinks:
    """A sink of a scan that passes every image on to several sinks.

    Args:
        sinks: in the order in which they receive each image.
    """

    def __init__(self, *sinks: ScanSink) -> None:
        self._sinks = sinks

    def add(self, result: ImageScan) -> None:
        """Pass the results of one image on to every sink."""
        for sink in self._sinks:
            sink.add(result)


def score_infos(setting: Setting, scores: Iterable[Score]) -> tuple[ScoreInfo, ...]:
    """Return the descriptions of the scores of a scan, with their fixed ranges, for the store."""
    classes = setting.dataset.card.n_classes
    return tuple(ScoreInfo(s.name, *s.range(classes), s.unit) for s in scores)


def keep_of(setting: Setting, cycle: int) -> Keep:
    """Return which parts of a cycle stay on disk."""
    keep, cycles = setting.plan.config.keep, setting.plan.config.budget.cycles
    parts = ("maps", "predictions", "features", "weights")
    return Keep(**{part: keep.keeps(part, cycle, cycles) for part in parts})
