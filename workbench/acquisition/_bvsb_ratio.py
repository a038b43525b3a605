"""Best versus second best, as a ratio (Cai et al. 2021; after Joshi et al. 2009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.acquisition._classwise import two_largest_and_rest

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def bvsb_ratio(committee: Committee) -> Tensor:
    """Score each pixel by its second largest class probability over its largest.

    Args:
        committee: its ``mean_probs`` are read.

    Returns:
        (B, H, W) ratio P₂ / P₁: 0 is certain, 1 is a tie.

    Raises:
        ShapeError: if there are fewer than two classes.
    """
    first, second, _ = two_largest_and_rest(committee.mean_probs)
    second /= first
    return second
