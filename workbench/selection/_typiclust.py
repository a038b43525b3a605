"""TypiClust: the most typical unit of each cluster without labels [Hacohen et al. 2022]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.selection._batch import Rows, by_score, filled, in_turns, prepared
from workbench.selection._clusters import clusters
from workbench.selection._distances import Floats, embedded, first_equal
from workbench.types import Candidates, UnitIds

_SMALLEST = 5
"""Clusters up to this size are skipped while there are larger ones, as in the released code."""


def typiclust(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator,
    neighbours: int = 20,
    max_clusters: int = 500,
) -> UnitIds:
    """Pick typical units from the largest clusters with the fewest labels (Algorithm 1).

    Labelled units and candidates together form min(L + k, ``max_clusters``) clusters. A unit is
    typical when its neighbours in the cluster are near: 1 / (their mean distance + 1e-5).

    Args:
        candidates: ``embeddings`` (U, D), divided by their lengths here;
            ``labelled_embeddings`` (L, D) are optional.
        k: number of units to pick.
        rng: seeds the clusters.
        neighbours: number of neighbours, 20 in the paper; fewer in small clusters.
        max_clusters: largest number of clusters.

    Returns:
        (min(k, U),) unit ids in the order picked.

    Raises:
        ShapeError: if embeddings are missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    points, labelled = embedded(candidates, "cosine")
    n = min(len(labelled) + k, max_clusters)
    labels, _ = clusters(np.concatenate([points, labelled]), n, rng)
    own, taken = labels[: len(points)], labels[len(points) :]
    typical = _typicality(points, own, neighbours)[first_equal(points)]
    picked = in_turns(_queues(own, taken, typical), k)
    return candidates.unit_ids[filled(picked, by_score(typical), k)]


def _typicality(
    points: Floats, labels: npt.NDArray[np.int64], neighbours: int
) -> npt.NDArray[np.float64]:
    """Return 1 / mean distance to the nearest units of the own cluster; 0 for a unit alone."""
    from sklearn.neighbors import NearestNeighbors

    typical = np.zeros(len(points))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        if len(rows) > 1:
            search = NearestNeighbors(n_neighbors=min(neighbours, len(rows) - 1)).fit(points[rows])
            typical[rows] = 1 / (search.kneighbors()[0].mean(axis=1) + 1e-5)
    return typical


def _queues(
    own: npt.NDArray[np.int64], taken: npt.NDArray[np.int64], typical: npt.NDArray[np.float64]
) -> list[Rows]:
    """Return each cluster's rows, most typical first; clusters in the order of their turn."""
    n = int(max(own.max(initial=-1), taken.max(initial=-1))) + 1
    sizes, labelled = np.bincount(own, minlength=n), np.bincount(taken, minlength=n)
    order = [c for c in np.lexsort((-(sizes + labelled), labelled)) if sizes[c]]
    large = [c for c in order if sizes[c] + labelled[c] > _SMALLEST]
    best = by_score(typical)
    return [best[own[best] == c] for c in (large or order)]
