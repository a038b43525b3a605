"""The click-cost network of CEREALS: it predicts the clicks that labelling an image takes.

The clicks of the labelled units are modelled as a Poisson process in the plane: the network
predicts its intensity, and the negative logarithm of its likelihood is the loss (Daley & Vere-Jones
2003, eq. 7.1.2), counted in small cells of the labelled units. The mean of a Poisson variable
minimises it, so that the prediction for a unit, the sum over its pixels, is right on average.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from workbench.compute import ResolvedCompute
from workbench.learning._click_network import DENSITY, CostNetwork
from workbench.learning._loop import At, Schedule, Training, learn
from workbench.learning.base import FILL, NETWORK, ClickSamples, RiderTask, TrainedRider
from workbench.rider import Rider, RiderMap
from workbench.seeding import seed_of

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Batch = tuple[Tensor, Tensor, Tensor]
"""Images (B, H, W, 3) uint8, clicks per pixel (B, H, W), (B, H, W) 1 where labelled, else 0."""

_PEAK = 10
"""Largest predicted density with a colour of its own in the map, over the mean."""


@dataclass(frozen=True)
class ClickCost:
    """Fits intensities to clicks; settings as registered in ``workbench.learning``.

    The caller builds the network that ``model`` names; the task provides it.
    """

    model: str | None = None
    epochs: int = 30
    batch_size: int = 8
    lr: float = 1e-3
    weight_decay: float = 0.0
    hflip: bool = True
    cell: int = 16

    @property
    def training_schedule(self) -> Schedule:
        """The length of the training."""
        return Schedule(self.epochs, self.batch_size)

    def steps(self, samples: int) -> int:
        """Return the number of steps of a training on a number of samples."""
        return self.training_schedule.steps(samples)

    def fit(self, task: RiderTask) -> TrainedRider:
        """Train from the task's initial weights; see ``RiderLearner.fit``.

        Without labelled units, the network predicts about one click per pixel.
        """
        samples = task.clicks()
        clicks, pixels = _totals(samples)
        # without any click, assume one click in all labelled pixels
        cost = CostNetwork(task.build(1), max(clicks, 1.0) / max(pixels, 1))
        compute = task.compute
        if compute.device == "cpu" and not cost.network.right_in_bf16:
            compute = replace(compute, precision="float32")
        task = replace(task, compute=compute)
        found = learn(
            task,
            self.training_schedule,
            len(samples),
            lambda fabric: _ClickTraining(self, task, fabric, samples, cost),
        )
        bias = self._settle(cost, samples, clicks, compute)
        extras = {**found.extras, "mean": float(cost.mean), "bias": bias}
        maps = tuple(_ranged(one, float(cost.mean)) for one in task.maps)
        return TrainedRider(Rider(task.rider, cost, maps), extras)

    def _settle(
        self, cost: CostNetwork, samples: ClickSamples, clicks: float, compute: ResolvedCompute
    ) -> float:
        """Scale the network so that it predicts the true number of clicks on the training samples.

        Batch norm computes differently in training and in evaluation, which shifts the predictions
        of a short training on few images.

        Returns:
            the sum of its predictions before scaling, divided by the true number of clicks.
        """
        predicted = 0.0
        with torch.no_grad():
            for start in range(0, len(samples), self.batch_size):
                positions = list(range(start, min(start + self.batch_size, len(samples))))
                images, _, labelled = _batch(samples, positions, cost.mean.device)
                with compute.autocast():
                    found = cost.predict(images)[DENSITY]
                predicted += float((found * labelled).sum(dtype=torch.float64))
            if clicks and predicted:
                cost.mean.mul_(clicks / predicted)
        return predicted / clicks if clicks else 1.0


class _ClickTraining(Training):
    """One network, one optimiser, the Poisson loss.

    Args:
        settings: the settings of the learner.
        task: the task of the learner.
        fabric: the device.
        samples: the samples with clicks.
        cost: the network with its initial weights.
    """

    def __init__(
        self,
        settings: ClickCost,
        task: RiderTask,
        fabric: Fabric,
        samples: ClickSamples,
        cost: CostNetwork,
    ) -> None:
        super().__init__(task, fabric)
        self._settings, self._samples = settings, samples
        self._cost = cost.to(fabric.device)
        self._network = fabric.setup_module(self._cost)
        self.networks[NETWORK] = self._cost
        self.optimizers[NETWORK] = torch.optim.Adam(
            self._cost.parameters(), lr=settings.lr, weight_decay=settings.weight_decay, fused=True
        )
        self._flips = Flips(seed_of(task.seed, "flips"))
        self.stateful["flips"] = self._flips

    def step(self, positions: list[int], at: At) -> None:
        """Take one step down the Poisson loss of a batch."""
        del at
        batch = _batch(self._samples, positions, self.fabric.device)
        images, found, labelled = self._flips(batch) if self._settings.hflip else batch
        ratio = found / self._cost.mean
        loss = poisson_loss(self._network(images), ratio, labelled, self._settings.cell)
        self.minimise({"poisson": loss})
        self.note("labelled_share", labelled.mean())


def _ranged(density: RiderMap, mean: float) -> RiderMap:
    """Return the map of predicted clicks with the range of its colours.

    Clicks per pixel have no largest value, and their scale depends on the size of the images. The
    range is 0 to about ten times the mean, rounded up to 1, 2 or 5 times a power of ten, so that it
    is the same for all images and for most cycles.
    """
    peak = _PEAK * mean
    power = 10.0 ** math.floor(math.log10(peak))
    high = next(step * power for step in (1, 2, 5, 10) if step * power >= peak)
    return replace(density, low=0.0, high=high)


def poisson_loss(log_ratio: Tensor, ratio: Tensor, labelled: Tensor, cell: int = 1) -> Tensor:
    """Return the negative log-likelihood of clicks per labelled pixel, up to a constant.

    The clicks of a cell are a Poisson variable too, whose mean is the sum over its pixels. Counting
    in cells ignores where in a cell a vertex lies, which no network can predict to the pixel.

    Args:
        log_ratio: (B, H, W) logarithm of the predicted clicks per pixel over their mean.
        ratio: (B, H, W) clicks per pixel over their mean.
        labelled: (B, H, W) 1 in labelled units, else 0.
        cell: side of the square cells, pixels.

    Returns:
        a scalar; 0, with zero gradients, if no pixel is labelled.
    """
    predicted, found, pixels = (
        functional.avg_pool2d(values[:, None], cell, ceil_mode=True, divisor_override=cell**2)
        for values in (log_ratio.exp() * labelled, ratio * labelled, labelled)
    )
    seen = pixels > 0
    logarithm = torch.where(seen, predicted, 1.0).log()
    losses = (predicted - found * logarithm) * seen
    total: Tensor = losses.sum() / pixels.sum().clamp(min=1 / cell**2)
    return total


def _totals(samples: ClickSamples) -> tuple[float, int]:
    """Return the number of clicks in all samples, and of labelled pixels."""
    clicks, pixels = 0.0, 0
    for position in range(len(samples)):
        _, found, labelled, _ = samples[position]
        clicks += float(found[labelled].sum(dtype=np.float64))
        pixels += int(labelled.sum())
    return clicks, pixels


def _batch(samples: ClickSamples, positions: list[int], device: torch.device) -> Batch:
    """Return some samples, smaller ones in the upper left of a frame that is not labelled."""
    parts = [samples[position] for position in positions]
    height = max(found.shape[0] for _, found, _, _ in parts)
    width = max(found.shape[1] for _, found, _, _ in parts)
    shape = len(parts), height, width
    images = np.empty((*shape, 3), dtype=np.uint8)
    images[:] = FILL
    clicks, labelled = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    for i, (image, found, where, _) in enumerate(parts):
        y, x = found.shape
        images[i, :y, :x], clicks[i, :y, :x], labelled[i, :y, :x] = image, found, where
    pixels, counts, mask = (torch.from_numpy(a).to(device) for a in (images, clicks, labelled))
    return pixels, counts, mask


class Flips:
    """Mirrors each sample with probability 1/2.

    Args:
        seed: the seed of the draws.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def __call__(self, batch: Batch) -> Batch:
        """Return the batch with some of its samples mirrored."""
        flip = torch.from_numpy(self._rng.random(len(batch[0])) < 0.5).to(batch[0].device)
        images, clicks, labelled = batch
        rows = flip[:, None, None]
        return (
            torch.where(rows[..., None], images.flip(2), images),
            torch.where(rows, clicks.flip(2), clicks),
            torch.where(rows, labelled.flip(2), labelled),
        )

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the random generator."""
        return {"random": self._rng.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Restore a state."""
        self._rng.bit_generator.state = dict(state["random"])
