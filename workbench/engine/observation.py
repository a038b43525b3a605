"""The part of a cycle that no method has a say in: train a network, measure it, scan the pool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.engine.events import Progress
from workbench.engine.plan import PlannedMethod
from workbench.engine.setting import Setting
from workbench.learning import Trained, TrainProgress, TrainTask
from workbench.metrics import iou, mean_iou, pixel_accuracy
from workbench.models import SegmentationModel, build, save_weights
from workbench.pool import PoolState
from workbench.scoring.evaluation import evaluate
from workbench.scoring.scan import scan
from workbench.scoring.scores import Score
from workbench.seeding import seed_of
from workbench.store.records import Keep, Measured, ScoreInfo

if TYPE_CHECKING:
    from workbench.store.cycle_writer import CycleWriter

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
    setting: Setting, pool: PoolState, seed: int, cycle: int, progress: Progress, name: str
) -> tuple[Trained, Measured]:
    """Train the network of a cycle on what is labelled, and on nothing else, and measure it."""
    validation = Validation(setting, progress)

    def report(at: TrainProgress) -> None:
        progress.step("train", at.step, at.steps, loss=at.loss, miou=at.miou)

    classes, oracle = setting.dataset.card.n_classes, setting.oracle(pool)
    task = TrainTask(
        build=partial(build, setting.plan.model, classes, seed_of(seed, cycle, "weights")),
        labelled=oracle.labelled_set,
        validate=validation,
        seed=seed_of(seed, cycle, "training"),
        compute=setting.compute,
        report=report,
        name=name,
    )
    trained: Trained = setting.plan.learner.call().fit(task)
    measured = validation.measure(trained)
    return trained, replace(measured, labelled_classes=oracle.class_pixels(classes))


def observe(
    setting: Setting,
    trained: Trained,
    methods: tuple[PlannedMethod, ...],
    cycle: int,
    progress: Progress,
    record: CycleWriter,
) -> None:
    """Scan the pool once and stream scores, maps, predictions and embeddings into the record."""

    def save(path: Path) -> None:
        save_weights(trained.scan_model, path)

    record.write_weights(save)
    scan(
        trained.scan_model,
        setting.images(),
        setting.scan_request(methods, cycle),
        setting.compute,
        record,
        lambda done: progress.step("scan", done, setting.index.n_images),
    )


def score_infos(setting: Setting, scores: Iterable[Score]) -> tuple[ScoreInfo, ...]:
    """Describe the scores of a scan, with their fixed ranges, for the store."""
    classes = setting.dataset.card.n_classes
    return tuple(ScoreInfo(s.name, *s.range(classes), s.unit) for s in scores)


def kept(setting: Setting, cycle: int) -> Keep:
    """Say which parts of a cycle stay on disk."""
    keep, cycles = setting.plan.config.keep, setting.plan.config.budget.cycles
    parts = ("maps", "predictions", "features", "weights")
    return Keep(**{part: keep.keeps(part, cycle, cycles) for part in parts})
