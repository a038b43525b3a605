"""What a learner is given and what it gives back. Nothing here loads torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from workbench.compute import ResolvedCompute

if TYPE_CHECKING:
    from workbench.models import CostNetwork
    from workbench.models.base import SegmentationModel

View = Literal["image", "unit"]
"""What a sample is: the whole image with the rest void, or one unit as an image of its own."""


class LabelledSamples(Protocol):
    """What may be trained on, by position; the order carries no meaning."""

    def __len__(self) -> int: ...

    def __getitem__(
        self, position: int, /
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], str]:
        """Return image (H, W, 3) RGB, mask (H, W) of class ids with void = 255, and a name."""
        ...


class ClickSamples(Protocol):
    """Where units were clicked, one sample an image, by position."""

    def __len__(self) -> int: ...

    def __getitem__(
        self, position: int, /
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.bool_], str]:
        """Return image (H, W, 3) RGB, clicks a pixel (H, W), where they are known, a name."""
        ...


@dataclass(frozen=True)
class TrainProgress:
    """Where training stands after a step.

    Attributes:
        step: steps done, of all epochs.
        steps: steps there will be.
        epoch: current epoch, from 1.
        epochs: epochs there will be.
        loss: of the latest step whose loss was read; ``None`` before that.
        miou: of the latest validation, a fraction; ``None`` before the first.
    """

    step: int
    steps: int
    epoch: int
    epochs: int
    loss: float | None
    miou: float | None


def _ignore(progress: TrainProgress) -> None:
    """Report to nobody."""
    del progress


@dataclass(frozen=True)
class TrainTask:
    """One training: everything a learner may know of the experiment.

    Attributes:
        build: makes the network with its initial weights, on the CPU.
        labelled: view (``image`` or ``unit``) ► the samples.
        validate: network ► mIoU on the validation split, a fraction; it may switch the network to
            evaluation mode and leave it there.
        seed: decides order, augmentation and dropout; the same seed gives the same weights in any
            process with the same number of threads.
        compute: device and precision.
        report: called after every step.
        name: says in error messages which training it is, e.g. ``entropy seed 0 cycle 2``.
    """

    build: Callable[[], SegmentationModel]
    labelled: Callable[[View], LabelledSamples]
    validate: Callable[[SegmentationModel], float]
    seed: int
    compute: ResolvedCompute
    report: Callable[[TrainProgress], None] = _ignore
    name: str = "training"


@dataclass(frozen=True)
class Trained:
    """What a training gives.

    Attributes:
        members: the networks of a committee that has several; one for a supervised learner.
        scan_model: the network that is measured and scans the pool, in evaluation mode, on the
            task's device.
        extras: plain numbers for the record, such as the losses of the epochs.
    """

    members: tuple[SegmentationModel, ...]
    scan_model: SegmentationModel
    extras: Mapping[str, Any] = field(default_factory=dict)


class Learner(Protocol):
    """How a network is trained."""

    @property
    def view(self) -> View:
        """What a sample is."""
        ...

    def steps(self, samples: int) -> int:
        """Return the steps of a training on so many samples, for the dry run."""
        ...

    def fit(self, task: TrainTask) -> Trained:
        """Train from the task's initial weights.

        Raises:
            TrainingError: if there is nothing to train on or the loss is not finite.
        """
        ...


@dataclass(frozen=True)
class CostTask:
    """One training of a click-cost network.

    Attributes:
        build: makes a network of one output with its initial weights, on the CPU.
        samples: where the revealed units were clicked.
        seed: as in :class:`TrainTask`; likewise the others.
        compute: device and precision.
        report: called after every step.
        name: says in error messages which training it is.
    """

    build: Callable[[], SegmentationModel]
    samples: ClickSamples
    seed: int
    compute: ResolvedCompute
    report: Callable[[TrainProgress], None] = _ignore
    name: str = "click costs"


@dataclass(frozen=True)
class TrainedCost:
    """What that training gives.

    Attributes:
        network: in evaluation mode, on the task's device.
        extras: plain numbers for the record.
    """

    network: CostNetwork
    extras: Mapping[str, Any] = field(default_factory=dict)


class CostLearner(Protocol):
    """How a click-cost network is trained."""

    def steps(self, samples: int) -> int:
        """Return the steps of a training on so many samples, for the dry run."""
        ...

    def fit(self, task: CostTask) -> TrainedCost:
        """Train from the task's initial weights.

        Raises:
            TrainingError: if there is nothing to train on or the loss is not finite.
        """
        ...
