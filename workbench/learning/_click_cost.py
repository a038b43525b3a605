"""The click-cost network of CEREALS: from an image to the clicks that labelling it will take.

The clicks of the labelled units are taken for a Poisson process in the plane: its intensity is what
the network gives, and the negative logarithm of its likelihood is the loss (Daley & Vere-Jones
2003, eq. 7.1.2), counted in small cells where labels are known. The mean of a Poisson variable
minimises it, so that what is predicted for a unit, the sum over its pixels, is right on average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from workbench.compute import ResolvedCompute
from workbench.errors import TrainingError
from workbench.learning._augment import FILL
from workbench.learning._device import fabric_for, own_randomness
from workbench.learning._samples import Order
from workbench.learning._watch import Watch
from workbench.learning.base import ClickSamples, CostTask, TrainedCost
from workbench.models import CostNetwork
from workbench.seeding import seed_of

Batch = tuple[Tensor, Tensor, Tensor]
"""Images (B, H, W, 3) uint8, clicks a pixel (B, H, W), (B, H, W) 1 where they are known, else 0."""


@dataclass(frozen=True)
class ClickCost:
    """Fits intensities to clicks; settings as registered in ``workbench.learning``.

    ``model`` is for whoever builds the network; the task brings it along.
    """

    model: str | None = None
    epochs: int = 30
    batch_size: int = 8
    lr: float = 1e-3
    weight_decay: float = 0.0
    hflip: bool = True
    cell: int = 16

    def steps(self, samples: int) -> int:
        """Return the steps of a training on so many samples."""
        return self.epochs * -(-samples // self.batch_size)

    def fit(self, task: CostTask) -> TrainedCost:
        """Train from the task's initial weights; see ``CostLearner.fit``."""
        if not len(task.samples):
            raise TrainingError(f"{task.name}: there is no labelled sample to count clicks in.")
        model = task.build()
        compute = task.compute
        if compute.device == "cpu" and not model.right_in_bf16:
            compute = ResolvedCompute(compute.device, "float32", compute.threads)
        fabric = fabric_for(compute)
        clicks, pixels = _totals(task.samples)
        # without any click there is still less than one in all that was seen
        cost = CostNetwork(model, max(clicks, 1.0) / max(pixels, 1)).to(fabric.device)
        optimizer = torch.optim.Adam(
            cost.parameters(), lr=self.lr, weight_decay=self.weight_decay, fused=True
        )
        network, adam = fabric.setup(cost, optimizer)
        order = Order(len(task.samples), self.batch_size, None, seed_of(task.seed, "order"))
        flips = np.random.default_rng(seed_of(task.seed, "flips"))
        watch = Watch(task, self.epochs, order.steps_per_epoch, fabric.device.type != "cpu")
        step = 0
        with own_randomness(fabric.device, seed_of(task.seed, "dropout")):
            for epoch in range(1, self.epochs + 1):
                network.train()
                for positions in order.epoch():
                    batch = _batch(task.samples, positions, fabric.device)
                    if self.hflip:
                        batch = _flipped(batch, flips)
                    images, found, known = batch
                    loss = poisson_loss(network(images), found / cost.mean, known, self.cell)
                    fabric.backward(loss)
                    adam.step()
                    adam.zero_grad(set_to_none=True)
                    step += 1
                    watch.saw(loss.detach(), step, epoch)
                watch.end_of_epoch()
        cost.eval()
        bias = self._settle(cost, task.samples, clicks, compute)
        extras = {"losses": watch.losses, "mean": float(cost.mean), "bias": bias}
        return TrainedCost(cost, extras)

    def _settle(
        self, cost: CostNetwork, samples: ClickSamples, clicks: float, compute: ResolvedCompute
    ) -> float:
        """Scale the network so that it predicts as many clicks as there were where it was trained.

        Batch norm computes otherwise in training than in evaluation, which shifts the predictions
        of a short training on few images.

        Returns:
            what it had predicted in all, over what there was.
        """
        predicted = 0.0
        with torch.no_grad():
            for start in range(0, len(samples), self.batch_size):
                positions = list(range(start, min(start + self.batch_size, len(samples))))
                images, _, known = _batch(samples, positions, cost.mean.device)
                with compute.autocast():
                    found = cost.clicks(images)
                predicted += float((found * known).sum(dtype=torch.float64))
            if clicks and predicted:
                cost.mean.mul_(clicks / predicted)
        return predicted / clicks if clicks else 1.0


def poisson_loss(log_ratio: Tensor, ratio: Tensor, known: Tensor, cell: int = 1) -> Tensor:
    """Return the negative log-likelihood of clicks, a known pixel, up to a constant.

    The clicks of a cell are a Poisson variable too, whose mean is the sum over its pixels. Counting
    in cells leaves open where in them a vertex lies, which no network can know to the pixel.

    Args:
        log_ratio: (B, H, W) logarithm of the predicted clicks a pixel over their mean.
        ratio: (B, H, W) clicks a pixel over their mean.
        known: (B, H, W) 1 where the clicks are known, else 0.
        cell: side of the square cells, pixels.

    Returns:
        a scalar; 0, with zero gradients, if nothing is known.
    """
    predicted, found, pixels = (
        functional.avg_pool2d(values[:, None], cell, ceil_mode=True, divisor_override=cell**2)
        for values in (log_ratio.exp() * known, ratio * known, known)
    )
    seen = pixels > 0
    logarithm = torch.where(seen, predicted, 1.0).log()
    losses = (predicted - found * logarithm) * seen
    total: Tensor = losses.sum() / pixels.sum().clamp(min=1 / cell**2)
    return total


def _totals(samples: ClickSamples) -> tuple[float, int]:
    """Return the clicks in all samples, and the pixels where they are known."""
    clicks, pixels = 0.0, 0
    for position in range(len(samples)):
        _, found, known, _ = samples[position]
        clicks += float(found[known].sum(dtype=np.float64))
        pixels += int(known.sum())
    return clicks, pixels


def _batch(samples: ClickSamples, positions: list[int], device: torch.device) -> Batch:
    """Return some samples, smaller ones in the upper left of a frame where nothing is known."""
    parts = [samples[position] for position in positions]
    height = max(found.shape[0] for _, found, _, _ in parts)
    width = max(found.shape[1] for _, found, _, _ in parts)
    shape = len(parts), height, width
    images = np.empty((*shape, 3), dtype=np.uint8)
    images[:] = FILL
    clicks, known = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    for i, (image, found, where, _) in enumerate(parts):
        y, x = found.shape
        images[i, :y, :x], clicks[i, :y, :x], known[i, :y, :x] = image, found, where
    pixels, counts, mask = (torch.from_numpy(a).to(device) for a in (images, clicks, known))
    return pixels, counts, mask


def _flipped(batch: Batch, rng: np.random.Generator) -> Batch:
    """Mirror each sample, or not, by the toss of a coin."""
    flip = torch.from_numpy(rng.random(len(batch[0])) < 0.5).to(batch[0].device)
    images, clicks, known = batch
    rows = flip[:, None, None]
    return (
        torch.where(rows[..., None], images.flip(2), images),
        torch.where(rows, clicks.flip(2), clicks),
        torch.where(rows, known.flip(2), known),
    )
