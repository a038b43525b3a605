"""The part of a cycle that no method has a say in: train a network, measure it, scan the pool."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.engine.events import Progress
from workbench.engine.method import PlannedMethod
from workbench.engine.setting import Setting
from workbench.learning import CostTask, Trained, TrainedCost, TrainProgress, TrainTask
from workbench.metrics import iou, mean_iou, pixel_accuracy
from workbench.models import SegmentationModel, build, save_weights
from workbench.naming import CLICK_DENSITY
from workbench.pool import Oracle, PoolState
from workbench.scoring.evaluation import evaluate
from workbench.scoring.scan import scan
from workbench.scoring.scores import Score
from workbench.seeding import seed_of
from workbench.store.records import Keep, Measured, ScoreInfo

if TYPE_CHECKING:
    from workbench.store.cycle_writer import CycleWriter

_PEAK = 10
"""Largest predicted density that the colours of a cost map tell apart, over the mean."""

Confusion = npt.NDArray[np.int64]
"""(C, C) pixels, rows are the truth."""


class Validation:
    """Measures networks on the validation split, from one confusion matrix over it.

    Args:
        setting: data and compute.
        progress: hears every batch.
    """

    def __init__(self, setting: Setting, progress: Progress) -> None:
        self._setting = setting
        self._progress = progress
        self._seen: dict[float, Confusion] = {}

    def __call__(self, model: SegmentationModel) -> float:
        """Return a network's mIoU, a fraction."""
        confusion = self._confusion(model)
        miou = mean_iou(confusion)
        self._seen.setdefault(miou, confusion)  # of equals the earliest stays, as in the learner
        return miou

    def measure(self, trained: Trained) -> Measured:
        """Measure a cycle's network; one whose best epoch was validated is not measured again."""
        confusion = self._seen.get(trained.extras.get("miou") or -1.0)
        if confusion is None:
            confusion = self._confusion(trained.scan_model)
        return Measured(
            miou=mean_iou(confusion),
            pixel_accuracy=pixel_accuracy(confusion),
            iou=iou(confusion),
            confusion=confusion,
            extras=trained.extras,
        )

    def _confusion(self, model: SegmentationModel) -> Confusion:
        dataset = self._setting.dataset
        total = len(dataset.keys("val"))
        confusion: Confusion = evaluate(
            model,
            dataset,
            "val",
            self._setting.compute,
            self._setting.plan.config.scan.batch_size,
            lambda done: self._progress.step("validate", done, total),
        )
        return confusion


def train(
    setting: Setting,
    methods: tuple[PlannedMethod, ...],
    pool: PoolState,
    seed: int,
    cycle: int,
    progress: Progress,
    name: str,
) -> tuple[Trained, TrainedCost | None, Measured]:
    """Train the networks of a cycle on what is labelled, and on nothing else, and measure them.

    Returns:
        the segmentation network; one that predicts clicks, if one of the methods reads these; how
        good the first one is, and what the labels took.
    """
    validation = Validation(setting, progress)

    def report(at: TrainProgress) -> None:
        progress.step("train", at.step, at.steps, loss=at.loss, miou=at.miou)

    method = methods[0]  # they share a cycle, so they share network and training
    classes, oracle = setting.dataset.card.n_classes, setting.oracle(pool)
    task = TrainTask(
        build=partial(build, method.model, classes, seed_of(seed, cycle, "weights")),
        labelled=oracle.labelled_set,
        validate=validation,
        seed=seed_of(seed, cycle, "training"),
        compute=setting.compute,
        report=report,
        name=name,
    )
    trained: Trained = method.learner.call().fit(task)
    measured = validation.measure(trained)
    cost = _train_costs(setting, methods, oracle, seed, cycle, progress, name)
    extras = {**measured.extras, "click_cost": cost.extras} if cost else measured.extras
    return (
        trained,
        cost,
        replace(
            measured,
            extras=extras,
            labelled_classes=oracle.class_pixels(classes),
            labelled_clicks=pool.cost("clicks"),
        ),
    )


def _train_costs(
    setting: Setting,
    methods: tuple[PlannedMethod, ...],
    oracle: Oracle,
    seed: int,
    cycle: int,
    progress: Progress,
    name: str,
) -> TrainedCost | None:
    """Train a network that predicts clicks on those of the units that are labelled."""
    learner = methods[0].cost_learner
    if learner is None:
        return None
    spec = learner.options.get("model") or methods[0].model
    task = CostTask(
        build=partial(build, spec, 1, seed_of(seed, cycle, "cost weights")),
        samples=oracle.click_set(),
        seed=seed_of(seed, cycle, "cost training"),
        compute=setting.compute,
        report=lambda at: progress.step("train costs", at.step, at.steps, loss=at.loss),
        name=f"the click costs of {name}",
    )
    cost: TrainedCost = learner.call().fit(task)
    return cost


def observe(
    setting: Setting,
    trained: Trained,
    cost: TrainedCost | None,
    methods: tuple[PlannedMethod, ...],
    cycle: int,
    progress: Progress,
    record: CycleWriter,
) -> None:
    """Scan the pool once and stream scores, maps, predictions and embeddings into the record.

    The record knows what is labelled: windows that overlap it too much are not looked at.
    """

    def save(path: Path) -> None:
        save_weights(trained.scan_model, path)

    record.write_weights(save)
    if cost is not None:
        record.write_cost_network(cost_map_info(cost), partial(save_weights, cost.network))
    scan(
        trained.scan_model,
        setting.images(record.labelled),
        setting.scan_request(methods, cycle),
        setting.compute,
        record,
        lambda done: progress.step("scan", done, setting.index.n_images),
        members=trained.members,
        cost=cost.network if cost is not None else None,
    )


def score_infos(setting: Setting, scores: Iterable[Score]) -> tuple[ScoreInfo, ...]:
    """Describe the scores of a scan, with their fixed ranges, for the store."""
    classes = setting.dataset.card.n_classes
    return tuple(ScoreInfo(s.name, *s.range(classes), s.unit) for s in scores)


def cost_map_info(cost: TrainedCost) -> ScoreInfo:
    """Describe the map of predicted clicks.

    Clicks a pixel have no largest value, and their scale hangs on the size of the images. The
    colours span up to about ten times the mean, rounded to 1, 2 or 5 at some power of ten, so
    that they are the same for all images and mostly for all cycles.
    """
    wanted = _PEAK * float(cost.network.mean)
    power = 10.0 ** math.floor(math.log10(wanted))
    high = next(step * power for step in (1, 2, 5, 10) if step * power >= wanted)
    return ScoreInfo(CLICK_DENSITY, 0.0, high, "clicks/pixel")


def kept(setting: Setting, cycle: int) -> Keep:
    """Say which parts of a cycle stay on disk."""
    keep, cycles = setting.plan.config.keep, setting.plan.config.budget.cycles
    parts = ("maps", "predictions", "features", "weights")
    return Keep(**{part: keep.keeps(part, cycle, cycles) for part in parts})
