"""The training loop, once: a learner fills it with its networks, optimisers and losses.

Order of the samples, learning rates, progress, the stop at a loss that is no finite number, the
best epoch and going on from a checkpoint are here; what a step computes is the learner's.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from workbench.learning._checkpoint import Stateful, restore_optimizer
from workbench.learning._device import check_precision, fabric_for, own_randomness
from workbench.learning._samples import Order
from workbench.learning._watch import Watch
from workbench.learning.base import NETWORK, Measurement, Task
from workbench.models.base import SegmentationModel
from workbench.seeding import seed_of


@dataclass(frozen=True)
class Schedule:
    """How long a training lasts, and which of its epochs counts.

    Attributes:
        epochs: passes over the labelled samples.
        batch_size: samples per step.
        steps_per_epoch: ``None`` for as many as see every sample once.
        keep: which epoch's weights stay: the ``last``, or the ``best`` by validation, of equals the
            earliest.
        validate_every: epochs between validations; ``None``: every one for ``best``, else none. The
            last epoch is among them.
    """

    epochs: int
    batch_size: int
    steps_per_epoch: int | None = None
    keep: Literal["best", "last"] = "last"
    validate_every: int | None = None

    def steps(self, samples: int) -> int:
        """Return the steps of a training on so many samples; 0 for none."""
        if not samples:
            return 0
        return self.epochs * (self.steps_per_epoch or -(-samples // self.batch_size))

    def validates(self, epoch: int) -> bool:
        """Return whether the network is measured after an epoch, counted from 1."""
        every = self.validate_every or (1 if self.keep == "best" else None)
        return every is not None and (epoch % every == 0 or epoch == self.epochs)


@dataclass(frozen=True)
class At:
    """Where a training is.

    Attributes:
        step: of the whole training, from 0.
        steps: of the whole training.
        epoch: from 1.
        epochs: of the whole training.
    """

    step: int
    steps: int
    epoch: int
    epochs: int


class Training(ABC):
    """What a learner fills in: networks, optimisers, and what happens in a step.

    Subclasses set the attributes in their ``__init__`` and write :meth:`step`.

    Args:
        task: data, seed, compute.
        fabric: the device; ``fabric.setup_module`` puts a network on it, in its precision.

    Attributes:
        networks: name ► every network that the training changes or gives back, a teacher too.
        optimizers: name ► each optimiser.
        stateful: name ► whatever else changes from step to step: generators, memories, orders.
        scan: name of the network that is measured and will scan the pool.
        owners: term of the loss ► the optimiser that minimises it; filled in by :meth:`minimise`.
    """

    scan = NETWORK

    def __init__(self, task: Task, fabric: Fabric) -> None:
        self.task = task
        self.fabric = fabric
        self.networks: dict[str, nn.Module] = {}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        self.stateful: dict[str, Stateful] = {}
        self.owners: dict[str, str] = {}
        self._terms: dict[str, Tensor] = {}
        self._notes: dict[str, Tensor] = {}

    @abstractmethod
    def step(self, positions: list[int], at: At) -> None:
        """Take one step, by :meth:`minimise`, as often as the learner likes.

        Args:
            positions: of the labelled samples in this step's batch.
            at: where the training is.
        """

    def rates(self, at: At) -> Mapping[str, float]:
        """Return the learning rate of each optimiser in a step; those left out stay."""
        del at
        return {}

    def begin_epoch(self, at: At) -> None:
        """Get ready for an epoch: every network goes into training mode."""
        del at
        for network in self.networks.values():
            network.train()

    def validate(self) -> Measurement | None:
        """Measure the network that will scan the pool."""
        return None

    def minimise(self, terms: Mapping[str, Tensor], optimizer: str = NETWORK) -> None:
        """Let an optimiser take one step down the sum of some losses, which are reported by name.

        Args:
            terms: name ► scalar, as it enters the sum.
            optimizer: a name of ``optimizers``.
        """
        losses = iter(terms.values())
        loss = next(losses)
        for term in losses:
            loss = loss + term
        self.fabric.backward(loss)
        self.optimizers[optimizer].step()
        self.optimizers[optimizer].zero_grad(set_to_none=True)
        for name, term in terms.items():
            self._terms[name], self.owners[name] = term.detach(), optimizer

    def note(self, name: str, value: Tensor) -> None:
        """Report another number of this step, a scalar float32 on the device."""
        self._notes[name] = value.detach()

    def taken(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return the terms and notes of the step, and forget them."""
        terms, notes = self._terms, self._notes
        self._terms, self._notes = {}, {}
        return terms, notes


