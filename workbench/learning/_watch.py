"""An eye on a training: tells every step, and stops one whose loss is no number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from workbench.errors import TrainingError
from workbench.learning.base import TrainProgress

_READ_EVERY = 10
"""Steps between looks at the loss on a GPU, which would have to wait for it every time."""


class WatchedTask(Protocol):
    """What is told of a training, and what it is called."""

    @property
    def name(self) -> str:
        """For error messages."""

    @property
    def report(self) -> Callable[[TrainProgress], None]:
        """Hears every step."""


class Watch:
    """Reports every step and stops a training whose loss is no number."""

    def __init__(self, task: WatchedTask, epochs: int, per_epoch: int, lazy: bool) -> None:
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
