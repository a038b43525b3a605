"""The training loop of all learners: a learner provides its networks, optimisers and losses.

The loop does the order of the samples, learning rates, progress reports, the error for a loss that
is not finite, the best epoch and resuming from a checkpoint; the learner computes a step.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

from workbench.learning._best import Best, measurement, plain
from workbench.learning._checkpoint import Stateful, restore_optimizer
from workbench.learning._device import (
    check_precision,
    fabric_for,
    own_randomness,
    random_state,
    set_random_state,
)
from workbench.learning._samples import Order
from workbench.learning._watch import Watch
from workbench.learning.base import NETWORK, Measurement, Task
from workbench.models.base import SegmentationModel
from workbench.seeding import seed_of

if TYPE_CHECKING:
    from lightning_fabric import Fabric

FACTOR = "factor"
"""Key of a group of weights: its learning rate over that of its optimiser; 1 if left out."""


@dataclass(frozen=True)
class Schedule:
    """The length of a training, and which epoch's weights are returned.

    Attributes:
        epochs: passes over the labelled samples.
        batch_size: samples per step.
        steps_per_epoch: steps per epoch; ``None`` for as many as read every sample once.
        keep: which epoch's weights are returned: the ``last``, or the ``best`` by validation, of
            equally good ones the earliest.
        validate_every: epochs between validations; ``None``: every epoch is validated for ``best``,
            else none. The last epoch is always among the validated ones.
    """

    epochs: int
    batch_size: int
    steps_per_epoch: int | None = None
    keep: Literal["best", "last"] = "last"
    validate_every: int | None = None

    def steps(self, samples: int) -> int:
        """Return the number of steps of a training on a number of samples; 0 for no samples."""
        if not samples:
            return 0
        return self.epochs * (self.steps_per_epoch or -(-samples // self.batch_size))

    def validates(self, epoch: int) -> bool:
        """Return whether the network is validated after an epoch, counted from 1."""
        every = self.validate_every or (1 if self.keep == "best" else None)
        return every is not None and (epoch % every == 0 or epoch == self.epochs)


@dataclass(frozen=True)
class At:
    """The current step of a training.

    Attributes:
        step: number of the step in the whole training, from 0.
        steps: number of steps of the whole training.
        epoch: number of the epoch, from 1.
        epochs: number of epochs of the whole training.
    """

    step: int
    steps: int
    epoch: int
    epochs: int


class Training(ABC):
    """The learner's part of the loop: networks, optimisers and the computation of a step.

    Subclasses set the attributes in their ``__init__`` and implement :meth:`step`.

    Args:
        task: data, seed, compute.
        fabric: the device; ``fabric.setup_module`` puts a network on it, in its precision.

    Attributes:
        networks: name ► network, for each one that the training changes or returns, such as a
            teacher.
        optimizers: name ► optimiser.
        stateful: name ► any other object whose state changes from step to step, such as a random
            generator.
        scan: name of the network that is validated and will scan the pool.
        goes_on: whether the next cycle goes on from the optimisers too; then the best epoch's
            optimisers are returned with its networks.
        owners: name of a term of the loss ► name of the optimiser that minimises it;
            :meth:`minimise` sets it.
    """

    scan = NETWORK
    goes_on = False

    def __init__(self, task: Task, fabric: Fabric) -> None:
        self.task = task
        self.fabric = fabric
        self.networks: dict[str, nn.Module] = {}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        self.stateful: dict[str, Stateful] = {}
        self.owners: dict[str, str] = {}
        self._terms: dict[str, Tensor] = {}
        self._given: list[tuple[str, Tensor]] = []
        self._notes: dict[str, Tensor] = {}

    @abstractmethod
    def step(self, positions: list[int], at: At) -> None:
        """Take one step, by one or more calls of :meth:`minimise`.

        Args:
            positions: positions of the labelled samples in this step's batch.
            at: the current step.
        """

    def rates(self, at: At) -> Mapping[str, float]:
        """Return the learning rate of each optimiser in a step; those left out do not change."""
        del at
        return {}

    def begin_epoch(self, at: At) -> None:
        """Prepare an epoch: switch every network to training mode."""
        del at
        for network in self.networks.values():
            network.train()

    def expect(self, batches: list[list[int]]) -> None:
        """Prepare for the batches of an epoch, before its first step.

        Args:
            batches: positions of the labelled samples in each step's batch, in order.
        """
        del batches

    def validate(self) -> Measurement | None:
        """Return the measurement of the network that will scan the pool; ``None`` for none."""
        return None

    def minimise(self, terms: Mapping[str, Tensor], optimizer: str = NETWORK) -> None:
        """Take one step of an optimiser on the sum of some losses, which are reported by name.

        Args:
            terms: name ► scalar, weighted as in the sum.
            optimizer: a name of ``optimizers``.
        """
        self.add_gradients(terms, optimizer)
        self.advance(optimizer)

    def add_gradients(self, terms: Mapping[str, Tensor], optimizer: str = NETWORK) -> None:
        """Add the gradients of the sum of some losses, of a part of a batch, to those before.

        Args:
            terms: name ► scalar; those of the same name add up over the parts of a batch.
            optimizer: a name of ``optimizers``.
        """
        losses = iter(terms.values())
        loss = next(losses)
        for term in losses:
            loss = loss + term
        self.fabric.backward(loss)
        for name, term in terms.items():
            before = self._terms.get(name)
            self._terms[name] = term.detach() if before is None else before + term.detach()
            self._given.append((name, term.detach()))
            self.owners[name] = optimizer

    def advance(self, optimizer: str = NETWORK) -> None:
        """Take one step of an optimiser with the gradients that were added."""
        self.optimizers[optimizer].step()
        self.optimizers[optimizer].zero_grad(set_to_none=True)

    def note(self, name: str, value: Tensor) -> None:
        """Report another number of this step, a scalar float32 on the device."""
        self._notes[name] = value.detach()

    def pop_values(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return the terms and notes of the step, and clear them."""
        terms, notes = self._terms, self._notes
        self._terms, self._notes = {}, {}
        return terms, notes

    def pop_given(self) -> list[tuple[str, Tensor]]:
        """Return name and value of each loss of the step in the order in which they came.

        A name stands as often as an optimiser, or a part of a batch, had a loss of this name.
        """
        given, self._given = self._given, []
        return given


