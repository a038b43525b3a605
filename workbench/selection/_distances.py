"""Embeddings as vectors, and distances between them in blocks, without a (U, U) matrix."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from workbench.errors import ConfigError, ShapeError
from workbench.types import Candidates

Floats = npt.NDArray[np.floating]

BLOCK_ROWS = 2048
"""Rows per block; with as many centres a block of products takes 16 MiB."""


def vectors(embeddings: npt.ArrayLike, metric: str) -> Floats:
    """Return embeddings in the space in which the metric is Euclidean.

    Args:
        embeddings: (N, D).
        metric: ``euclidean`` does not change them; ``cosine`` divides each by its length, so that
            |x − y|² = 2 (1 − cos). A vector of zeros is not changed: its distance to all others is
            the same.

    Raises:
        ConfigError: for another metric.
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


def embedded(candidates: Candidates, metric: str) -> tuple[Floats, Floats]:
    """Return the vectors of candidates and labelled units, (U, D) and (L, D); L may be 0.

    Raises:
        ShapeError: if embeddings are missing, not finite, or of different dimensions.
    """
    points = vectors(candidates.require("embeddings"), metric)
    if candidates.labelled_embeddings is None or not len(candidates.labelled_embeddings):
        return points, points[:0]
    labelled = vectors(candidates.require("labelled_embeddings"), metric)
    if points.shape[1] != labelled.shape[1]:
        raise ShapeError(
            f"Embeddings have {points.shape[1]} dimensions, those of the labelled units "
            f"{labelled.shape[1]}; both must come from the same network and tap."
        )
    return points, labelled


def blocks(n: int, size: int = BLOCK_ROWS) -> Iterator[slice]:
    """Cut ``range(n)`` into slices of at most ``size``."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def first_equal(points: Floats) -> npt.NDArray[np.int64]:
    """Return (N,) the first row that holds the same vector as each row.

    A matrix product may round equal rows differently, depending on their position; the value of the
    first one is used for all of them, so that ties are preserved.
    """
    first: dict[bytes, int] = {}  # by digest: the rows themselves may be hundreds of megabytes
    found = np.empty(len(points), dtype=np.int64)
    for place, row in enumerate(points):
        digest = blake2b((row + 0.0).tobytes(), digest_size=16).digest()  # −0 is 0
        found[place] = first.setdefault(digest, place)
    return found


def pair_distances(
    x: Floats, y: Floats, i: npt.NDArray[np.intp], j: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Return the exact squared distances of the pairs (x[i], y[j]), summed in float64."""
    squares = np.empty(len(i))
    for part in blocks(len(i)):
        gap = x[i[part]].astype(np.float64) - y[j[part]]
        squares[part] = np.einsum("pd,pd->p", gap, gap)
    return squares


def nearest(x: Floats, y: Floats) -> npt.NDArray[np.float64]:
    """Return each x's squared distance to the nearest y, in blocks; infinite without any y.

    Computed as a matrix product, in the precision of the embeddings.
    """
    squares = np.full(len(x), np.inf)
    if not len(x) or not len(y):
        return squares
    offset = x.mean(axis=0)  # around the origin the subtraction below cancels the fewest digits
    x, y = x - offset, y - offset
    lengths = np.einsum("nd,nd->n", y, y)
    for part in blocks(len(x)):
        gap = lengths - 2 * (x[part] @ y.T)
        squares[part] = gap.min(axis=1) + np.einsum("nd,nd->n", x[part], x[part])
    squares[squares < 0] = 0
    return squares


_CLOSE = 1e-3
"""Share of two squared lengths below which their distance is computed exactly."""


class Distances:
    """Squared distances from all of some points to one of them, one matrix-vector product each.

    Args:
        points: (N, D).
    """

    def __init__(self, points: Floats) -> None:
        self._points = points
        self._shifted = points - points.mean(axis=0) if len(points) else points
        self._lengths = np.einsum("nd,nd->n", self._shifted, self._shifted)

    def to(self, row: int) -> npt.NDArray[np.float64]:
        """Return (N,) squared distances to a point; exact where they are small."""
        both = self._lengths + self._lengths[row]
        products = self._shifted @ self._shifted[row]
        squares: npt.NDArray[np.float64] = (both - 2 * products).astype(np.float64)
        close = np.flatnonzero(squares <= _CLOSE * both)  # where the subtraction cancels digits
        squares[close] = pair_distances(self._points, self._points, close, np.full_like(close, row))
        return squares
