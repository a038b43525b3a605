"""Cross-entropy without void pixels, also where all pixels are void."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.learning.base import LabelledSamples
from workbench.types import IGNORE


def cross_entropy(
    logits: Tensor, masks: Tensor, weights: Tensor | None = None, mass: Tensor | None = None
) -> Tensor:
    """Return the mean cross-entropy over the pixels that are not void.

    Args:
        logits: (B, C, H, W) float32.
        masks: (B, H, W) uint8 class ids, void = 255.
        weights: (C,) weight of a pixel of each class; ``None`` is 1 for all.
        mass: scalar to divide by in place of the pixels' own weights, where the masks are a part
            of a batch: see :func:`mass_of`.

    Returns:
        a scalar in nats; exactly 0, with zero gradients, if every pixel is void.
    """
    logs, targets = F.log_softmax(logits, dim=1), masks.long()
    if logs.is_cuda:
        # the sum over rows of pixels, unlike that over maps, has a deterministic gradient on CUDA
        logs, targets = logs.permute(0, 2, 3, 1).reshape(-1, logits.shape[1]), targets.flatten()
    total = F.nll_loss(logs, targets, weights, ignore_index=IGNORE, reduction="sum")
    return total / (mass_of(masks, weights) if mass is None else mass)


def mass_of(masks: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the sum of the weights of all pixels that are not void, a scalar; 1 if it is 0.

    Args:
        masks: (B, H, W) uint8 class ids, void = 255.
        weights: (C,) weight of a pixel of each class; ``None`` is 1 for all.
    """
    labelled = masks != IGNORE
    if weights is None:
        return labelled.sum().clamp(min=1)
    mass = weights[torch.where(labelled, masks, 0).long()].mul(labelled).sum()
    return torch.where(mass > 0, mass, torch.ones_like(mass))


def median_frequency_weights(samples: LabelledSamples, n_classes: int) -> npt.NDArray[np.float32]:
    """Weigh classes by median frequency (Eigen & Fergus 2015, section 6.3.2).

    A class's frequency is its share of the labelled pixels in the samples where it occurs; its
    weight is the median of all frequencies divided by its own. Classes that never occur weigh 0.

    Returns:
        (C,) weights.
    """
    pixels = np.zeros(n_classes, dtype=np.int64)
    around = np.zeros(n_classes, dtype=np.int64)
    for position in range(len(samples)):
        counts = np.bincount(samples[position][1].ravel(), minlength=256)[:n_classes]
        pixels += counts
        around[counts > 0] += counts.sum()
    seen = pixels > 0
    weights = np.zeros(n_classes, dtype=np.float32)
    if seen.any():
        frequency = pixels[seen] / around[seen]
        weights[seen] = np.median(frequency) / frequency
    return weights
