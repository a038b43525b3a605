"""Supervised training: cross-entropy, or Dice, on the labelled pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from workbench.learning._continue import OPTIMIZER, OptimizerState, go_on
from workbench.learning._dice import dice
from workbench.learning._loop import At, Training, TrainingResult, learn
from workbench.learning._loss import cross_entropy, mass_of, median_frequency_weights
from workbench.learning._samples import Batches, labelled_share
from workbench.learning._settings import TrainingSettings
from workbench.learning.base import (
    NETWORK,
    LabelledSamples,
    Measurement,
    Trained,
    TrainTask,
    numbered,
)
from workbench.models.base import SegmentationModel
from workbench.seeding import seed_of

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True)
class Supervised(TrainingSettings):
    """A loss on the labelled pixels; settings as registered in ``workbench.learning``."""

    def fit(self, task: TrainTask) -> Trained:
        """Train from the task's initial weights, or from those before; see ``Learner.fit``."""
        samples = task.labelled(self.view)
        found = learn(
            task,
            self.training_schedule,
            len(samples),
            lambda fabric: self.training(task, fabric, samples),
        )
        return self.trained(found)

    def trained(self, found: TrainingResult) -> Trained:
        """Return the result of a training; a learner with further networks overrides it."""
        network = cast(SegmentationModel, found.training.networks[NETWORK])
        kept = {}
        if self.continues:
            kept[OPTIMIZER] = OptimizerState(found.training.optimizers[NETWORK])
        return Trained(
            {NETWORK: network}, validation=found.validation, extras=found.extras, kept=kept
        )

    def training(self, task: TrainTask, fabric: Fabric, samples: LabelledSamples) -> Training:
        """Return what the loop runs; a learner with further terms overrides it."""
        return SupervisedTraining(self, task, fabric, samples)


@dataclass(frozen=True)
class Batch:
    """A batch of labelled samples, or a part of one.

    Attributes:
        images: (B, H, W, 3) uint8 RGB on the device.
        masks: (B, H, W) uint8 class ids, void = 255.
        mass: scalar, the weights of the labelled pixels of the whole batch, summed.
        share: the samples of this part over those of the whole batch.
    """

    images: Tensor
    masks: Tensor
    mass: Tensor
    share: float = 1.0


class SupervisedTraining(Training):
    """One network, one optimiser, one loss.

    Args:
        settings: the settings of the learner.
        task: the task of the learner.
        fabric: the device.
        samples: the labelled samples.
        member: the number of the network among several that are trained beside each other; its
            names end in it, but for those of the first, 0.
        beside: the training of the first network, whose samples this one shares.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        task: TrainTask,
        fabric: Fabric,
        samples: LabelledSamples,
        member: int = 0,
        beside: SupervisedTraining | None = None,
    ) -> None:
        super().__init__(task, fabric)
        self.settings, self._task = settings, task
        self.goes_on = settings.continues
        self.name = numbered(NETWORK, member)
        self.model = task.network(self.name).to(fabric.device)
        self.network = fabric.setup_module(self.model)
        self.networks[self.name] = self.model
        self.optimizers[self.name] = settings.optimiser(self.model)
        if settings.continues and task.previous is not None:
            names = self.name, numbered(OPTIMIZER, member)
            go_on(task.previous, self.model, self.optimizers[self.name], names)
        self.batches: Batches
        self.class_weights: Tensor | None
        if beside is not None:
            self.batches, self.class_weights = beside.batches, beside.class_weights
            return
        augmentation = settings.augmentation(seed_of(task.seed, "augmentation"))
        if augmentation is not None:
            self.stateful["augmentation"] = augmentation
        self.batches = Batches(samples, self.model.n_classes, augmentation, fabric.device)
        self.class_weights = self._class_weights(samples)

    def expect(self, batches: list[list[int]]) -> None:
        """Read the samples of the coming batches ahead of time."""
        self.batches.expect(position for positions in batches for position in positions)

    def rates(self, at: At) -> Mapping[str, float]:
        """Return the learning rate of the schedule."""
        return {self.name: self.settings.rate(at)}

    def step(self, positions: list[int], at: At) -> None:
        """Take one step on the losses of a batch, in as many passes as the settings say."""
        images, masks = self.batches.take(positions)
        mass = mass_of(masks, self.class_weights)
        passes = min(self.settings.accumulate, len(positions))
        for some, theirs in zip(images.chunk(passes), masks.chunk(passes), strict=True):
            batch = Batch(some, theirs, mass, len(some) / len(positions))
            self.backward(batch, at)
        self.advance(self.name)
        self.note("labelled_share", labelled_share(masks))

    def backward(self, batch: Batch, at: At) -> None:
        """Add the gradients of a batch, or of a part of one."""
        self.add_gradients(self.losses(batch, at), self.name)

    def losses(self, batch: Batch, at: At) -> dict[str, Tensor]:
        """Return the terms of the loss of a batch; those of its parts add up to the whole's."""
        del at
        return self.labelled_terms(self.logits(batch.images), batch)

    def logits(self, images: Tensor) -> Tensor:
        """Return (B, C, H, W) float32 logits of (B, H, W, 3) uint8 images."""
        found: Tensor = self.network(self.model.normalise(images))
        return found

    def labelled_terms(self, logits: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return the loss of the labelled pixels that the settings choose, under its name.

        The Dice loss of a part of a batch is that of its own pixels, times its share of the batch:
        the overlaps of parts do not add up to that of the whole.
        """
        if self.settings.loss == "dice":
            return {"dice": dice(logits, batch.masks, self.class_weights) * batch.share}
        return {"cross_entropy": self.cross_entropy(logits, batch)}

    def cross_entropy(self, logits: Tensor, batch: Batch) -> Tensor:
        """Return the mean cross-entropy over the labelled pixels of the whole batch."""
        return cross_entropy(logits, batch.masks, self.class_weights, batch.mass)

    def validate(self) -> Measurement:
        """Return the measurement of the network on the validation split."""
        return self._task.validate(self.model)

    def _class_weights(self, samples: LabelledSamples) -> Tensor | None:
        if self.settings.class_weights == "none":
            return None
        weights = median_frequency_weights(samples, self.model.n_classes)
        return torch.from_numpy(weights).to(self.fabric.device)
