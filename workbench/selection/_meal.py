"""MEAL: the most uncertain units, spread over a learned plane [Sreenivasaiah et al.]."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import Rows, by_score, filled, prepared
from workbench.selection._distances import Distances, Floats, vectors
from workbench.selection._manifold import coordinates
from workbench.selection._plusplus import seeding
from workbench.types import Candidates, UnitIds


def meal(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator,
    n_informative: int = 200,
    neighbours: int = 15,
    min_dist: float = 0.1,
    seed: int = 0,
) -> UnitIds:
    """Pick by k-means++ among the most uncertain units, in a UMAP plane of the whole pool.

    Algorithm 1 of the paper.

    Args:
        candidates: ``scores`` (U,), ``embeddings`` (U, D), and ``reference_embeddings`` (P, D)
            of every unit of the pool, on which the plane is fitted.
        k: number of units to pick, the paper's N.
        rng: draws the picks.
        n_informative: the paper's N_I. Picks beyond it follow by score.
        neighbours: UMAP's ``n_neighbors``; the library's default, as the paper states none.
        min_dist: UMAP's ``min_dist``, likewise.
        seed: seed of the UMAP fit, the same in every cycle.

    Returns:
        (min(k, U),) unit ids in the order picked.

    Raises:
        ShapeError: if an array is missing or not finite, or dimensions differ.
    """
    candidates, k = prepared(candidates, k, rng)
    top, points = _informative(candidates, n_informative)
    reference = vectors(candidates.require("reference_embeddings"), "euclidean")
    plane = coordinates(points, reference, neighbours, min_dist, seed)
    return _spread(candidates, k, rng, top, plane)


def meal_ft(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator,
    n_informative: int = 200,
    neighbours: int = 15,
    min_dist: float = 0.1,
    seed: int = 0,
) -> UnitIds:
    """Pick as :func:`meal`, in a plane fitted on the most uncertain units alone (3.5).

    Args:
        candidates: ``scores`` (U,) and ``embeddings`` (U, D).
        k: number of units to pick.
        rng: draws the picks.
        n_informative: the paper's N_I. Picks beyond it follow by score.
        neighbours: UMAP's ``n_neighbors``.
        min_dist: UMAP's ``min_dist``.
        seed: seed of the UMAP fit.

    Returns:
        (min(k, U),) unit ids in the order picked.

    Raises:
        ShapeError: if an array is missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    top, points = _informative(candidates, n_informative)
    return _spread(candidates, k, rng, top, coordinates(points, points, neighbours, min_dist, seed))


def _informative(candidates: Candidates, n: int) -> tuple[Rows, Floats]:
    top = np.sort(by_score(candidates.require("scores"))[:n])
    return top, vectors(candidates.require("embeddings"), "euclidean")[top]


def _spread(
    candidates: Candidates, k: int, rng: np.random.Generator, top: Rows, plane: Floats
) -> UnitIds:
    near = np.full(len(top), np.inf)
    picked = top[seeding(near, min(k, len(top)), rng, Distances(plane).to)]
    order = by_score(candidates.require("scores"))
    return candidates.unit_ids[filled(picked.tolist(), order, k)]
