"""From (N, D) vectors to (N, 2) points; every method is seeded and runs on one thread."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float64]

_FIRST = 50
"""Number of principal components that t-SNE and UMAP read: less noise, and less time."""


def pca(vectors: Vectors, seed: int) -> Vectors:
    """Return (N, 2), the first two principal components; ``seed`` changes nothing."""
    del seed
    return principal(vectors, 2)


def tsne(vectors: Vectors, seed: int, *, perplexity: float = 30.0) -> Vectors:
    """Return (N, 2) t-SNE's points, started from the principal components."""
    from sklearn.manifold import TSNE

    reduced = principal(vectors, _FIRST)
    most = (len(vectors) - 1) / 3  # scikit-learn requires more units than neighbours
    model = TSNE(
        n_components=2,
        perplexity=max(min(perplexity, most), 1.0),
        init=_start(reduced),
        random_state=_seed(seed),
        n_jobs=1,
    )
    return np.asarray(model.fit_transform(reduced), np.float64)


def umap(vectors: Vectors, seed: int, *, n_neighbors: int = 15, min_dist: float = 0.1) -> Vectors:
    """Return (N, 2) UMAP's points; UMAP with a seed runs on one thread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about optional plotting and deprecated dependencies
        from umap import UMAP

        reduced = principal(vectors, _FIRST)
        model = UMAP(
            n_neighbors=min(n_neighbors, len(vectors) - 1),
            min_dist=min_dist,
            init=_start(reduced),
            random_state=_seed(seed),
            n_jobs=1,
        )
        return np.asarray(model.fit_transform(reduced), np.float64)


def principal(vectors: Vectors, count: int) -> Vectors:
    """Return the first principal components, (N, count), zeros where there are fewer.

    Signs are fixed (the largest loading of a component is positive), so that the same vectors give
    the same points on every machine.
    """
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    leading = directions[:, ::-1][:, :count]
    largest = np.abs(leading).argmax(axis=0)
    leading = leading * np.sign(leading[largest, np.arange(leading.shape[1])])
    points = np.zeros((len(vectors), min(count, max(vectors.shape[1], 2))))
    points[:, : leading.shape[1]] = centred @ leading
    return points


def _start(reduced: Vectors) -> npt.NDArray[np.float32]:
    """Return (N, 2) the points to start from: the first two components, scaled down for t-SNE."""
    first = reduced[:, :2] / (reduced[:, 0].std() or 1.0)
    if not first[:, 1].any():  # one dimension only; UMAP divides by the spread of each axis
        first[:, 1] = np.linspace(-1, 1, len(first))
    return (first * 1e-4).astype(np.float32)


def _seed(seed: int) -> int:
    return seed % 2**32  # the libraries take 32 bits
