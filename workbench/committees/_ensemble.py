"""Several networks (Beluch et al. 2018; Gu on Suggestive Annotation: four bootstrapped ones)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from workbench.committees._sums import RunningSums
from workbench.errors import ModelError

if TYPE_CHECKING:
    from workbench.committees._forwards import Forwards
    from workbench.types import Committee


def ensemble(forwards: Forwards, needs: AbstractSet[str], members: int) -> Committee:
    """Build the committee of the networks that the learner trained.

    Args:
        forwards: the batch's passes, with the networks as ``members``. If the scan's own network
            is among them, its pass is shared.
        needs: sums to keep.
        members: required number of networks.

    Returns:
        A committee with ``n`` = number of networks.

    Raises:
        ModelError: if ``forwards`` has another number of networks.
    """
    if len(forwards.members) != members:
        raise ModelError(
            f"The committee ensemble:{members} has {len(forwards.members)} networks; name "
            "their number, and use a learner that trains as many."
        )
    sums = RunningSums(needs, forwards.workspace)
    for number in range(members):
        sums.add(forwards.member(number))
    return sums.committee()
