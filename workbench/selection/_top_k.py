"""The units with the largest scores: single-sample acquisition [Settles 2009, 3.1]."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import by_score, prepared
from workbench.types import Candidates, UnitIds


def top_k(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,  # noqa: ARG001 every selector is called alike
) -> UnitIds:
    """Pick the ``k`` largest scores; equal scores by the smaller unit id.

    Args:
        candidates: ``scores`` (U,), higher = query first.
        k: number of units to pick.
        rng: not used.

    Returns:
        (min(k, U),) unit ids from the largest score downwards.

    Raises:
        ShapeError: if the candidates carry no scores, or one is not finite.
    """
    candidates, k = prepared(candidates, k)
    return candidates.unit_ids[by_score(candidates.require("scores"))[:k]]
