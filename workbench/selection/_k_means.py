"""k-means: one unit per cluster, the one nearest to its centre [Zhdanov 2019, without weights]."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import Rows, prepared
from workbench.selection._clusters import clusters
from workbench.selection._distances import Floats, vectors
from workbench.types import Candidates, UnitIds


def k_means(
    candidates: Candidates, k: int, rng: np.random.Generator, metric: str = "euclidean"
) -> UnitIds:
    """Group the candidates into ``k`` clusters and pick the unit nearest to each centre.

    Args:
        candidates: ``embeddings`` (U, D).
        k: number of units to pick.
        rng: seeds the clusters.
        metric: ``euclidean`` or ``cosine``.

    Returns:
        (min(k, U),) unit ids, from the largest cluster to the smallest. Where fewer than k units
        differ, the next nearest of each cluster follow.

    Raises:
        ShapeError: if embeddings are missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    points = vectors(candidates.require("embeddings"), metric)
    return candidates.unit_ids[nearest_to_centres(points, k, rng)]


def nearest_to_centres(points: Floats, k: int, rng: np.random.Generator) -> Rows:
    """Return ``k`` rows: from each of k clusters the row nearest to its centre."""
    labels, centres = clusters(points, k, rng)
    away = ((points - centres[labels]) ** 2).sum(axis=1)
    turn = np.empty(len(points), dtype=np.int64)  # number of units of its cluster that are nearer
    order = np.lexsort((away, labels))
    sizes = np.bincount(labels, minlength=len(centres))
    turn[order] = np.arange(len(points)) - np.repeat(sizes.cumsum() - sizes, sizes)
    return np.lexsort((labels, -sizes[labels], turn))[:k]
