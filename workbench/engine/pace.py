"""Measures on this machine how long an experiment takes, from a few steps and images.

On the CPU the time of its threads is taken, so that other work on the machine changes nothing, and
large images are timed at a smaller size and counted by their pixels. Queries are not timed.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.compute import ResolvedCompute
from workbench.datasets.wrapped import Wrapped
from workbench.engine.compute import device_of
from workbench.engine.plan import Plan, part_spec
from workbench.engine.setting import Setting
from workbench.learning import Measurement, TrainTask
from workbench.models import build
from workbench.observation import ObservationBuilder
from workbench.registry import Bound
from workbench.scoring.evaluation import evaluate, measure
from workbench.scoring.scan import scan
from workbench.seeding import generator

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.engine.method import PlannedMethod
    from workbench.geometry import Geometry
    from workbench.learning import LearnerEntry
    from workbench.models import ModelEntry, SegmentationModel

Trainings = Sequence[tuple["PlannedMethod", int]]
"""Method and cycle of each training."""

_MOST_PIXELS = 2**18
"""Pixels of a batch that is timed on a CPU; a larger one is counted by its pixels."""

_STEPS = 3
"""Steps of a training that are timed; the first one makes the kernels and is not counted."""


@dataclass(frozen=True)
class Duration:
    """How long what is left of an experiment takes, in seconds of one run at a time.

    Attributes:
        training: of the networks of the cycles.
        reports: training the networks of report points and references.
        measuring: predicting the evaluated splits, after each training and for the best epoch.
        scanning: the scans of the pool.
        side_by_side: runs at a time.
        seeds: seeds of the experiment.
        device: what was timed.
    """

    training: float
    reports: float
    measuring: float
    scanning: float
    side_by_side: int
    seeds: int
    device: str

    @property
    def total(self) -> float:
        """Seconds until everything is done."""
        work = self.training + self.reports + self.measuring + self.scanning
        return work / self.side_by_side

    @property
    def per_seed(self) -> float:
        """Seconds that one of the seeds takes, all its methods together."""
        return self.total / self.seeds


def duration(
    plan: Plan,
    dataset: SegmentationDataset,
    geometry: Geometry,
    trained: Trainings,
    reports: Trainings,
    steps: tuple[dict[str, list[int]], dict[str, list[int]]],
    side_by_side: int,
) -> Duration:
    """Time steps, predictions and scans of every method here, and add them up.

    Args:
        plan: the experiment.
        dataset: its data; a few images of the pool and of the evaluated splits are read.
        geometry: its units.
        trained: the trainings of cycles that are left.
        reports: those of report points, and of references as if of their cycle 0.
        steps: method ► the steps of each cycle; method or reference ► of each report point.
        side_by_side: runs at a time.
    """
    timer = _Timer(plan, dataset, geometry)
    evaluation = plan.config.evaluation
    images = Counter({split: len(dataset.keys(split)) for split in evaluation.splits})
    validated = len(dataset.keys(evaluation.validation))

    def train(which: Trainings, steps: dict[str, list[int]], at_report: bool) -> float:
        return sum(
            steps[method.name][cycle] * timer.step(*_parts(method, at_report))
            for method, cycle in which
        )

    def measured(which: Trainings, at_report: bool) -> float:
        total = 0.0
        for method, _ in which:
            learner, model = _parts(method, at_report)
            quick, whole = timer.predicted(model)
            total += whole * images.total() + quick * validated * _validations(learner)
        return total

    return Duration(
        training=train(trained, steps[0], at_report=False),
        reports=train(reports, steps[1], at_report=True),
        measuring=measured(trained, at_report=False) + measured(reports, at_report=True),
        scanning=sum(timer.scanned(method) * geometry.n_images for method, _ in trained),
        side_by_side=side_by_side,
        seeds=len(plan.config.seeds),
        device=timer.compute.device,
    )


def _parts(method: PlannedMethod, at_report: bool) -> tuple[Bound[LearnerEntry], Bound[ModelEntry]]:
    if at_report:
        return method.reported.learner, method.reported.model
    return method.learner, method.model


def _validations(learner: Bound[LearnerEntry]) -> int:
    """Return how often a training predicts the validation split."""
    schedule = getattr(learner.call(), "training_schedule", None)
    if schedule is None:
        return 0
    return sum(schedule.validates(epoch) for epoch in range(1, schedule.epochs + 1))


class _Enough(Exception):  # noqa: N818 - ends a training that was timed
    pass


class _Timer:
    """Times the parts of an experiment, each once."""

    def __init__(self, plan: Plan, dataset: SegmentationDataset, geometry: Geometry) -> None:
        config = plan.config.compute
        device = device_of(config)
        asked = config.precision
        precision = asked if asked != "auto" else "float32" if device == "cpu" else "bf16"
        self.compute = ResolvedCompute(device, precision, config.threads)
        self.compute.apply()
        self._setting = Setting(plan, dataset, geometry, self.compute)
        self._classes = dataset.card.n_classes
        self._times: dict[str, Any] = {}

    def _now(self) -> float:
        if self.compute.device == "cpu":
            return process_time() / self.compute.threads
        import torch

        torch.cuda.synchronize()
        return perf_counter()

    def _network(self, model: Bound[ModelEntry]) -> SegmentationModel:
        options = {**part_spec(model)}
        if "weights" in options:  # their values change no time
            options["weights"] = "none"
        return build(options, self._classes, seed=0)

    def step(self, learner: Bound[LearnerEntry], model: Bound[ModelEntry]) -> float:
        """Return the seconds of an optimiser step."""
        key = json.dumps([part_spec(learner), part_spec(model)], sort_keys=True)
        if key not in self._times:
            self._times[key] = self._step(learner, model)
        return float(self._times[key])

    def _step(self, learner: Bound[LearnerEntry], model: Bound[ModelEntry]) -> float:
        options = part_spec(learner)
        batch = int(options.get("batch_size", 8))
        crop = options.get("crop")
        size = tuple(crop) if crop else self._sample_size(learner.call().view)
        few, side = self._smaller(batch, size)
        small = (max(32, round(size[0] * side)), max(32, round(size[1] * side)))
        options |= {"batch_size": few} if "batch_size" in options else {}
        options |= {"crop": list(small)} if crop else {}
        options |= {"epochs": max(_STEPS, int(options.get("epochs", _STEPS)))}
        options |= {"steps_per_epoch": 1} if "steps_per_epoch" in options else {}
        options |= {"accumulate": 1} if few < batch and "accumulate" in options else {}
        marks: list[float] = []

        def mark(_: Any) -> None:
            marks.append(self._now())
            if len(marks) > _STEPS:
                raise _Enough

        rng = generator(0, 0, "pace")
        samples = [
            (
                rng.integers(0, 256, (*small, 3), dtype=np.uint8),
                rng.integers(0, self._classes, small, dtype=np.uint8),
                str(number),
            )
            for number in range(few)
        ]
        task = TrainTask(
            build=lambda name: self._network(model),  # noqa: ARG005
            labelled=lambda view: samples,  # noqa: ARG005
            unlabelled=lambda: _Unlabelled(samples),
            validate=lambda network: _nothing(),  # noqa: ARG005
            seed=0,
            compute=self.compute,
            report=mark,
        )
        begin = self._now()
        with suppress(_Enough):
            learner.entry.bind({k: v for k, v in options.items() if k != "name"}).call().fit(task)
        times = np.diff(marks) if len(marks) > 1 else [self._now() - begin]
        ratio = batch * math.prod(size) / (few * math.prod(small))
        return float(np.median(times)) * ratio

    def _sample_size(self, view: str) -> tuple[int, ...]:
        """Return (H, W) of a sample: of an image, or of a unit."""
        geometry = self._setting.geometry
        if view == "image":
            return tuple(int(side) for side in np.median(geometry.sizes, axis=0))
        y0, x0, y1, x1 = geometry.boxes_of(geometry.unit_ids[:1])[0]
        return int(y1 - y0), int(x1 - x0)

    def _smaller(self, batch: int, size: Sequence[int]) -> tuple[int, float]:
        """Return a batch and a factor of the sides that a CPU computes in moderate time."""
        if self.compute.device != "cpu":
            return batch, 1.0
        few = max(min(batch, 2), min(batch, _MOST_PIXELS // math.prod(size)))
        return few, min(1.0, math.sqrt(_MOST_PIXELS / (few * math.prod(size))))

    def predicted(self, model: Bound[ModelEntry]) -> tuple[float, float]:
        """Return the seconds that an image takes for the best epoch, and for all metrics."""
        key = f"predicted {json.dumps(part_spec(model), sort_keys=True)}"
        if key not in self._times:
            network = self._network(model).to(self.compute.device)
            split = self._setting.plan.config.evaluation.splits[0]
            few = _First(self._setting.dataset)
            found = []
            for count in (evaluate, evaluate, measure):
                begin = self._now()
                count(network, few, split, self.compute, batch_size=2)
                found.append((self._now() - begin) / len(few.keys(split)))
            self._times[key] = (found[1], found[2])
        quick, whole = self._times[key]
        return quick, whole

    def scanned(self, method: PlannedMethod) -> float:
        """Return the seconds that an image takes in a scan, its scores and embeddings with it."""
        key = f"scanned {method.name}"
        if key not in self._times:
            network = self._network(method.model).to(self.compute.device)
            request = self._setting.scan_request((method,), 1)
            members = max(1, method.learner.entry.members(method.learner.options))
            found = []
            for _ in range(2):  # the first one makes the kernels
                images = [image for _, image in zip(range(2), self._setting.images(), strict=False)]
                begin = self._now()
                committee = [network] * members if members > 1 else []
                scan(
                    network, images, request, self.compute, ObservationBuilder(), members=committee
                )
                found.append((self._now() - begin) / len(images))
            self._times[key] = found[-1]
        return float(self._times[key])


class _First(Wrapped):
    """The first two images of a split."""

    def keys(self, split: str) -> list[str]:
        """Return the first keys of the split."""
        return super().keys(split)[:2]


class _Unlabelled:
    """Samples without their masks."""

    def __init__(self, samples: Sequence[tuple[Any, Any, str]]) -> None:
        self._samples = samples
        self.image_ids = [name for _, _, name in samples]

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, position: int, /) -> tuple[Any, str]:
        image, _, name = self._samples[position]
        return image, name


def _nothing() -> Measurement:
    return Measurement("val", np.zeros((0, 0), np.int64))
