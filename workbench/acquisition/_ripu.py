"""Region impurity times prediction uncertainty (RIPU: Xie et al. 2022, Eqs. 1-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import avg_pool2d

from workbench.acquisition._classwise import check_classes
from workbench.acquisition._entropy import entropy

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def ripu(committee: Committee, radius: int = 1) -> Tensor:
    """Score each pixel by the mix of predicted classes and the mean entropy around it.

    Impurity is the entropy of the predicted classes in the window of (2·radius + 1)² pixels around
    the pixel; it is multiplied by the window's mean entropy. At the image's border the window is
    cut, and means are over the remaining pixels. The public code divides either
    factor by ln 19, which changes no order; here they are in nats.

    Args:
        committee: its ``mean_probs`` are read; see :func:`entropy`.
        radius: the paper's k, pixels.

    Returns:
        (B, H, W) nats²: 0 … (ln C)².

    Raises:
        ShapeError: if there are fewer than two classes.
    """
    probs = committee.mean_probs
    check_classes(probs)
    largest = probs.amax(dim=1)
    free = torch.ones_like(largest, dtype=torch.bool)
    impurity = torch.zeros_like(largest)
    tiny = torch.finfo(probs.dtype).tiny
    for p in probs.unbind(dim=1):
        predicted = free & (p == largest)  # of equal classes, the first
        free &= ~predicted
        share = _window_mean(predicted.to(probs.dtype), radius)
        impurity.addcmul_(share, share.clamp_min(tiny).log_(), value=-1)
    return impurity.clamp_min_(0).mul_(_window_mean(entropy(committee), radius))


def _window_mean(values: Tensor, radius: int) -> Tensor:
    """Return the mean of (B, H, W) over the window around each pixel, cut at the border."""
    side = 2 * radius + 1
    mean: Tensor = avg_pool2d(values, side, stride=1, padding=radius, count_include_pad=False)
    return mean
