"""What a learner is given and what it gives back. Nothing here loads torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from workbench.compute import ResolvedCompute
from workbench.errors import ConfigError
from workbench.metrics import mean_iou
from workbench.rider import Rider, RiderMap

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

    from workbench.models.base import SegmentationModel

    Network = TypeVar("Network", bound=nn.Module)

NETWORK = "network"
"""The name of a learner's network that has only one."""

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


class ImageSamples(Protocol):
    """Images of the pool without their masks, by position."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int, /) -> tuple[npt.NDArray[np.uint8], str]:
        """Return image (H, W, 3) RGB and its id."""
        ...


class ClickSamples(Protocol):
    """Where units were clicked, one sample per image, by position."""

    def __len__(self) -> int: ...

    def __getitem__(
        self, position: int, /
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.bool_], str]:
        """Return image (H, W, 3) RGB, clicks per pixel (H, W), where they are known, a name."""
        ...


@dataclass(frozen=True)
class TrainProgress:
    """Where training stands after a step.

    Attributes:
        step: steps done, of all epochs.
        steps: steps there will be.
        epoch: current epoch, from 1.
        epochs: epochs there will be.
        loss: sum of the terms of the latest step whose loss was read; ``None`` before that.
        miou: of the latest validation, a fraction; ``None`` before the first.
        terms: name ► each term of that loss, e.g. ``cross_entropy``.
        rates: optimizer's name ► its learning rate in that step.
        notes: name ► any other number of that step, e.g. ``labelled_share``, the share of the
            batch's pixels that are labelled.
    """

    step: int
    steps: int
    epoch: int
    epochs: int
    loss: float | None
    miou: float | None
    terms: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """How good a network is on a split.

    Attributes:
        split: whose images were predicted.
        confusion: (C, C) int64 pixels, rows are the truth.
    """

    split: str
    confusion: npt.NDArray[np.int64]

    @property
    def miou(self) -> float:
        """Mean IoU over the classes present, a fraction; NaN if nothing was measured."""
        return float(mean_iou(self.confusion))


class Previous(Protocol):
    """The cycle before: what a learner that goes on from it may read."""

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks whose weights it kept."""
        ...

    @property
    def units(self) -> pd.DataFrame:
        """One row per unit that was unlabelled then, with its ``unit_id`` and unit scores."""
        ...

    def load(self, network: Network, name: str = NETWORK) -> Network:
        """Fill a network with the weights that the cycle's network of a name ended with.

        Raises:
            NotStoredError: if it kept no such network.
        """
        ...

    def prediction(self, image_id: str) -> npt.NDArray[np.uint8]:
        """Return (H, W) the classes that it predicted for an image of the pool.

        Raises:
            NotStoredError: if it kept no predictions.
        """
        ...


class Checkpoint(Protocol):
    """Where the state of a training is kept while it lasts, so that it can be resumed."""

    def read(self) -> Mapping[str, Any] | None:
        """Return the latest state that was written; ``None`` if there is none."""
        ...

    def write(self, state: Callable[[], Mapping[str, Any]]) -> None:
        """Keep the state after an epoch, or pass this one over.

        Args:
            state: makes it: nested dicts and lists of tensors, arrays and plain values. The tensors
                are those that the training works on; they have to be copied.
        """
        ...


def _ignore(progress: TrainProgress) -> None:
    """Report to nobody."""
    del progress


def _no_images() -> ImageSamples:
    return ()


