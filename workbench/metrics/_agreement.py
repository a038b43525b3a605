"""Agreement of two queries, or of two scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError


def overlap(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return the number of units in both queries as a share of the smaller query.

    Args:
        first: unit ids, each once.
        second: unit ids, each once.

    Returns:
        0 … 1; NaN if either is empty.
    """
    a, b = np.unique(np.asarray(first)), np.unique(np.asarray(second))
    smaller = min(len(a), len(b))
    return len(np.intersect1d(a, b)) / smaller if smaller else float("nan")


def jaccard(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return the number of units in both queries as a share of the units in either.

    Args:
        first: unit ids.
        second: unit ids.

    Returns:
        0 (nothing in common) … 1 (the same units); NaN if both are empty.
    """
    a, b = np.asarray(first), np.asarray(second)
    union = len(np.union1d(a, b))
    return len(np.intersect1d(a, b)) / union if union else float("nan")


def rank_correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return Kendall's τ-b of two scores of the same units.

    Args:
        first: (U,) one score.
        second: (U,) the other one, in the same order of units.

    Returns:
        −1 (reversed) … 1 (the same order); NaN for fewer than two units or where one score is the
        same for all units.

    Raises:
        ShapeError: if the two differ in length or hold values that are not finite.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ShapeError(
            f"Scores of shapes {a.shape} and {b.shape}; wanted two lists of one length."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ShapeError("A score holds a value that is not finite; it cannot be ranked.")
    if len(a) < 2:
        return float("nan")
    from scipy.stats import kendalltau  # type: ignore[import-untyped]

    return float(kendalltau(a, b).statistic)
