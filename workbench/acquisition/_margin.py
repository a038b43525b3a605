"""Margin between the two likeliest classes (Chen et al. III-A.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.acquisition._classwise import two_largest_and_rest

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def margin(committee: Committee) -> Tensor:
    """Score each pixel by one minus the gap between its two largest class probabilities.

    The paper ranks by the smallest gap P₁ − P₂; here the sign is reversed, so that higher = query
    first.

    Args:
        committee: its ``mean_probs`` are read.

    Returns:
        (B, H, W) probability 1 − (P₁ − P₂): 0 is certain, 1 is a tie.

    Raises:
        ShapeError: if there are fewer than two classes.
    """
    _, second, rest = two_largest_and_rest(committee.mean_probs)
    rest += second  # 1 − P₁ is the sum of the others
    return rest
