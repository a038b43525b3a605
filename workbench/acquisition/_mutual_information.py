"""Mutual information of prediction and member, BALD (Houlsby et al. 2011; Chen et al. III-A.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.acquisition._classwise import entropy_of

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def mutual_information(committee: Committee) -> Tensor:
    """Score each pixel by the disagreement of its members, beyond their own uncertainty.

    Args:
        committee: its ``mean_probs`` and ``mean_entropy`` are read.

    Returns:
        (B, H, W) nats: H(mean) − mean H; 0 if all members agree, at most ln min(C, n). Values
        below zero by rounding become 0, since the true value cannot be negative.

    Raises:
        ShapeError: if the committee was summed without ``mean_entropy``.
    """
    expected = committee.require("mean_entropy")
    return entropy_of(committee.mean_probs).sub_(expected).clamp_min_(0)
