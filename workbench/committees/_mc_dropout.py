"""Monte Carlo dropout (Gal & Ghahramani 2016; Chen et al. III-A.6 and IV-A)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from workbench.committees._dropout import DropoutSwitch
from workbench.committees._sums import RunningSums

if TYPE_CHECKING:
    from workbench.committees._forwards import Forwards
    from workbench.types import Committee


def mc_dropout(
    forwards: Forwards, needs: AbstractSet[str], members: int, rate: float, seed: int
) -> Committee:
    """Build the committee of one network with dropout on.

    Chen et al. give 0.9 for training and 0.5 for inference. In the DeepLab code these are shares
    that are *kept*: so 0.1 is dropped in training, which the model sets, and 0.5 here. The kept
    values are scaled up by 1 / (1 − rate), which makes up for the difference.

    Args:
        forwards: the batch's passes; ``members`` passes with dropout are read.
        needs: sums to keep.
        members: T, number of passes with dropout (10 in the paper).
        rate: share of values dropped, 0 < rate < 1.
        seed: seed of the masks, which are the same for every image of a size.

    Returns:
        A committee with ``n`` = T.

    Raises:
        ModelError: if the network was trained without dropout.
    """
    switch = DropoutSwitch(forwards.model, rate, seed)
    sums = RunningSums(needs, forwards.workspace)
    for number in range(members):
        sums.add(forwards.thinned(switch, number))
    return sums.committee()
