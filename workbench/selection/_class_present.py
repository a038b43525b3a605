"""Class-present random: the predicted classes in equal parts, the fair baseline of rare classes.

The authors of nnActive (MIC-DKFZ) propose a random query with enough foreground as the baseline
for methods; there the class comes from the ground truth, here from the prediction.
"""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import filled, in_turns, prepared
from workbench.types import Candidates, UnitIds


def class_present_random(
    candidates: Candidates, k: int, rng: np.random.Generator, min_share: float = 0.0
) -> UnitIds:
    """Draw, for each class in turn, a unit in which the class is predicted.

    Args:
        candidates: ``class_shares`` (U, C) predicted share of each class.
        k: number of units to pick.
        rng: draws the units, and each round's order of classes.
        min_share: a class is present in a unit where its share is larger than this.

    Returns:
        (min(k, U),) unit ids in the order drawn. A class without remaining units is skipped;
        units without any class come last.

    Raises:
        ShapeError: if the shares are missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    present = candidates.require("class_shares") > min_share
    order = rng.permutation(len(candidates))
    queues = [order[present[order, c]] for c in range(present.shape[1])]
    return candidates.unit_ids[filled(in_turns(queues, k, rng), order, k)]
