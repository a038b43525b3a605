"""Coreset: greedy k-centre, also called farthest-first [Sener & Savarese 2018, Algorithm 1]."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import prepared, rows_of
from workbench.selection._distances import Floats, embedded, nearest
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


def distance_left(
    candidates: Candidates,
    picked: UnitIds,
    k: int,  # noqa: ARG001 - a batch of any size begins alike
    metric: str = "euclidean",
) -> Floats:
    """Return (U,) the distance to the nearest labelled or picked unit; NaN where there is none.

    Computed from a matrix product: small distances between float32 vectors have few digits.
    """
    points, labelled = embedded(candidates, metric)
    centres = np.concatenate([labelled, points[rows_of(candidates, picked)]])
    squares = nearest(points.astype(np.float64), centres.astype(np.float64))
    squares[np.isinf(squares)] = np.nan
    distances: Floats = squares / 2 if metric == "cosine" else np.sqrt(squares)
    return distances
