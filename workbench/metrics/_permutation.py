"""Test of paired differences over seeds by exchanging the two methods of a pair.

If two methods are alike, each seed's difference could as well have the other sign. The test counts
how many of the 2ⁿ ways to choose the signs give a mean at least as far from 0 (Fisher's
randomisation test for pairs). It assumes no distribution; with n seeds its least p is 2/2ⁿ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError

ALPHA = 0.05
"""Level of significance: at most this share of pairs that are alike is called different."""

MOST_EXACT = 16
"""Seeds up to which all 2ⁿ choices of signs are counted."""

DRAWS = 100_000
"""Choices of signs that are drawn for more seeds."""

_CELLS_AT_ONCE = 4_000_000


class PermutationTest(NamedTuple):
    """Two-sided p values.

    Attributes:
        p: (cells,) in (0, 1].
        error: bound on the standard error of each p; 0 where all choices of signs were counted,
            else 1/(2√draws), the largest that a share of so many draws can have.
    """

    p: npt.NDArray[np.float64]
    error: float


def paired_permutation_test(
    differences: npt.ArrayLike, rng: np.random.Generator
) -> PermutationTest:
    """Test whether the mean of paired differences is 0, for many quantities at once.

    Exact up to :data:`MOST_EXACT` seeds. Beyond, :data:`DRAWS` choices of signs are drawn, the
    observed one is counted with them, so that alike methods are called different no more often than
    stated (Phipson & Smyth 2010).

    Args:
        differences: (n,) or (n, cells), one row a seed.
        rng: draws the signs where there are too many choices to count.

    Raises:
        ShapeError: if there is no seed, or a difference is not finite.
    """
    d = np.asarray(differences, dtype=np.float64)
    d = d[:, None] if d.ndim == 1 else d
    if d.ndim != 2 or not len(d) or not np.isfinite(d).all():
        raise ShapeError(f"The differences have shape {d.shape}; wanted finite (seeds, cells).")
    observed = np.abs(d.sum(axis=0))
    # sums of the same numbers in another order differ in the last digits
    reached = observed - 1e-12 * np.abs(d).sum(axis=0)
    hits = np.zeros(d.shape[1])
    n = len(d)
    rows = max(1, _CELLS_AT_ONCE // max(d.shape[1], n))
    exact = n <= MOST_EXACT
    for signs in _all_signs(n, rows) if exact else _drawn_signs(n, rows, rng):
        hits += (np.abs(signs @ d) >= reached).sum(axis=0)
    if exact:
        return PermutationTest(hits / 2 ** (n - 1), 0.0)
    return PermutationTest((hits + 1) / (DRAWS + 1), 0.5 / math.sqrt(DRAWS))


def least_p(seeds: int) -> float:
    """Return the least p that the exact test can give with so many seeds: 2/2ⁿ, at most 1."""
    return min(1.0, 2.0 ** (1 - seeds))


def fewest_seeds(tests: int = 1, alpha: float = ALPHA) -> int:
    """Return how many seeds the exact test needs before any difference can be significant.

    Args:
        tests: how many tests Holm's correction is made for.
        alpha: level of significance.
    """
    return math.ceil(1 + math.log2(max(1, tests) / alpha) - 1e-12)


def _all_signs(n: int, rows: int) -> Iterator[npt.NDArray[np.float64]]:
    """Yield the choices of signs, half of them: the other half gives the same distances from 0."""
    places = np.arange(n)
    for start in range(0, 2 ** (n - 1), rows):
        numbers = np.arange(start, min(start + rows, 2 ** (n - 1)))
        yield np.where((numbers[:, None] >> places) & 1, -1.0, 1.0)


def _drawn_signs(n: int, rows: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.float64]]:
    for start in range(0, DRAWS, rows):
        yield np.where(rng.integers(0, 2, (min(rows, DRAWS - start), n)), -1.0, 1.0)
