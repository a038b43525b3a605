"""Total entropy over the members, EquAL's score (Golestaneh & Kitani, Eq. 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def total_entropy(committee: Committee) -> Tensor:
    """Score each pixel by the sum of the members' entropies.

    For a pixel outside some transformed copies, the sum is n times the mean of the members that
    cover it, so that borders are not ranked lower because fewer members cover them.

    Args:
        committee: its ``mean_entropy`` is read.

    Returns:
        (B, H, W) nats: 0 … n · ln C.

    Raises:
        ShapeError: if the committee was summed without ``mean_entropy``.
    """
    return committee.require("mean_entropy") * committee.n
