"""The units with the largest scores: single-sample acquisition [Settles 2009, 3.1]."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import by_score, ranking
from workbench.types import Candidates, UnitIds


def top_k(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,
) -> UnitIds:
    """Pick the ``k`` largest scores; equal scores in the order of ties.

    Args:
        candidates: ``scores`` (U,), higher = query first.
        k: number of units to pick.
        rng: breaks ties; ``None``: ties are broken by unit id.

    Returns:
        (min(k, U),) unit ids from the largest score downwards.

    Raises:
        ShapeError: if the candidates have no scores, or one is not finite.
    """
    candidates, k, ties = ranking(candidates, k, rng)
    return candidates.unit_ids[by_score(candidates.require("scores"), ties)[:k]]
