"""One pass, one softmax (Chen et al. III-A)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from workbench.committees._sums import RunningSums

if TYPE_CHECKING:
    from workbench.committees._forwards import Forwards
    from workbench.types import Committee


def softmax(forwards: Forwards, needs: AbstractSet[str]) -> Committee:
    """Build the committee of one member.

    Args:
        forwards: the batch's passes; ``identity`` is read.
        needs: sums to keep. ``mean_entropy`` is a by-product of the softmax and always kept.

    Returns:
        A committee with ``n`` = 1.
    """
    sums = RunningSums({*needs, "mean_entropy"}, forwards.workspace)
    sums.add(forwards.logits())
    return sums.committee()
