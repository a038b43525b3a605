"""The unit farthest from a growing set of centres, without all distances after every pick.

Two steps make it fast, and neither changes a pick:

* a unit's distance to its nearest centre can only shrink as centres are added, so an earlier
  distance is an upper bound; only units with the largest bounds are computed again, until the
  largest one is up to date (the lazy evaluation of Minoux 1978);
* ``|x|² + |y|² − 2·x·y`` in float32 costs one matrix product; its rounding error is bounded, so
  only the pairs that could be the nearest are computed again as a plain float64 difference.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError
from workbench.selection._batch import Rows
from workbench.selection._distances import Floats, blocks, pair_distances

_SAMPLE = 256
"""Units in the sample whose nearest centres all units are compared with first."""

_FIRST_CENTRES = 256
"""Centres that all units are compared with at the start."""

_REFRESH_ROWS = 32
"""Units updated together: few, because most never have the largest bound again."""


class FarthestFirst:
    """Farthest-first search over fixed points and growing centres.

    Args:
        points: (U, D) points to pick from.
        centres: (L, D) centres at the start; may be empty.
        picks: largest number of picks.

    Attributes:
        picked: rows of ``points`` in the order picked.

    Raises:
        ShapeError: if an embedding is too large to be squared.
    """

    def __init__(self, points: Floats, centres: Floats, picks: int) -> None:
        self.picked: list[int] = []
        self._count = len(centres)
        self._points = points
        self._centres = np.empty((len(centres) + picks, points.shape[1]), points.dtype)
        self._centres[: len(centres)] = centres
        self._shift_and_scale(centres)
        self._bound = np.full(len(points), np.inf)  # squared distance, never below the true one
        self._seen = np.zeros(
            len(points), dtype=np.int64
        )  # number of centres that the bound includes exactly
        self._bound_all()

    def _shift_and_scale(self, centres: Floats) -> None:
        """Store float32 copies around the origin, with lengths up to 1, to round the least."""
        offset = self._points[_spread(len(self._points))].mean(axis=0) if len(self._points) else 0.0
        points, centres = self._points - offset, centres - offset
        longest = max(float(_lengths(x).max(initial=0)) for x in (points, centres))
        if not np.isfinite(longest):
            raise ShapeError("The embeddings are too large to be squared; scale them first.")
        self._scale = longest**0.5 or 1.0
        points /= self._scale  # in place: another copy of all points would be the peak of memory
        self._flat = points.astype(np.float32, copy=False)
        self._flat_centres = np.zeros(self._centres.shape, np.float32)
        self._flat_centres[: len(centres)] = centres / self._scale
        self._lengths, self._centre_lengths = _lengths(self._flat), _lengths(self._flat_centres)
        # A sum of D products errs by at most D/2 machine epsilons of |x||y|; lengths are at most 1.
        self._slack = 2 * (self._points.shape[1] + 8) * float(np.finfo(np.float32).eps)

    def _products(self, rows: Rows | slice, centres: Rows | slice) -> npt.NDArray[np.float32]:
        """Return scaled squared distances (R, S), off by at most the slack."""
        squares: npt.NDArray[np.float32] = self._flat[rows] @ self._flat_centres[centres].T
        squares *= -2
        squares += self._lengths[rows, None]
        squares += self._centre_lengths[centres]
        return squares

    def _bound_all(self) -> None:
        """Bound every point's distance by the centres nearest to most points of a sample."""
        if not self._count or not len(self._points):
            return
        nearest = self._products(_spread(len(self._points)), slice(0, self._count)).argmin(axis=1)
        votes = np.bincount(nearest, minlength=self._count)
        centres = np.sort(np.argsort(-votes, kind="stable")[:_FIRST_CENTRES])
        for part in blocks(len(self._points)):
            near = self._products(part, centres).min(axis=1).astype(np.float64)
            self._bound[part] = (near + self._slack) * self._scale**2

    def pick(self, row: int) -> None:
        """Add a point to the centres."""
        self.picked.append(row)
        self._centres[self._count] = self._points[row]
        self._flat_centres[self._count] = self._flat[row]
        self._centre_lengths[self._count] = self._lengths[row]
        self._count += 1
        self._bound[row] = -1.0

    def farthest(self) -> int:
        """Return the point farthest from all centres; of equally far ones the first."""
        while True:
            row = int(self._bound.argmax())
            if self._seen[row] == self._count:
                return row
            self._refresh(row)

    def _refresh(self, row: int) -> None:
        """Update the bound of a point and of the points with the next largest bounds."""
        size = min(_REFRESH_ROWS, len(self._bound))
        top = np.argpartition(self._bound, -size)[-size:]
        top = np.union1d(top[(self._seen[top] < self._count) & (self._bound[top] >= 0)], row)
        new = self._seen[top] == 0
        for rows in (top[new], top[~new]):
            if len(rows):
                self._measure(rows, int(self._seen[rows].min()))
        self._seen[top] = self._count

    def _measure(self, rows: Rows, first: int) -> None:
        """Lower the rows' bounds to their exact distance from the centres behind ``first``."""
        if first == 0:
            self._bound[rows] = np.inf
        for part in blocks(self._count - first):
            centres = slice(first + part.start, first + part.stop)
            squares = self._products(rows, centres)
            bound = self._bound[rows] / self._scale**2
            reach = np.minimum(squares.min(axis=1) + self._slack, bound) + self._slack
            i, j = np.nonzero(squares <= reach[:, None])
            exact = pair_distances(self._points[rows], self._centres[centres], i, j)
            np.minimum.at(self._bound, rows[i], exact)


def _lengths(vectors: Floats) -> Floats:
    """Return the squared length of each row."""
    squares: Floats = np.einsum("nd,nd->n", vectors, vectors)
    return squares


def _spread(n: int) -> Rows:
    """Return a sample of rows, evenly spread."""
    return np.arange(0, n, max(1, n // _SAMPLE))
