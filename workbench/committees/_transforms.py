"""The image and transformed copies of it (Golestaneh & Kitani 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from workbench.committees._names import transform_keys
from workbench.committees._sums import RunningSums

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.committees._forwards import Forwards
    from workbench.types import Committee


def mirror(x: Tensor) -> Tensor:
    """Mirror left and right; its own inverse."""
    return x.flip(-1)


_PAIRS = {"hflip": (mirror, mirror)}
"""Name ► (what is done to the image, what undoes it on the logits)."""


def transforms(forwards: Forwards, needs: AbstractSet[str], of: Sequence[str]) -> Committee:
    """Build the committee of the image and its transformed copies, mapped back before summing.

    Args:
        forwards: the batch's passes; asks for ``identity`` and one a transformation.
        needs: sums to keep.
        of: names of transformations.

    Returns:
        A committee with ``n`` = 1 + number of transformations.

    Raises:
        ConfigError: for a name that is not a transformation.
    """
    sums = RunningSums(needs, forwards.workspace)
    sums.add(forwards.logits())
    for key in transform_keys(of):
        there, back = _PAIRS[key]
        sums.add(forwards.logits(key, there, back))
    return sums.committee()
