"""Embeddings as vectors, and distances between them in blocks: never a (U, U) matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from workbench.errors import ConfigError, ShapeError

Floats = npt.NDArray[np.floating]

BLOCK_ROWS = 2048
"""Rows handled at once; with as many centres a block of products takes 16 MiB."""


def vectors(embeddings: npt.ArrayLike, metric: str) -> Floats:
    """Return embeddings in the space in which the metric is Euclidean.

    Args:
        embeddings: (N, D).
        metric: ``euclidean`` leaves them; ``cosine`` divides each by its length, so that
            |x − y|² = 2 (1 − cos). A vector of zeros stays: half way to all others.

    Raises:
        ConfigError: for any other metric.
        ShapeError: if the embeddings do not have two axes.
    """
    array = np.asarray(embeddings)
    if array.ndim != 2:
        raise ShapeError(f"Embeddings have shape {array.shape}; wanted (units, dimensions).")
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float32)
    if metric == "euclidean":
        return array
    if metric != "cosine":
        raise ConfigError(f"The metric is {metric!r}; wanted 'euclidean' or 'cosine'.")
    length = np.linalg.norm(array, axis=1, keepdims=True)
    return array / np.where(length > 0, length, 1)


def blocks(n: int, size: int = BLOCK_ROWS) -> Iterator[slice]:
    """Cut ``range(n)`` into slices of at most ``size``."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def pair_distances(
    x: Floats, y: Floats, i: npt.NDArray[np.intp], j: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Return the exact squared distances of the pairs (x[i], y[j]), summed in float64."""
    squares = np.empty(len(i))
    for part in blocks(len(i)):
        gap = x[i[part]].astype(np.float64) - y[j[part]]
        squares[part] = np.einsum("pd,pd->p", gap, gap)
    return squares
