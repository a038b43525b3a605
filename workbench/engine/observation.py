"""Trains the networks of a cycle, measures them and scans the pool: the same for every method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.engine.checkpoint import StoredCheckpoint
from workbench.engine.events import Progress
from workbench.engine.method import PlannedMethod
from workbench.engine.riders import require_given, require_stated
from workbench.engine.setting import Setting
from workbench.learning import (
    Measurement,
    Previous,
    RiderEntry,
    RiderTask,
    Trained,
    TrainedRider,
    TrainProgress,
    TrainTask,
)
from workbench.models import SegmentationModel, build, save_weights
from workbench.observation import ImageScan, Observation, ObservationBuilder
from workbench.pool import LabelledSet, Oracle, PoolState, UnlabelledImages
from workbench.pool.click_set import ClickSet
from workbench.registry import Bound
from workbench.rider import Rider, RiderMap
from workbench.scoring.evaluation import evaluate, measure
from workbench.scoring.request import ScanSink
from workbench.scoring.scan import scan
from workbench.scoring.scores import Score
from workbench.seeding import seed_of
from workbench.store.records import CycleFacts, Keep, MapInfo, Measured, ScoreInfo
from workbench.store.report_writer import Measurements

if TYPE_CHECKING:
    from workbench.store.cycle_writer import CycleWriter

Counted = TypeVar("Counted")


class Validation:
    """Measures networks, each on all images of a split.

    Args:
        setting: data and compute.
        progress: is called at every batch.
        phase: the name of the phase in the progress.
    """

    def __init__(self, setting: Setting, progress: Progress, phase: str = "validate") -> None:
        self._setting = setting
        self._progress = progress
        self._phase = phase

    def __call__(self, model: SegmentationModel, split: str | None = None) -> Measurement:
        """Measure a network on a split; without one, on the split that selects the best epoch."""
        split = split or self._setting.plan.config.evaluation.validation
        return Measurement(split, self._over(evaluate, model, split))

    def measure(self, trained: Trained, split: str) -> Measured:
        """Return every metric of the network that scans.

        A learner that validated this network has counted no boundaries and objects, so that each
        of its epochs costs less; the images are predicted once more for them.
        """
        return Measured.of(self._over(measure, trained.scan_model, split))

    def _over(self, count: Callable[..., Counted], model: SegmentationModel, split: str) -> Counted:
        dataset = self._setting.dataset
        total = len(dataset.keys(split))
        return count(
            model,
            dataset,
            split,
            self._setting.compute,
            self._setting.plan.config.scan.batch_size,
            lambda done: self._progress.step(self._phase, done, total),
        )


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

    def measurements(self, trained_by: Mapping[str, Any]) -> Measurements:
        """Return what is published of a network that is measured and selects nothing.

        Args:
            trained_by: ``learner`` and ``model``, each with all its settings, JSON-ready.
        """
        trained = self.trained
        save = partial(save_weights, trained.scan_model)
        return Measurements(trained.scan, save, self.measured, self.facts, trained_by)


@dataclass(frozen=True)
class CycleTraining:
    """One training of a cycle: what is trained on, and where its progress goes.

    Attributes:
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
        purpose: what follows the names of its phases in the progress.
    """

    setting: Setting
    methods: tuple[PlannedMethod, ...]
    pool: PoolState
    seed: int
    cycle: int
    progress: Progress
    name: str
    previous: Previous | None = None
    folder: Path | None = None
    purpose: str = ""

    @property
    def validation(self) -> Validation:
        """Measures its networks."""
        return Validation(self.setting, self.progress, f"validate{self.purpose}")

    @property
    def method(self) -> PlannedMethod:
        """One of the methods; they share networks and training."""
        return self.methods[0]

    @cached_property
    def oracle(self) -> Oracle:
        """Returns the labels of the pool."""
        return self.setting.oracle(self.pool)

    def seed_of(self, *purpose: str) -> int:
        """Return the seed of one purpose of the training."""
        return seed_of(self.seed, self.cycle, *purpose)

    def common(self, checkpoint: str) -> dict[str, Any]:
        """Return what learner and riders are given alike.

        Args:
            checkpoint: name of the file of the state of this training.
        """
        dataset, folder = self.setting.dataset, self.folder
        path = None if folder is None else folder / f"{checkpoint}.safetensors"
        return {
            "labelled": partial(LabelledSet, self.oracle, dataset),
            "unlabelled": partial(UnlabelledImages, dataset, self.pool),
            "compute": self.setting.compute,
            "previous": self.previous,
            "checkpoint": None if path is None else StoredCheckpoint(path),
        }


def train(training: CycleTraining) -> TrainedCycle:
    """Train the networks of a cycle on the labelled units only, and measure them."""
    setting = training.setting
    trained, extras = train_with_riders(training)
    validation = training.validation
    splits = setting.plan.config.evaluation.splits
    measured = {split: validation.measure(trained, split) for split in splits}
    facts = CycleFacts(
        labelled_classes=training.oracle.class_pixels(setting.dataset.card.n_classes),
        labelled_clicks=training.pool.cost("clicks"),
        maps=[map_info(rider, one) for rider in trained.riders for one in rider.maps],
        scan=trained.scan,
        feature_tap=setting.plan.coarse_tap(training.method),
        device=setting.compute.device,
        extras=extras,
    )
    return TrainedCycle(trained, measured, facts)


def train_with_riders(training: CycleTraining) -> tuple[Trained, dict[str, Any]]:
    """Train the networks of the learner and the riders beside it; return also their extras."""
    trained = fit(training)
    extras = {**trained.extras, "members": list(trained.members)}
    riders = list(trained.riders)
    for bound in training.method.riders:
        found = _fit_rider(training, bound)
        riders.append(found.rider)
        extras[bound.name] = found.extras
    return replace(trained, riders=tuple(riders)), extras


def fit(training: CycleTraining) -> Trained:
    """Train the networks of the learner, without riders and without a measurement of the result."""
    method, classes = training.method, training.setting.dataset.card.n_classes

    def network(of: str) -> SegmentationModel:
        return build(method.model, classes, training.seed_of("weights", of))

    task = TrainTask(
        build=network,
        validate=training.validation,
        seed=training.seed_of("training"),
        report=partial(report, training.progress, f"train{training.purpose}"),
        name=training.name,
        **training.common("learner"),
    )
    trained: Trained = method.learner.call().fit(task)
    require_stated(trained.riders, method.learner)
    return trained


def _fit_rider(training: CycleTraining, bound: Bound[RiderEntry]) -> TrainedRider:
    """Train a rider on what the learner was trained on."""
    spec = bound.options.get("model") or training.method.model
    setting = training.setting
    tolerance = setting.plan.config.budget.click_tolerance
    found: TrainedRider = bound.call().fit(
        RiderTask(
            build=partial(build, spec, seed=training.seed_of("weights", bound.name)),
            clicks=partial(ClickSet, training.oracle, setting.dataset, tolerance),
            rider=bound.name,
            maps=bound.entry.maps,
            numbers=bound.entry.numbers,
            seed=training.seed_of("training", bound.name),
            report=partial(report, training.progress, f"train {bound.name}"),
            name=f"the rider {bound.name} of {training.name}",
            **training.common(f"rider-{bound.name}"),
        )
    )
    require_given(found.rider, bound.entry)
    return found


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
    for name, state in trained.kept.items():
        record.write_network(name, partial(save_weights, state))
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


def keep_of(setting: Setting, methods: tuple[PlannedMethod, ...], cycle: int) -> Keep:
    """Return which parts of a cycle stay on disk.

    A cycle 0 keeps whatever further methods, and the cycles after it, go on from.
    """
    keep, cycles = setting.plan.config.keep, setting.plan.config.budget.cycles
    parts = ("maps", "predictions", "features", "weights", "units", "embeddings")
    kept = {part: keep.keeps(part, cycle, cycles) for part in parts}
    goes_on = any(m.learner.entry.continues(m.learner.options) for m in methods)
    if cycle == 0:
        kept |= {"weights": kept["weights"] or goes_on, "units": True, "embeddings": True}
    return Keep(**kept, next_weights=goes_on)
