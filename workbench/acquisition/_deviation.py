"""Standard deviation over the members (Yang et al. 2017, Suggestive Annotation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def deviation(committee: Committee) -> Tensor:
    """Score each pixel by the standard deviation of its class probabilities over the members.

    For two classes the order of pixels is that of ``variance``; the order of units by the mean is
    not.

    Args:
        committee: its ``mean_probs`` and ``mean_square_probs`` are read.

    Returns:
        (B, H, W): the population standard deviation of each class's probability over the members,
        averaged over the classes; 0 if all agree, at most √(min(C, n) − 1) / C. A variance that
        rounding made negative counts as 0.

    Raises:
        ShapeError: if the committee was summed without ``mean_square_probs``.
    """
    squares = committee.require("mean_square_probs")
    total = torch.zeros_like(squares[:, 0])
    for mean, square in zip(committee.mean_probs.unbind(1), squares.unbind(1), strict=True):
        total.add_(torch.addcmul(square, mean, mean, value=-1).clamp_min_(0).sqrt_())
    return total.div_(squares.shape[1])
