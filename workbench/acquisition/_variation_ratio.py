"""Variation ratio (Freeman 1965; Gal et al. 2017, Eq. 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def variation_ratio(committee: Committee) -> Tensor:
    """Score each pixel by the share of members that do not vote with the largest group.

    Args:
        committee: its ``votes`` are read.

    Returns:
        (B, H, W) share: 0 if all vote alike, at most 1 − 1/min(C, n).

    Raises:
        ShapeError: if the committee was summed without ``votes``.
    """
    return 1 - committee.require("votes").amax(dim=1)
