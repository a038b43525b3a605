"""Total entropy over the members, EquAL's score (Golestaneh & Kitani, Eq. 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def total_entropy(committee: Committee) -> Tensor:
    """Score each pixel by the sum of the members' entropies.

    Where a transformed copy left the image, the members that saw the pixel stand for the others
    (n times their mean), so that borders are not ranked lower for being seen less often.

    Args:
        committee: reads ``mean_entropy``.

    Returns:
        (B, H, W) nats: 0 … n · ln C.

    Raises:
        ShapeError: if the committee was summed without ``mean_entropy``.
    """
    return committee.require("mean_entropy") * committee.n
