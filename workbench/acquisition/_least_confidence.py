"""Least confidence, the papers' max-softmax (Chen et al. III-A.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.acquisition._classwise import check_classes

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def least_confidence(committee: Committee) -> Tensor:
    """Score each pixel by what its largest class probability lacks to one.

    The paper ranks by the smallest maximum; turned round so that higher = query first.

    Args:
        committee: reads ``mean_probs``.

    Returns:
        (B, H, W) probability: 0 is certain, 1 − 1/C is uniform.

    Raises:
        ShapeError: if there are fewer than two classes.
    """
    check_classes(committee.mean_probs)
    return 1 - committee.mean_probs.amax(dim=1)