@dataclass(frozen=True)
class TrainingResult:
    """The result of the loop; the networks are those of the training.

    Attributes:
        training: the training, its networks in evaluation mode.
        validation: the measurement of the scanning network with the returned weights; ``None`` if
            it was not validated.
        extras: plain numbers for the record: ``losses``, ``terms``, ``notes`` and the optimisers'
            ``rates``, means by epoch, the ``epoch`` whose weights are returned (0 for untrained),
            its ``miou``.
    """

    training: Training
    validation: Measurement | None
    extras: Mapping[str, Any]


def learn(
    task: Task, schedule: Schedule, samples: int, make: Callable[[Fabric], Training]
) -> TrainingResult:
    """Run a training from its first step, or from the state in its checkpoint.

    Args:
        task: seed, compute, report, checkpoint.
        schedule: the length of the training.
        samples: number of labelled samples; for 0 the networks keep their initial weights.
        make: builds the training on a device; the task's seed sets torch's own random state.

    Raises:
        TrainingError: if a loss is not finite, or bf16 would give wrong gradients.
    """
    fabric = fabric_for(task.compute)
    with own_randomness(fabric.device, seed_of(task.seed, "dropout")):
        training = make(fabric)
        for network in training.networks.values():
            network.to(fabric.device)
            if isinstance(network, SegmentationModel):
                check_precision(network, task.compute, task.name)
        loop = _Loop(task, schedule, samples, training)
        if samples:
            loop.resume()
            loop.run()
        loop.best.restore(training)
        for network in training.networks.values():
            network.eval()
    return TrainingResult(training, loop.validation, loop.extras())


