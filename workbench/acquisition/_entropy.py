"""Predictive entropy (Chen et al. III-A.2; Settles 2009, 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.acquisition._classwise import entropy_of

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def entropy(committee: Committee) -> Tensor:
    """Score each pixel by the entropy of the committee's mean probabilities.

    Args:
        committee: its ``mean_probs`` are read; for a single member its ``mean_entropy``, which is
            the same number, if it is there.

    Returns:
        (B, H, W) nats: 0 is certain, ln C is uniform.

    Raises:
        ShapeError: if there are fewer than two classes.
    """
    if committee.n == 1 and committee.mean_entropy is not None:
        return committee.mean_entropy
    return entropy_of(committee.mean_probs)
