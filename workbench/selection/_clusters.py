"""k-means clusters of embeddings, by scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from workbench.selection._distances import Floats, first_equal

_SMALL = 50
"""Up to this number plain k-means, above it mini-batches of 5,000, as in TypiClust's code."""


def clusters(
    points: Floats, n: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Group points into at most ``n`` clusters, at least one; fewer where fewer points differ.

    Returns:
        (N,) cluster of each point, and (n, D) centres.
    """
    n, seed = max(1, min(n, len(points))), int(rng.integers(2**31))
    if not len(points):
        return np.zeros(0, dtype=np.int64), points
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # identical points: fewer clusters
        if n <= _SMALL:
            fit = KMeans(n, n_init=1, random_state=seed).fit(points)
        else:
            fit = MiniBatchKMeans(n, n_init=1, batch_size=5000, random_state=seed).fit(points)
    return fit.labels_[first_equal(points)].astype(np.int64), fit.cluster_centers_
