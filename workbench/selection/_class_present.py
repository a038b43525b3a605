"""Class-present random: the predicted classes evenly, the fair baseline of rare classes.

nnActive (MIC-DKFZ) calls a random query that makes sure of the foreground the baseline that methods
have to beat; there the class is looked up in the truth, here it is predicted.
"""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import filled, in_turns, prepared
from workbench.types import Candidates, UnitIds


def class_present_random(
    candidates: Candidates, k: int, rng: np.random.Generator, min_share: float = 0.0
) -> UnitIds:
    """Go through the classes in turns and draw a unit in which the class is predicted.

    Args:
        candidates: ``class_shares`` (U, C) predicted share of each class.
        k: number of units to pick.
        rng: draws the units, and each round's order of classes.
        min_share: a class is there where its share is larger than this.

    Returns:
        (min(k, U),) unit ids in the order drawn. A class without units left is passed over; units
        without any class come last.

    Raises:
        ShapeError: if the shares are missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    present = candidates.require("class_shares") > min_share
    order = rng.permutation(len(candidates))
    queues = [order[present[order, c]] for c in range(present.shape[1])]
    return candidates.unit_ids[filled(in_turns(queues, k, rng), order, k)]
