"""Reports every step of a training; raises TrainingError once a loss is not finite."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from workbench.errors import TrainingError
from workbench.learning.base import NETWORK, Task, TrainProgress

_READ_EVERY = 10
"""Steps between reads of the loss on a GPU, since every read waits for the GPU."""

_KINDS = ("terms", "notes", "rates")
"""What is averaged over each epoch, by name."""


class _Step(NamedTuple):
    """The values of one step that are not read from the device yet."""

    number: int
    epoch: int
    terms: dict[str, Tensor]
    notes: dict[str, Tensor]
    rates: dict[str, float]
    owners: dict[str, str]
    given: Sequence[tuple[str, Tensor]]


class Watch:
    """Reports every step; raises TrainingError once a loss is not finite.

    Args:
        task: the task, with its name and its ``report``.
        epochs: number of epochs of the whole training.
        per_epoch: steps per epoch.
        lazy: whether losses are read every few steps only.
    """

    def __init__(self, task: Task, epochs: int, per_epoch: int, lazy: bool) -> None:
        self._task = task
        self._epochs = epochs
        self.steps = epochs * per_epoch
        self._read_every = _READ_EVERY if lazy else 1
        self._unread: list[_Step] = []
        self._latest: dict[str, Mapping[str, float]] = {"terms": {}, "notes": {}}
        self._loss: float | None = None
        self._sums: dict[tuple[str, str], list[float]] = {}
        self.epochs: dict[str, dict[str, list[float | None]]] = {kind: {} for kind in _KINDS}
        self.losses: list[float] = []
        self.miou: float | None = None

    def record(
        self,
        step: int,
        epoch: int,
        terms: dict[str, Tensor],
        rates: dict[str, float],
        notes: dict[str, Tensor] | None = None,
        owners: dict[str, str] | None = None,
        given: Sequence[tuple[str, Tensor]] = (),
    ) -> None:
        """Record a step and report it.

        Args:
            step: number of the step, from 1.
            epoch: number of the epoch, from 1.
            terms: name ► detached scalar; all on one device.
            rates: optimizer's name ► learning rate.
            notes: name ► any other scalar.
            owners: term's name ► the name of its optimiser.
            given: name and value of the losses that the terms are sums of, in the order in which
                they came; they are read only to find which one is not finite.

        Raises:
            TrainingError: if a term is not finite.
        """
        self._unread.append(_Step(step, epoch, terms, notes or {}, rates, owners or {}, given))
        if len(self._unread) >= self._read_every:
            self._read()
        self._task.report(
            TrainProgress(
                step,
                self.steps,
                epoch,
                self._epochs,
                self._loss,
                self.miou,
                terms=self._latest["terms"],
                rates=rates,
                notes=self._latest["notes"],
            )
        )

    def _read(self) -> None:
        if not self._unread:
            return
        # one copy from the device for all values
        scalars = [v for s in self._unread for v in (*s.terms.values(), *s.notes.values())]
        values = iter(torch.stack(scalars).tolist() if scalars else ())
        steps, self._unread = self._unread, []
        for step in steps:
            terms = {name: next(values) for name in step.terms}
            notes = {name: next(values) for name in step.notes}
            self._require_finite(step, terms)
            self._loss = math.fsum(terms.values())
            self._latest = {"terms": terms, "notes": notes}
            self._sums.setdefault(("losses", ""), []).append(self._loss)
            for kind, found in {**self._latest, "rates": step.rates}.items():
                for name, value in found.items():
                    self._sums.setdefault((kind, name), []).append(value)

    def _require_finite(self, step: _Step, terms: Mapping[str, float]) -> None:
        bad = _first_bad(terms.items())
        if bad is None:
            return
        # where an optimiser steps twice, the first bad loss spoils every later one of any name
        cause = _first_bad((name, float(value)) for name, value in step.given)
        name, value = bad if cause is None else cause
        owner = step.owners.get(name, NETWORK)
        raise TrainingError(
            f"{self._task.name}: the loss {name} is {value} in epoch {step.epoch}, step "
            f"{step.number} of {self.steps}, at learning rate {step.rates[owner]:g}; try a "
            "smaller learning rate or precision: float32."
        )

    def end_of_epoch(self) -> None:
        """Read the remaining steps; store the epoch's means over the steps that have a value."""
        self._read()
        means = {key: math.fsum(found) / len(found) for key, found in self._sums.items()}
        self._sums.clear()
        self.losses.append(means.pop(("losses", ""), 0.0))
        before = len(self.losses) - 1
        for kind, name in means:
            self.epochs[kind].setdefault(name, [None] * before)
        for kind, series in self.epochs.items():
            for name, found in series.items():
                found.append(means.get((kind, name)))

    def state_dict(self) -> dict[str, Any]:
        """Return the state at the end of an epoch."""
        state = {"losses": self.losses, "epochs": self.epochs, "miou": self.miou}
        return state | {"loss": self._loss, "latest": self._latest}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Restore a state."""
        self.losses, self.miou = list(state["losses"]), state["miou"]
        self.epochs = {kind: dict(state["epochs"].get(kind, {})) for kind in _KINDS}
        self._loss, self._latest = state["loss"], dict(state["latest"])


def _first_bad(values: Iterable[tuple[str, float]]) -> tuple[str, float] | None:
    """Return the first name and value that is not finite; ``None`` if all are."""
    return next((found for found in values if not math.isfinite(found[1])), None)
