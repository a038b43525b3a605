"""Coreset: greedy k-centre, also called farthest-first [Sener & Savarese 2018, Algorithm 1]."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import prepared
from workbench.selection._distances import embedded
from workbench.selection._farthest import FarthestFirst
from workbench.types import Candidates, UnitIds


def k_center(
    candidates: Candidates, k: int, rng: np.random.Generator, metric: str = "euclidean"
) -> UnitIds:
    """Pick, ``k`` times, the unit farthest from all labelled and picked units.

    The largest remaining distance is at most twice the best possible (Gonzalez 1985). Without
    labelled units the first unit is drawn by ``rng``; otherwise ``rng`` breaks ties only. Memory
    grows with the number of units, not with its square.

    Args:
        candidates: ``embeddings`` (U, D); ``labelled_embeddings`` (L, D) are optional.
        k: number of units to pick.
        rng: breaks ties; draws the first unit if no unit is labelled.
        metric: ``euclidean``, or ``cosine`` for 1 − cosine similarity.

    Returns:
        (min(k, U),) unit ids in the order picked; equal distances in the order of ties.

    Raises:
        ShapeError: if embeddings are missing, not finite, or of different dimensions.
    """
    candidates, k = prepared(candidates, k, rng)
    points, labelled = embedded(candidates, metric)
    search = FarthestFirst(points, labelled, k)
    if k and not len(labelled):
        search.pick(int(rng.integers(len(points))))
    while len(search.picked) < k:
        search.pick(search.farthest())
    return candidates.unit_ids[search.picked]
