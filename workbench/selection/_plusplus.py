"""k-means++ seeding: spread picks, drawn by squared distance [Arthur & Vassilvitskii 2007]."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from workbench.selection._batch import Rows, prepared
from workbench.selection._distances import Distances, embedded, nearest
from workbench.types import Candidates, UnitIds

Squares = npt.NDArray[np.float64]


def seeding(
    near: Squares,
    k: int,
    rng: np.random.Generator,
    squared_to: Callable[[int], Squares],
    first: int | None = None,
) -> Rows:
    """Draw ``k`` rows, in proportion to the squared distance to the nearest centre.

    Where all distances are 0 (identical points) the first remaining row is taken.

    Args:
        near: (N,) squared distance to the nearest centre at the start; infinite without centres.
        k: number of rows to draw, at most N.
        rng: source of the draws.
        squared_to: row ► (N,) squared distances to it.
        first: the first row; ``None``: it is drawn.
    """
    near, left = near.copy(), np.ones(len(near), dtype=bool)
    picked: list[int] = []
    while len(picked) < k:
        row = first if first is not None and not picked else _draw(near, left, rng)
        picked.append(row)
        left[row] = False
        near = np.minimum(near, squared_to(row))
    return np.array(picked, dtype=np.int64)


def _draw(near: Squares, left: npt.NDArray[np.bool_], rng: np.random.Generator) -> int:
    if np.isinf(near).any():
        return int(rng.choice(np.flatnonzero(left)))
    chances = np.where(left, near, 0.0).cumsum()
    if not chances[-1] > 0:
        return int(left.argmax())
    draw = min(rng.random() * chances[-1], np.nextafter(chances[-1], 0))
    return int(np.searchsorted(chances, draw, side="right"))


def k_means_plus_plus(
    candidates: Candidates, k: int, rng: np.random.Generator, metric: str = "euclidean"
) -> UnitIds:
    """Draw units by squared distance from all labelled and picked units.

    Args:
        candidates: ``embeddings`` (U, D); ``labelled_embeddings`` (L, D) are optional.
        k: number of units to pick.
        rng: draws the units; the first one uniformly if no unit is labelled.
        metric: ``euclidean`` or ``cosine``.

    Returns:
        (min(k, U),) unit ids in the order drawn.

    Raises:
        ShapeError: if embeddings are missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    points, labelled = embedded(candidates, metric)
    rows = seeding(nearest(points, labelled), k, rng, Distances(points).to)
    return candidates.unit_ids[rows]
