"""Predictive entropy (Chen et al. III-A.2; Settles 2009, 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.acquisition._classwise import entropy_of

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def entropy(committee: Committee) -> Tensor:
    """Score each pixel by how undecided the committee's mean is between the classes.

    Args:
        committee: reads ``mean_probs``; a single member's ``mean_entropy`` is the same number and
            is taken if it is there.

    Returns:
        (B, H, W) nats: 0 is certain, ln C is uniform.

    Raises:
        ShapeError: if there are fewer than two classes.
    """
    if committee.n == 1 and committee.mean_entropy is not None:
        return committee.mean_entropy
    return entropy_of(committee.mean_probs)
