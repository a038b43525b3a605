"""Supervised training from scratch, the loop in plain sight."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from torch import Tensor

from workbench.compute import ResolvedCompute
from workbench.errors import ConfigError, TrainingError
from workbench.learning._augment import Augmentation
from workbench.learning._loss import cross_entropy, median_frequency_weights
from workbench.learning._samples import Batches, Order
from workbench.learning.base import LabelledSamples, Trained, TrainProgress, TrainTask, View
from workbench.models.base import SegmentationModel
from workbench.seeding import seed_of

_READ_EVERY = 10
"""Steps between looks at the loss on a GPU, which would have to wait for it every time."""


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
        fabric = _fabric(task.compute)
        with _own_randomness(fabric.device, seed_of(task.seed, "dropout")):
            return self._train(task, samples, fabric)

    def _train(self, task: TrainTask, samples: LabelledSamples, fabric: Fabric) -> Trained:
        model = task.build()
        network, optimizer = fabric.setup(model, self._optimizer(model, fabric.device))
        augmentation = self._augmentation(seed_of(task.seed, "augmentation"))
        batches = Batches(samples, model.n_classes, augmentation, fabric.device)
        order = Order(
            len(samples), self.batch_size, self.steps_per_epoch, seed_of(task.seed, "order")
        )
        weights = self._class_weights(samples, model.n_classes, fabric.device)
        watch = _Watch(task, self.epochs, order.steps_per_epoch, fabric.device.type != "cpu")
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


class _Watch:
    """Reports every step and stops a training whose loss is no number."""

    def __init__(self, task: TrainTask, epochs: int, per_epoch: int, lazy: bool) -> None:
        self._task = task
        self._epochs = epochs
        self.steps = epochs * per_epoch
        self._read_every = _READ_EVERY if lazy else 1
        self._unread: list[Tensor] = []
        self._epoch_losses: list[float] = []
        self._step = 0
        self._epoch = 0
        self.losses: list[float] = []
        self.loss: float | None = None
        self.miou: float | None = None

    def saw(self, loss: Tensor, step: int, epoch: int) -> None:
        """Take note of a step's loss; ``step`` counts from 1."""
        self._unread.append(loss)
        self._step, self._epoch = step, epoch
        if len(self._unread) >= self._read_every:
            self._read()
        progress = TrainProgress(step, self.steps, epoch, self._epochs, self.loss, self.miou)
        self._task.report(progress)

    def _read(self) -> None:
        if not self._unread:
            return
        values = torch.stack(self._unread).tolist()
        first = self._step - len(values) + 1
        self._unread.clear()
        for step, value in enumerate(values, start=first):
            if not math.isfinite(value):
                raise TrainingError(
                    f"{self._task.name}: the loss is {value} in epoch {self._epoch}, step {step} "
                    f"of {self.steps}; try a smaller learning rate or precision: float32."
                )
        self._epoch_losses += values
        self.loss = values[-1]

    def end_of_epoch(self) -> None:
        """Read what is left, and keep the epoch's mean loss."""
        self._read()
        self.losses.append(math.fsum(self._epoch_losses) / len(self._epoch_losses))
        self._epoch_losses.clear()


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


def _fabric(compute: ResolvedCompute) -> Fabric:
    """Set up one device; a cluster's environment variables are not looked at."""
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    kind, _, index = compute.device.partition(":")
    return Fabric(
        accelerator=kind,
        devices=1 if kind == "cpu" else [int(index or 0)],
        precision="bf16-mixed" if compute.precision == "bf16" else "32-true",
        plugins=[LightningEnvironment()],
    )


@contextmanager
def _own_randomness(device: torch.device, seed: int) -> Iterator[None]:
    """Seed torch for this training alone, and choose kernels that give the same bits each time."""
    cuda = [device] if device.type == "cuda" else []
    before = torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(seed)
        if cuda:  # the CPU's kernels are deterministic as they are, and the switch slows them
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before)
