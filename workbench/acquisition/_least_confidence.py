"""Least confidence, the papers' max-softmax (Chen et al. III-A.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.acquisition._classwise import two_largest_and_rest

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def least_confidence(committee: Committee) -> Tensor:
    """Score each pixel by one minus its largest class probability.

    The paper ranks by the smallest maximum; here the sign is reversed, so that higher = query
    first. It is computed as the sum of the others, which has more digits than one minus the
    largest.

    Args:
        committee: its ``mean_probs`` are read.

    Returns:
        (B, H, W) probability: 0 is certain, 1 − 1/C is uniform.

    Raises:
        ShapeError: if there are fewer than two classes.
    """
    return two_largest_and_rest(committee.mean_probs)[2]
