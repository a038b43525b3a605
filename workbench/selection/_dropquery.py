"""DropQuery: units on which a committee's votes differ, one per cluster [Gupte et al. 2024]."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import by_score, prepared
from workbench.selection._distances import vectors
from workbench.selection._k_means import nearest_to_centres
from workbench.types import Candidates, UnitIds

_PER_PICK = 25
"""Units kept per pick where too few exceed the threshold, as in the released code."""


def dropquery(
    candidates: Candidates, k: int, rng: np.random.Generator, threshold: float = 0.5
) -> UnitIds:
    """Keep units on which the members disagree, then pick those nearest to k-means centres.

    Args:
        candidates: ``scores`` (U,): the share of a dropout committee's members whose vote differs
            from the deterministic one, or any disagreement on that scale; ``embeddings`` (U, D),
            divided by their lengths here.
        k: number of units to pick.
        rng: seeds the clusters.
        threshold: units with scores above it are kept; where these are fewer than 25 per pick, the
            25·k largest.

    Returns:
        (min(k, U),) unit ids, from the largest cluster to the smallest.

    Raises:
        ShapeError: if an array is missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    scores = candidates.require("scores")
    enough = max(int((scores > threshold).sum()), _PER_PICK * k)
    kept = np.sort(by_score(scores)[:enough])
    points = vectors(candidates.require("embeddings"), "cosine")[kept]
    return candidates.unit_ids[kept[nearest_to_centres(points, k, rng)]]
