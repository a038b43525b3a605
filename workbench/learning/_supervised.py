"""Supervised training from scratch, the loop in plain sight."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from workbench.errors import ConfigError, TrainingError
from workbench.learning._augment import Augmentation
from workbench.learning._device import check_precision, fabric_for, own_randomness
from workbench.learning._loss import cross_entropy, median_frequency_weights
from workbench.learning._samples import Batches, Order
from workbench.learning._watch import Watch
from workbench.learning.base import LabelledSamples, Trained, TrainTask, View
from workbench.models.base import SegmentationModel
from workbench.seeding import seed_of


@dataclass(frozen=True)
class Supervised:
    """Cross-entropy on what is labelled; settings as registered in ``workbench.learning``."""

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
    augment: tuple[str, ...] = ()
    keep: str = "last"
    validate_every: int | None = None
    steps_per_epoch: int | None = None
    class_weights: str = "none"

    def __post_init__(self) -> None:
        if self.crop is not None and (len(self.crop) != 2 or min(self.crop) < 1):
            raise ConfigError(
                f"learner supervised.crop is {list(self.crop)}; wanted height and width in pixels."
            )

    def steps(self, samples: int) -> int:
        """Return the steps of a training on so many samples."""
        return self.epochs * (self.steps_per_epoch or -(-samples // self.batch_size))

    def fit(self, task: TrainTask) -> Trained:
        """Train from the task's initial weights; see ``Learner.fit``."""
        samples = task.labelled(self.view)
        if not len(samples):
            raise TrainingError(f"{task.name}: there is no labelled sample to train on.")
        fabric = fabric_for(task.compute)
        with own_randomness(fabric.device, seed_of(task.seed, "dropout")):
            return self._train(task, samples, fabric)

    def _train(self, task: TrainTask, samples: LabelledSamples, fabric: Fabric) -> Trained:
        model = task.build()
        check_precision(model, task.compute, task.name)
        network, optimizer = fabric.setup(model, self._optimizer(model, fabric.device))
        augmentation = self._augmentation(seed_of(task.seed, "augmentation"))
        batches = Batches(samples, model.n_classes, augmentation, fabric.device)
        order = Order(
            len(samples), self.batch_size, self.steps_per_epoch, seed_of(task.seed, "order")
        )
        weights = self._class_weights(samples, model.n_classes, fabric.device)
        watch = Watch(task, self.epochs, order.steps_per_epoch, fabric.device.type != "cpu")
        best = _Best()
        step = 0
        for epoch in range(1, self.epochs + 1):
            network.train()
            for positions in order.epoch():
                rate = self.rate(step, watch.steps, epoch)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                images, masks = batches.take(positions)
                loss = cross_entropy(network(model.normalise(images)), masks, weights)
                fabric.backward(loss)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                step += 1
                watch.saw(loss.detach(), step, epoch)
            watch.end_of_epoch()
            if self._validates(epoch):
                watch.miou = task.validate(model)
                if self.keep == "best":
                    best.offer(watch.miou, epoch, model)
        best.restore(model)
        model.eval()
        extras = {"losses": watch.losses, "epoch": best.epoch or self.epochs, "miou": best.miou}
        return Trained(members=(model,), scan_model=model, extras=extras)

    def rate(self, step: int, steps: int, epoch: int) -> float:
        """Return the learning rate of a step.

        Args:
            step: from 0.
            steps: of the whole training.
            epoch: from 1.
        """
        if self.schedule == "poly":
            return float(self.lr * (1 - step / steps) ** self.power)
        if self.schedule == "step":
            return float(self.lr * self.gamma ** ((epoch - 1) // self.step_every))
        return self.lr

    def _validates(self, epoch: int) -> bool:
        every = self.validate_every or (1 if self.keep == "best" else None)
        if every is None:
            return False
        return epoch % every == 0 or epoch == self.epochs

    def _augmentation(self, seed: int) -> Augmentation | None:
        if not self.augment and self.crop is None:
            return None
        crop = (self.crop[0], self.crop[1]) if self.crop is not None else None
        return Augmentation(self.augment, crop, seed)

    def _optimizer(self, model: SegmentationModel, device: torch.device) -> torch.optim.Optimizer:
        model.to(device)
        settings: dict[str, Any] = {
            "lr": self.lr,
            "weight_decay": self.weight_decay,
            "fused": True,
        }
        if self.optimizer == "sgd":
            return torch.optim.SGD(model.parameters(), momentum=self.momentum, **settings)
        return torch.optim.Adam(model.parameters(), **settings)

    def _class_weights(
        self, samples: LabelledSamples, n_classes: int, device: torch.device
    ) -> Tensor | None:
        if self.class_weights == "none":
            return None
        return torch.from_numpy(median_frequency_weights(samples, n_classes)).to(device)


@dataclass
class _Best:
    """The best validated state so far; of equals the earliest."""

    miou: float | None = None
    epoch: int | None = None
    state: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, miou: float, epoch: int, model: SegmentationModel) -> None:
        """Copy the network's state if it is better than what is kept."""
        if math.isnan(miou) or (self.miou is not None and miou <= self.miou):
            return
        self.miou, self.epoch = miou, epoch
        self.state = {name: value.detach().clone() for name, value in model.state_dict().items()}

    def restore(self, model: SegmentationModel) -> None:
        """Give the network the best state, if any was kept."""
        if self.state:
            model.load_state_dict(self.state)