class _Loop:
    """One run of the loop."""

    def __init__(self, task: Task, schedule: Schedule, samples: int, training: Training) -> None:
        self._task, self._schedule, self._samples = task, schedule, samples
        self._training = training
        self._order = Order(
            samples, schedule.batch_size, schedule.steps_per_epoch, seed_of(task.seed, "order")
        )
        self._device = training.fabric.device
        self._watch = Watch(
            task, schedule.epochs, self._order.steps_per_epoch, self._device.type != "cpu"
        )
        self._epoch = 0
        self._latest: Measurement | None = None
        self.best = Best()

    def run(self) -> None:
        """Run the remaining epochs."""
        training, schedule, watch = self._training, self._schedule, self._watch
        step = self._epoch * self._order.steps_per_epoch
        for epoch in range(self._epoch + 1, schedule.epochs + 1):
            training.begin_epoch(At(step, watch.steps, epoch, schedule.epochs))
            batches = list(self._order.epoch())
            training.expect(batches)
            for positions in batches:
                at = At(step, watch.steps, epoch, schedule.epochs)
                rates = self._set_rates(at)
                training.step(positions, at)
                step += 1
                terms, notes = training.pop_values()
                given = training.pop_given()
                watch.record(step, epoch, terms, rates, notes, training.owners, given)
            watch.end_of_epoch()
            self._epoch = epoch
            self._latest = training.validate() if schedule.validates(epoch) else None
            if self._latest is not None:
                watch.miou = self._latest.miou
                if schedule.keep == "best":
                    self.best.update(self._latest, epoch, training)
            if self._task.checkpoint is not None:
                self._task.checkpoint.write(self._state)

    def _set_rates(self, at: At) -> dict[str, float]:
        """Set the optimisers' learning rates, and return the current rate of each."""
        new = self._training.rates(at)
        current = {}
        for name, optimizer in self._training.optimizers.items():
            if name in new:
                for group in optimizer.param_groups:
                    group["lr"] = new[name] * group.get(FACTOR, 1.0)
            current[name] = float(optimizer.param_groups[0]["lr"])
        return current

    @property
    def validation(self) -> Measurement | None:
        """The measurement of the network with the returned weights."""
        return self.best.validation or self._latest

    def extras(self) -> dict[str, Any]:
        """Return plain numbers for the record."""
        validation = self.validation
        return {
            "losses": self._watch.losses,
            **self._watch.epochs,
            "epoch": self.best.epoch or self._epoch,
            "miou": validation.miou if validation is not None else None,
        }

    @property
    def _key(self) -> list[int | None]:
        """The values in which a checkpoint of this training must agree."""
        schedule = self._schedule
        return [self._task.seed, self._samples, schedule.batch_size, schedule.epochs]

    def _state(self) -> dict[str, Any]:
        training = self._training
        return {
            "key": self._key,
            "epoch": self._epoch,
            "networks": {n: m.state_dict() for n, m in training.networks.items()},
            "optimizers": {n: o.state_dict() for n, o in training.optimizers.items()},
            "stateful": {n: s.state_dict() for n, s in training.stateful.items()},
            "order": self._order.state_dict(),
            "watch": self._watch.state_dict(),
            "best": self.best.state_dict(),
            "latest": plain(self._latest),
            "random": random_state(self._device),
        }

    def resume(self) -> None:
        """Restore the state of the checkpoint, if it belongs to this training."""
        state = self._task.checkpoint.read() if self._task.checkpoint is not None else None
        if state is None or state["key"] != self._key:
            return
        training = self._training
        for name, network in training.networks.items():
            network.load_state_dict(state["networks"][name])
        for name, optimizer in training.optimizers.items():
            restore_optimizer(optimizer, state["optimizers"][name])
        for name, part in training.stateful.items():
            part.load_state_dict(state["stateful"][name])
        self._order.load_state_dict(state["order"])
        self._watch.load_state_dict(state["watch"])
        self.best.load_state_dict(state["best"])
        self._latest = measurement(state["latest"])
        self._epoch = state["epoch"]
        set_random_state(self._device, state["random"])