@dataclass(frozen=True)
class Learnt:
    """What the loop brought about; the networks are those of the training.

    Attributes:
        training: its networks are in evaluation mode.
        validation: of the scanning network as it is now, if it was measured.
        extras: plain numbers for the record: ``losses``, ``terms`` and ``notes`` by epoch, the
            ``epoch`` whose weights these are (0 for untrained), its ``miou``.
    """

    training: Training
    validation: Measurement | None
    extras: Mapping[str, Any]


def learn(
    task: Task, schedule: Schedule, samples: int, make: Callable[[Fabric], Training]
) -> Learnt:
    """Run a training from its first step, or from where its checkpoint stands.

    Args:
        task: seed, compute, report, checkpoint.
        schedule: how long.
        samples: labelled ones; without any the networks keep their initial weights.
        make: builds the training on a device; torch's own randomness is seeded by the task.

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
        loop.best.restore(training.networks)
        for network in training.networks.values():
            network.eval()
    return Learnt(training, loop.validation, loop.extras())


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
        """Run what is left of the epochs."""
        training, schedule, watch = self._training, self._schedule, self._watch
        step = self._epoch * self._order.steps_per_epoch
        for epoch in range(self._epoch + 1, schedule.epochs + 1):
            training.begin_epoch(At(step, watch.steps, epoch, schedule.epochs))
            for positions in self._order.epoch():
                at = At(step, watch.steps, epoch, schedule.epochs)
                rates = self._set_rates(at)
                training.step(positions, at)
                step += 1
                terms, notes = training.taken()
                watch.saw(step, epoch, terms, rates, notes, training.owners)
            watch.end_of_epoch()
            self._epoch = epoch
            self._latest = training.validate() if schedule.validates(epoch) else None
            if self._latest is not None:
                watch.miou = self._latest.miou
                if schedule.keep == "best":
                    self.best.offer(self._latest, epoch, training.networks)
            if self._task.checkpoint is not None:
                self._task.checkpoint.write(self._state)

    def _set_rates(self, at: At) -> dict[str, float]:
        """Set the optimisers' learning rates, and return those that hold."""
        wanted = self._training.rates(at)
        found = {}
        for name, optimizer in self._training.optimizers.items():
            if name in wanted:
                for group in optimizer.param_groups:
                    group["lr"] = wanted[name]
            found[name] = float(optimizer.param_groups[0]["lr"])
        return found

    @property
    def validation(self) -> Measurement | None:
        """Of the network as it is given back."""
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
        """What a checkpoint must agree in to be this training's."""
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
        """Go on from the checkpoint, if it is this training's."""
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


@dataclass
class Best:
    """The best validated state so far; of equals the earliest."""

    validation: Measurement | None = None
    epoch: int | None = None
    states: dict[str, dict[str, Tensor]] = field(default_factory=dict)

    def offer(self, found: Measurement, epoch: int, networks: Mapping[str, nn.Module]) -> None:
        """Copy the networks' states if they are better than what is kept."""
        if math.isnan(found.miou):
            return
        if self.validation is not None and found.miou <= self.validation.miou:
            return
        self.validation, self.epoch = found, epoch
        self.states = {
            name: {key: value.detach().clone() for key, value in network.state_dict().items()}
            for name, network in networks.items()
        }

    def restore(self, networks: Mapping[str, nn.Module]) -> None:
        """Give the networks the best state, if any was kept."""
        for name, state in self.states.items():
            networks[name].load_state_dict(state)

    def state_dict(self) -> dict[str, Any]:
        """Return what is kept."""
        return {"measured": plain(self.validation), "epoch": self.epoch, "states": self.states}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Go back to a state."""
        self.validation, self.epoch = measurement(state["measured"]), state["epoch"]
        self.states = {name: dict(held) for name, held in state["states"].items()}


def plain(found: Measurement | None) -> dict[str, Any] | None:
    """Return a measurement as plain values."""
    return None if found is None else {"split": found.split, "confusion": found.confusion}


def measurement(held: Mapping[str, Any] | None) -> Measurement | None:
    """Return the measurement that :func:`plain` was given."""
    return None if held is None else Measurement(held["split"], np.asarray(held["confusion"]))


def random_state(device: torch.device) -> dict[str, Tensor]:
    """Return the state of torch's own generators."""
    state = {"cpu": torch.get_rng_state()}
    return state | ({"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def set_random_state(device: torch.device, state: Mapping[str, Tensor]) -> None:
    """Set torch's own generators."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"], device)
