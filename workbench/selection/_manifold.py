"""Two-dimensional UMAP coordinates of embeddings [McInnes et al. 2018], fitted once and cached."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from workbench.errors import ShapeError
from workbench.recent import Recent
from workbench.selection._distances import Floats

_CACHED = 2
"""Fitted maps in memory: a run fits one and uses it in every cycle."""

_FEWEST = 3
"""Number of reference points for which UMAP's spectral start lacks eigenvectors for a plane."""

_fitted: Recent[Any] = Recent(_CACHED)


def coordinates(
    points: Floats, reference: Floats, neighbours: int, min_dist: float, seed: int
) -> Floats:
    """Return points in the plane that UMAP learns from a reference set.

    The same reference and settings give the same map, fitted at first use.

    Args:
        points: (N, D) embeddings to map; for the reference itself the fitted coordinates are
            returned.
        reference: (P, D) embeddings that the map is fitted on.
        neighbours: UMAP's ``n_neighbors``.
        min_dist: UMAP's ``min_dist``, the smallest distance of points in the plane.
        seed: seed of the fit.

    Returns:
        (N, 2) coordinates; the unchanged points where the reference has at most ``neighbours``
        points, or at most three, for which UMAP cannot fit a plane.

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
            n_jobs=1,  # a seeded fit is repeatable on one thread only
        ).fit(reference)

    return _fitted.get(key, fit)
