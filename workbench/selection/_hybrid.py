"""Weighted score and distance, one unit at a time; after ranked batches [Cardoso et al. 2017]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.selection._batch import prepared, rows_of, unit_interval
from workbench.selection._distances import Distances, Floats, embedded, first_equal, nearest
from workbench.types import Candidates, UnitIds


def hybrid(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,
    score: float = 1.0,
    distance: float = 1.0,
    cost: float = 0.0,
) -> UnitIds:
    """Pick, ``k`` times, the largest weighted sum of score, distance and (negative) cost.

    Scores and costs are scaled to 0 … 1 over the candidates. The distance is that to the nearest
    labelled or picked unit, in units of the width of the candidates (twice the largest distance to
    their mean), at most 1. Cardoso et al. choose the weights by the number of labels; here they are
    settings.

    Args:
        candidates: ``scores`` (U,), ``embeddings`` (U, D); ``labelled_embeddings`` (L, D) are
            optional; ``costs`` (U,) where they have a weight.
        k: number of units to pick.
        rng: breaks ties; ``None``: ties are broken by unit id.
        score: weight of the score.
        distance: weight of the distance.
        cost: weight of the cost, which counts against a unit.

    Returns:
        (min(k, U),) unit ids in the order picked; equal sums in the order of ties.

    Raises:
        ShapeError: if an array is missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    fixed = score * unit_interval(candidates.require("scores"))
    points, labelled = embedded(candidates, "euclidean")
    if cost:
        fixed = fixed - cost * unit_interval(candidates.require("costs"))
    near, width, to = nearest(points, labelled), _width(points), Distances(points).to
    same = first_equal(points)
    left, picked = np.zeros(len(points)), np.zeros(k, dtype=np.int64)
    for place in range(k):
        value = fixed + distance * np.minimum(np.sqrt(near[same]) / width, 1) + left
        row = picked[place] = int(value.argmax())
        left[row] = -np.inf
        near = np.minimum(near, to(row))
    return candidates.unit_ids[picked]


def weighted_sum(
    candidates: Candidates,
    picked: UnitIds,
    k: int,  # noqa: ARG001 - a batch of any size begins alike
    score: float = 1.0,
    distance: float = 1.0,
    cost: float = 0.0,
) -> npt.NDArray[np.float64]:
    """Return (U,) the weighted sum once some units are picked; see :func:`hybrid`."""
    points, labelled = embedded(candidates, "euclidean")
    centres = np.concatenate([labelled, points[rows_of(candidates, picked)]])
    near = np.minimum(np.sqrt(nearest(points, centres)) / _width(points), 1)
    total = score * unit_interval(candidates.require("scores")) + distance * near
    return total - cost * unit_interval(candidates.require("costs")) if cost else total


def _width(points: Floats) -> float:
    """Return twice the largest distance to the mean; 1 where all points are identical."""
    if not len(points):
        return 1.0
    away: npt.NDArray[np.floating] = np.linalg.norm(points - points.mean(axis=0), axis=1)
    return 2 * float(away.max()) or 1.0
