"""Vote entropy (Dagan & Engelson 1995; Chen et al. III-A.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.acquisition._classwise import entropy_of

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def vote_entropy(committee: Committee) -> Tensor:
    """Score each pixel by the entropy of its members' votes over the classes.

    Args:
        committee: its ``votes`` are read.

    Returns:
        (B, H, W) nats: 0 if all vote alike, at most ln min(C, n).

    Raises:
        ShapeError: if the committee was summed without ``votes``.
    """
    return entropy_of(committee.require("votes"))
