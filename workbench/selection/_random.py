"""Units drawn uniformly: the baseline of every comparison."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import ranking
from workbench.types import Candidates, UnitIds


def random(candidates: Candidates, k: int, rng: np.random.Generator) -> UnitIds:
    """Draw ``k`` units uniformly and without replacement.

    One permutation of all candidates is drawn and cut, so the batch of k begins the batch of k + 1.

    Args:
        candidates: only ``unit_ids`` is read.
        k: number of units to pick.
        rng: source of the draw.

    Returns:
        (min(k, U),) unit ids in the order drawn.
    """
    candidates, k, _ = ranking(candidates, k, rng)
    return rng.permutation(candidates.unit_ids)[:k]
