"""Expected entropy: the uncertainty that the members have in common (Houlsby et al. 2011)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def expected_entropy(committee: Committee) -> Tensor:
    """Score each pixel by the mean of its members' entropies.

    The entropy of the mean is the sum of this and mutual information: H(mean) = mean H + BALD.

    Args:
        committee: its ``mean_entropy`` is read.

    Returns:
        (B, H, W) nats: 0 … ln C.

    Raises:
        ShapeError: if the committee was summed without ``mean_entropy``.
    """
    return committee.require("mean_entropy")