@dataclass(frozen=True, kw_only=True)
class Task:
    """What every training is given.

    Attributes:
        seed: decides order, augmentation and dropout; the same seed gives the same weights in any
            process with the same number of threads.
        compute: device and precision.
        labelled: view (``image`` or ``unit``) ► the labelled samples.
        unlabelled: the images of the pool that are not labelled throughout, never a mask.
        report: is called after every step.
        name: says in error messages which training it is, e.g. ``entropy seed 0 cycle 2``.
        previous: the cycle before; ``None`` in cycle 0.
        checkpoint: where the state after each epoch is kept; ``None`` for nowhere.
    """

    seed: int
    compute: ResolvedCompute
    labelled: Callable[[View], LabelledSamples]
    unlabelled: Callable[[], ImageSamples] = _no_images
    report: Callable[[TrainProgress], None] = _ignore
    name: str = "training"
    previous: Previous | None = None
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, kw_only=True)
class TrainTask(Task):
    """One training of a learner: everything it may read of the experiment.

    Attributes:
        build: name ► a network of the experiment's model on the CPU, with the initial weights that
            belong to this name; see :meth:`network`.
        validate: network ► its measurement on the validation split; it may switch the network to
            evaluation mode and leave it there.
    """

    build: Callable[[str], SegmentationModel]
    validate: Callable[[SegmentationModel], Measurement]

    def network(self, name: str = NETWORK) -> SegmentationModel:
        """Build a network of the experiment's model with its initial weights, on the CPU.

        Args:
            name: e.g. ``student``; each name has initial weights of its own.
        """
        return self.build(name)


@dataclass(frozen=True)
class Trained:
    """What a training gives.

    Attributes:
        networks: every network worth keeping by its name, in evaluation mode, on the task's device.
        scan: the name of the one that is measured and scans the pool.
        members: the names of the networks that an ensemble's committee consists of; empty where
            there is no ensemble.
        riders: networks that put maps or columns of their own into the scan.
        validation: of the scanning network as it is given back; ``None`` if it was not measured.
        extras: plain numbers for the record, such as the losses of the epochs.

    Raises:
        ConfigError: for a name that no network has, or that two have.
    """

    networks: Mapping[str, SegmentationModel]
    scan: str = NETWORK
    members: tuple[str, ...] = ()
    riders: tuple[Rider, ...] = ()
    validation: Measurement | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (self.scan, *self.members):
            if name not in self.networks:
                raise ConfigError(
                    f"A learner names the network {name!r}, but gave only {list(self.networks)}."
                )
        names = [*self.networks, *(rider.name for rider in self.riders)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"A learner gave two networks called {twice[0]!r}; wanted one.")

    @property
    def scan_model(self) -> SegmentationModel:
        """The network that is measured and scans the pool."""
        return self.networks[self.scan]

    @property
    def committee(self) -> tuple[SegmentationModel, ...]:
        """The networks of the ensemble."""
        return tuple(self.networks[name] for name in self.members)


class Learner(Protocol):
    """How a network is trained."""

    @property
    def view(self) -> View:
        """What a sample is."""
        ...

    def steps(self, samples: int) -> int:
        """Return the steps of a training on so many samples, for the dry run; 0 for none."""
        ...

    def fit(self, task: TrainTask) -> Trained:
        """Train; where nothing is labelled yet the networks keep their initial weights.

        Raises:
            TrainingError: if a term of the loss is not finite.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class RiderTask(Task):
    """One training of a rider.

    Attributes:
        build: outputs ► a network of so many outputs with its initial weights, on the CPU: of the
            model that the rider's setting ``model`` names, else of the experiment's.
        clicks: where the labelled units were clicked.
        rider: the name of the rider.
        maps: what it gives of each image, by its entry; their ranges are for the rider to set.
        numbers: likewise.
    """

    build: Callable[[int], SegmentationModel]
    clicks: Callable[[], ClickSamples]
    rider: str
    maps: tuple[RiderMap, ...] = ()
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainedRider:
    """What that training gives.

    Attributes:
        rider: ready for the scan.
        extras: plain numbers for the record.
    """

    rider: Rider
    extras: Mapping[str, Any] = field(default_factory=dict)


class RiderLearner(Protocol):
    """How a rider is trained."""

    def steps(self, samples: int) -> int:
        """Return the steps of a training on so many images, for the dry run; 0 for none."""
        ...

    def fit(self, task: RiderTask) -> TrainedRider:
        """Train; where nothing is labelled yet the network keeps its initial weights.

        Raises:
            TrainingError: if a term of the loss is not finite.
        """
        ...
