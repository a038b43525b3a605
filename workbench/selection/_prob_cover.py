"""ProbCover: balls of one radius around as much of the pool as possible [Yehuda et al. 2022]."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import filled, most_uncertain, prepared
from workbench.selection._clusters import clusters
from workbench.selection._cover import ROUNDING, LazyCover, within
from workbench.selection._distances import Floats, embedded, nearest
from workbench.types import Candidates, UnitIds


def prob_cover(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator,
    delta: float | None = None,
    n_clusters: int = 10,
    purity: float = 0.95,
) -> UnitIds:
    """Pick greedily the unit whose ball holds most units outside all other balls (Algorithm 1).

    Args:
        candidates: ``embeddings`` (U, D), divided by their lengths here; the balls around
            ``labelled_embeddings`` (L, D) cover from the start. ``scores`` (U,) are optional.
        k: number of units to pick.
        rng: seeds the clusters from which the radius is computed.
        delta: radius of the balls, 0 … 2. ``None``: the largest one at which the share
            ``purity`` of all balls holds units of one cluster only, as the paper does.
        n_clusters: number of clusters, used in place of the classes; it should be the number of
            classes.
        purity: smallest share of pure balls.

    Returns:
        (min(k, U),) unit ids in the order picked; equal gains in the order of ties. Where no ball
        holds any more, the largest scores follow, or without scores the order of ties.

    Raises:
        ShapeError: if embeddings are missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    points, labelled = embedded(candidates, "cosine")
    radius = pure_radius(points, rng, n_clusters, purity) if delta is None else delta
    picked = LazyCover(points, points, within(radius), labelled).pick(k)
    return candidates.unit_ids[filled(picked.tolist(), most_uncertain(candidates), k)]


def pure_radius(points: Floats, rng: np.random.Generator, n_clusters: int, purity: float) -> float:
    """Return the largest radius at which the share ``purity`` of balls holds one cluster only.

    A ball is pure as long as its radius is below the distance to the nearest point of another
    cluster, so the result is just below one of those distances.
    """
    labels, _ = clusters(points, n_clusters, rng)
    to_others = np.full(len(points), 2.0)  # the largest distance of two unit vectors
    for label in np.unique(labels):
        inside = labels == label
        if not inside.all():
            to_others[inside] = np.sqrt(nearest(points[inside], points[~inside]))
    impure = int((1 - purity) * len(points) + 1e-9)  # number of balls that may be impure
    if impure >= len(points):
        return 2.0
    return float(np.sqrt(max(0.0, np.sort(to_others)[impure] ** 2 - 2 * ROUNDING)))
