"""The part of a cycle that no method has a say in: train a network, measure it, scan the pool."""

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
        progress: takes every batch.
    """

    def __init__(self, setting: Setting, progress: Progress) -> None:
        self._setting = setting
        self._progress = progress

    def __call__(self, model: SegmentationModel, split: str | None = None) -> Measurement:
        """Return a network's measurement on a split; left out, it is that of the best epoch."""
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
        """Measure a cycle's network; one that its learner has measured is not measured again."""
        found = trained.validation
        if found is None or found.split != split:
            found = self(trained.scan_model, split)
        values = {"miou": found.miou, "pixel_accuracy": pixel_accuracy(found.confusion)}
        return Measured(values, iou(found.confusion), found.confusion)


@dataclass(frozen=True)
class TrainedCycle:
    """What a cycle's training gave.

    Attributes:
        trained: the networks, with the riders that one of the methods reads.
        measured: split ► how good the network that scans is on it, the reported split first.
        facts: what the labels took, and what else the record holds.
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
    kept_in: Path | None = None,
) -> TrainedCycle:
    """Train the networks of a cycle on what is labelled, and on nothing else, and measure them.

    Args:
        setting: data, plan and compute.
        methods: that share the cycle, so they share networks and training.
        pool: what is labelled.
        seed: of the training.
        cycle: its number.
        progress: is called at every step.
        name: of the training, for error messages.
        previous: the cycle before; ``None`` in cycle 0.
        kept_in: folder of the state after each epoch, from which the training goes on after a stop
            or a kill; ``None`` for nowhere.
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
        return None if kept_in is None else StoredCheckpoint(kept_in / f"{of}.safetensors")

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
    """Describe a rider's map for the store."""
    return MapInfo(given.name, given.low, given.high, given.unit, rider.name)


def report(progress: Progress, phase: str, at: TrainProgress) -> None:
    """Pass on where a training stands."""
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
    """Scan the pool once: units and vectors into memory, networks and rasters into the record.

    Windows that overlap what is labelled too much are left out.
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
    """A scan's sink that hands every image to several.

    Args:
        sinks: in the order in which each image is given to them.
    """

    def __init__(self, *sinks: ScanSink) -> None:
        self._sinks = sinks

    def add(self, result: ImageScan) -> None:
        """Take one image's results."""
        for sink in self._sinks:
            sink.add(result)


def score_infos(setting: Setting, scores: Iterable[Score]) -> tuple[ScoreInfo, ...]:
    """Describe the scores of a scan, with their fixed ranges, for the store."""
    classes = setting.dataset.card.n_classes
    return tuple(ScoreInfo(s.name, *s.range(classes), s.unit) for s in scores)


def kept(setting: Setting, cycle: int) -> Keep:
    """Say which parts of a cycle stay on disk."""
    keep, cycles = setting.plan.config.keep, setting.plan.config.budget.cycles
    parts = ("maps", "predictions", "features", "weights")
    return Keep(**{part: keep.keeps(part, cycle, cycles) for part in parts})
