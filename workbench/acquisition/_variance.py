"""Variance over the members (Yang et al. 2017, Suggestive Annotation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def variance(committee: Committee) -> Tensor:
    """Score each pixel by the variance of its class probabilities over the members.

    Args:
        committee: its ``mean_probs`` and ``mean_square_probs`` are read.

    Returns:
        (B, H, W): the population variance of each class's probability over the members, averaged
        over the classes; 0 if all agree, at most (1 − 1/min(C, n)) / C. Values below zero
        by rounding become 0, since the true value cannot be negative.

    Raises:
        ShapeError: if the committee was summed without ``mean_square_probs``.
    """
    squares = committee.require("mean_square_probs")
    total = torch.zeros_like(squares[:, 0])
    for mean, square in zip(committee.mean_probs.unbind(1), squares.unbind(1), strict=True):
        total.add_(square).addcmul_(mean, mean, value=-1)
    return total.clamp_min_(0).div_(squares.shape[1])
