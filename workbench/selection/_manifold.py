"""Two-dimensional UMAP coordinates of embeddings [McInnes et al. 2018], fitted once and kept."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from workbench.errors import ShapeError
from workbench.recent import Recent
from workbench.selection._distances import Floats

_KEPT = 2
"""Fitted maps that stay in memory: a run fits one and uses it in every cycle."""

_FEWEST = 3
"""Reference points of which UMAP's spectral start has too few eigenvectors for a plane."""

_fitted: Recent[Any] = Recent(_KEPT)


def coordinates(
    points: Floats, reference: Floats, neighbours: int, min_dist: float, seed: int
) -> Floats:
    """Return points in the plane that UMAP learns from a reference set.

    The same reference and settings give the same map, which is fitted at first use.

    Args:
        points: (N, D) to be placed; the reference itself keeps the places that the fit gave it.
        reference: (P, D) that the map is fitted on.
        neighbours: of each reference point that the map keeps together.
        min_dist: how close points may lie in the plane.
        seed: of the fit.

    Returns:
        (N, 2); the points as they are where the reference has no more than ``neighbours``
        points, or no more than three, of which UMAP can make no plane.

    Raises:
        ShapeError: if points and reference have different dimensions.
    """
    if points.shape[1] != reference.shape[1]:
        raise ShapeError(
            f"Embeddings have {points.shape[1]} dimensions, those of the whole pool "
            f"{reference.shape[1]}; both must come from the same network and tap."
        )
    if len(reference) <= max(neighbours, _FEWEST) or not len(points):
        return points
    fitted = _fit(np.ascontiguousarray(reference), neighbours, min_dist, seed)
    placed = fitted.embedding_ if points is reference else fitted.transform(points)
    return np.asarray(placed, dtype=np.float64)


def _fit(reference: Floats, neighbours: int, min_dist: float, seed: int) -> Any:
    settings = f"{reference.dtype}{reference.shape}{neighbours},{min_dist},{seed}"
    key = hashlib.sha256(reference.tobytes() + settings.encode()).hexdigest()

    def fit() -> Any:
        import umap

        return umap.UMAP(
            n_components=2,
            n_neighbors=neighbours,
            min_dist=min_dist,
            random_state=seed,
            n_jobs=1,  # a seeded fit is only repeatable on one thread
        ).fit(reference)

    return _fitted.get(key, fit)
