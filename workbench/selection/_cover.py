"""Greedy cover: units that together are similar to as much of the pool as possible.

``F(S) = Σ over the pool of max over S of similarity`` is submodular, so the greedy batch reaches at
least 1 − 1/e of the best [Nemhauser et al. 1978], and an earlier gain is an upper bound of the
current gain: only units with the largest bounds are computed again [Minoux 1978].
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from workbench.selection._batch import Rows
from workbench.selection._distances import Floats, first_equal

Similarity = Callable[[Floats, Floats], Floats]
"""(N, D), (M, D) ► (N, M), never negative."""

_CELLS = 4_000_000
"""Similarities in memory at once: 16 MiB."""

_REFRESH_ROWS = 8
"""Gains computed together."""

ROUNDING = 1e-6
"""Upper bound of the float32 rounding error of squared distances of unit vectors; a gain in
similarity below it counts as 0."""


def cosine(threshold: float | None = None) -> Similarity:
    """Return cosine similarity of unit vectors, negative ones as 0; with a threshold 1 or 0."""

    def similar(x: Floats, y: Floats) -> Floats:
        products: Floats = x @ y.T
        if threshold is None:
            return np.maximum(products, 0)
        return (products >= threshold - ROUNDING).astype(np.float32)

    return similar


def within(radius: float) -> Similarity:
    """Return the similarity that is 1 for points at most ``radius`` apart, else 0."""

    def similar(x: Floats, y: Floats) -> Floats:
        squares = np.einsum("nd,nd->n", x, x)[:, None] - 2 * (x @ y.T)
        squares += np.einsum("nd,nd->n", y, y)
        near: Floats = (squares <= radius**2 + ROUNDING).astype(np.float32)
        return near

    return similar


class LazyCover:
    """Lazy greedy search for the rows of ``units`` that best cover ``pool``.

    Args:
        units: (U, D) points to pick from.
        pool: (P, D) points to cover.
        similarity: similarity of units and pool.
        covering: (L, D) points that cover the pool from the start, e.g. the labelled units.

    Attributes:
        evaluations: gains computed so far; plain greedy computes U per pick.
    """

    def __init__(
        self, units: Floats, pool: Floats, similarity: Similarity, covering: Floats | None = None
    ) -> None:
        self._units, self._pool, self._similarity = units, pool, similarity
        self._best = np.zeros(len(pool))  # similarity of each pool unit to the nearest cover
        if covering is not None:
            for part in self._parts(len(covering)):
                similar = similarity(covering[part], pool)
                self._best = np.maximum(self._best, similar.max(axis=0, initial=0))
        self.evaluations = 0

    def pick(self, k: int) -> Rows:
        """Return at most ``k`` rows in the order picked; equal gains go to the first row.

        Of identical units only the first one is considered: what one covers, another does not cover
        again. Fewer than ``k`` are returned where no other unit covers anything more.
        """
        picked: list[int] = []
        heads = first_equal(self._units) == np.arange(len(self._units))
        gains = np.full(len(self._units), np.inf)
        for part in self._parts(len(gains)):
            gains[part] = self._gains(np.arange(part.start, part.stop))
        gains[~heads] = -np.inf
        measured = np.zeros(len(gains), dtype=np.int64)
        while len(picked) < k:
            row = int(gains.argmax())
            if measured[row] == len(picked):
                if not gains[row] > 0:
                    break
                picked.append(row)
                gains[row] = -np.inf
                similar = self._similarity(self._units[row : row + 1], self._pool)[0]
                self._best = np.maximum(self._best, similar)
                continue
            size = min(_REFRESH_ROWS, len(gains))
            top = np.argpartition(gains, -size)[-size:]
            top = np.union1d(top[(measured[top] < len(picked)) & np.isfinite(gains[top])], row)
            gains[top] = self._gains(top)
            measured[top] = len(picked)
        return np.array(picked, dtype=np.int64)

    def gains(self) -> npt.NDArray[np.float64]:
        """Return (U,) what each unit would add to the cover."""
        parts = self._parts(len(self._units))
        found = [self._gains(np.arange(part.start, part.stop)) for part in parts]
        return np.concatenate(found) if found else np.empty(0)

    def _gains(self, rows: Rows) -> npt.NDArray[np.float64]:
        self.evaluations += len(rows)
        similar = self._similarity(self._units[rows], self._pool)
        more = similar - self._best
        more[more < ROUNDING] = 0
        gains: npt.NDArray[np.float64] = more.sum(axis=1)
        return gains

    def _parts(self, n: int) -> list[slice]:
        size = max(1, _CELLS // max(1, len(self._pool)))
        return [slice(start, min(start + size, n)) for start in range(0, n, size)]
