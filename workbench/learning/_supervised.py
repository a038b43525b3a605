"""Supervised training from scratch: cross-entropy on the labelled pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from torch import Tensor

from workbench.errors import ConfigError
from workbench.learning._loop import At, Schedule, Training, learn
from workbench.learning._loss import cross_entropy, median_frequency_weights
from workbench.learning._samples import Batches, labelled_share
from workbench.learning.base import (
    NETWORK,
    LabelledSamples,
    Measurement,
    Trained,
    TrainTask,
    View,
)
from workbench.models.base import SegmentationModel
from workbench.seeding import seed_of

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from workbench.learning._augment import Around, Augmentation, ScaleLaw


@dataclass(frozen=True)
class Supervised:
    """Cross-entropy on the labelled pixels; settings as registered in ``workbench.learning``."""

    epochs: int = 30
    batch_size: int = 8
    optimizer: str = "adam"
    lr: float = 1e-3
    schedule: str = "constant"
    step_every: int = 20
    gamma: float = 0.1
    power: float = 0.9
    momentum: float = 0.9
    weight_decay: float = 0.0
    view: View = "image"
    crop: tuple[int, ...] | None = None
    crop_around: Around = "labelled"
    augment: tuple[str, ...] = ()
    scale_law: ScaleLaw = "uniform"
    keep: Literal["best", "last"] = "last"
    validate_every: int | None = None
    steps_per_epoch: int | None = None
    class_weights: str = "none"

    def __post_init__(self) -> None:
        if self.crop is not None and (len(self.crop) != 2 or min(self.crop) < 1):
            raise ConfigError(
                f"learner supervised.crop is {list(self.crop)}; wanted height and width in pixels."
            )

    @property
    def training_schedule(self) -> Schedule:
        """The length of the training, and which epoch's weights are returned."""
        return Schedule(
            self.epochs, self.batch_size, self.steps_per_epoch, self.keep, self.validate_every
        )

    def steps(self, samples: int) -> int:
        """Return the number of steps of a training on a number of samples."""
        return self.training_schedule.steps(samples)

    def fit(self, task: TrainTask) -> Trained:
        """Train from the task's initial weights; see ``Learner.fit``."""
        samples = task.labelled(self.view)
        found = learn(
            task,
            self.training_schedule,
            len(samples),
            lambda fabric: SupervisedTraining(self, task, fabric, samples),
        )
        network = cast(SegmentationModel, found.training.networks[NETWORK])
        return Trained({NETWORK: network}, validation=found.validation, extras=found.extras)

    def rate(self, at: At) -> float:
        """Return the learning rate of a step."""
        if self.schedule == "poly":
            return float(self.lr * (1 - at.step / at.steps) ** self.power)
        if self.schedule == "step":
            return float(self.lr * self.gamma ** ((at.epoch - 1) // self.step_every))
        return self.lr

    def augmentation(self, seed: int) -> Augmentation | None:
        """Return the augmentation of the samples; ``None`` if there is none."""
        if not self.augment and self.crop is None:
            return None
        from workbench.learning._augment import Augmentation  # torchvision: a dry run has no use

        crop = (self.crop[0], self.crop[1]) if self.crop is not None else None
        return Augmentation(self.augment, crop, seed, self.crop_around, self.scale_law)

    def optimiser(self, model: SegmentationModel) -> torch.optim.Optimizer:
        """Return the optimiser of a network that is on its device."""
        settings: dict[str, Any] = {
            "lr": self.lr,
            "weight_decay": self.weight_decay,
            "fused": True,
        }
        if self.optimizer == "sgd":
            return torch.optim.SGD(model.parameters(), momentum=self.momentum, **settings)
        return torch.optim.Adam(model.parameters(), **settings)


class SupervisedTraining(Training):
    """One network, one optimiser, one loss.

    Args:
        settings: the settings of the learner.
        task: the task of the learner.
        fabric: the device.
        samples: the labelled samples.
    """

    def __init__(
        self, settings: Supervised, task: TrainTask, fabric: Fabric, samples: LabelledSamples
    ) -> None:
        super().__init__(task, fabric)
        self._settings, self._task = settings, task
        self._model = task.network().to(fabric.device)
        self._network = fabric.setup_module(self._model)
        self.networks[NETWORK] = self._model
        self.optimizers[NETWORK] = settings.optimiser(self._model)
        augmentation = settings.augmentation(seed_of(task.seed, "augmentation"))
        if augmentation is not None:
            self.stateful["augmentation"] = augmentation
        self._batches = Batches(samples, self._model.n_classes, augmentation, fabric.device)
        self._weights = self._class_weights(samples)

    def rates(self, at: At) -> Mapping[str, float]:
        """Return the learning rate of the schedule."""
        return {NETWORK: self._settings.rate(at)}

    def step(self, positions: list[int], at: At) -> None:
        """Take one step on the cross-entropy of a batch."""
        del at
        images, masks = self._batches.take(positions)
        logits = self._network(self._model.normalise(images))
        self.minimise({"cross_entropy": cross_entropy(logits, masks, self._weights)})
        self.note("labelled_share", labelled_share(masks))

    def validate(self) -> Measurement:
        """Return the measurement of the network on the validation split."""
        return self._task.validate(self._model)

    def _class_weights(self, samples: LabelledSamples) -> Tensor | None:
        if self._settings.class_weights == "none":
            return None
        weights = median_frequency_weights(samples, self._model.n_classes)
        return torch.from_numpy(weights).to(self.fabric.device)
