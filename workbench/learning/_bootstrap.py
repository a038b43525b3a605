"""Networks on bootstrapped labelled sets: Suggestive Annotation's committee [Yang et al. 2017].

The survey prints that the unlabelled pool is resampled [Gu, III-A.2]; a network cannot be trained
on it, so it is the labelled set here, as in the paper it tells of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from workbench.learning._continue import OPTIMIZER, OptimizerState
from workbench.learning._loop import At, Training, TrainingResult
from workbench.learning._samples import Order
from workbench.learning._supervised import Supervised, SupervisedTraining
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


def drawn(seed: int, member: int, samples: int) -> npt.NDArray[np.int64]:
    """Return (n,) positions of as many samples as there are, drawn with replacement."""
    rng = np.random.default_rng(seed_of(seed, "bootstrap", str(member)))
    return rng.integers(0, samples, samples)


@dataclass(frozen=True)
class Bootstrap(Supervised):
    """Supervised training of several networks, each on a resampled labelled set.

    Each has initial weights, draws and an order of its own. All take their steps in turn within
    one training, so that memory holds all weights and moments and the activations of one network.
    The first of them is measured and scans the pool; the paper does not print which one is.

    Attributes:
        networks: their number.
    """

    networks: int = 4

    def stored_bytes(self, model: SegmentationModel) -> int:
        """Return the bytes that a training stores, those of all networks."""
        return self.networks * super().stored_bytes(model)

    def training(
        self, task: TrainTask, fabric: Fabric, samples: LabelledSamples
    ) -> BootstrapTraining:
        """Return what the loop runs."""
        return BootstrapTraining(self, task, fabric, samples)

    def trained(self, found: TrainingResult) -> Trained:
        """Return all networks, which are the members of the committee."""
        training = cast(BootstrapTraining, found.training)
        names = [numbered(NETWORK, member) for member in range(self.networks)]
        kept = {}
        if self.continues:
            for member, name in enumerate(names):
                state = OptimizerState(training.optimizers[name])
                kept[numbered(OPTIMIZER, member)] = state
        distinct = [len(np.unique(draw)) for draw in training.draws]
        return Trained(
            {n: m for n, m in training.networks.items() if isinstance(m, SegmentationModel)},
            members=tuple(names),
            validation=found.validation,
            extras={**found.extras, "distinct_samples": distinct},
            kept=kept,
        )


class BootstrapTraining(Training):
    """Several networks, each with an optimiser, draws and an order of its own.

    Args:
        settings: the settings of the learner.
        task: the task of the learner.
        fabric: the device.
        samples: the labelled samples.
    """

    def __init__(
        self, settings: Bootstrap, task: TrainTask, fabric: Fabric, samples: LabelledSamples
    ) -> None:
        super().__init__(task, fabric)
        first = SupervisedTraining(settings, task, fabric, samples)
        others = [
            SupervisedTraining(settings, task, fabric, samples, member=member, beside=first)
            for member in range(1, settings.networks)
        ]
        self.goes_on = settings.continues
        self._settings, self._members = settings, [first, *others]
        self.draws = [drawn(task.seed, m, len(samples)) for m in range(settings.networks)]
        self._orders = [
            Order(
                len(samples),
                settings.batch_size,
                settings.steps_per_epoch,
                seed_of(task.seed, "order", str(member)),
            )
            for member in range(1, settings.networks)
        ]
        self._batches: list[Iterator[list[int]]] = []
        for member in self._members:
            self.networks |= member.networks
            self.optimizers |= member.optimizers
            self.stateful |= member.stateful
        for number, order in enumerate(self._orders, start=1):
            self.stateful[numbered("order", number)] = order

    def rates(self, at: At) -> Mapping[str, float]:
        """Return the learning rate of the schedule, the same for all."""
        return dict.fromkeys(self.optimizers, self._settings.rate(at))

    def expect(self, batches: list[list[int]]) -> None:
        """Draw the epoch's batches of all networks but the first, which has the loop's."""
        others = [list(order.epoch()) for order in self._orders]
        self._batches = [iter(batches) for batches in others]
        self._members[0].batches.expect(
            position
            for step in zip(batches, *others, strict=True)
            for number, batch in enumerate(step)
            for position in self.draws[number][batch].tolist()
        )

    def step(self, positions: list[int], at: At) -> None:
        """Take one step of each network, on a batch of its own."""
        batches = [positions, *(next(batches) for batches in self._batches)]
        for number, (member, batch) in enumerate(zip(self._members, batches, strict=True)):
            member.step(self.draws[number][batch].tolist(), at)
            terms, notes = member.pop_values()
            self._given += [(numbered(name, number), v) for name, v in member.pop_given()]
            for name, value in terms.items():
                self._terms[numbered(name, number)] = value
                self.owners[numbered(name, number)] = numbered(NETWORK, number)
            for name, value in notes.items():
                self.note(numbered(name, number), value)

    def validate(self) -> Measurement | None:
        """Return the measurement of the first network on the validation split."""
        return self._members[0].validate()
