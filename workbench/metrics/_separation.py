"""Several tests at once, and how many seeds would tell two methods apart.

Both are also in statsmodels, which the tests compare with. It is no dependency: it takes a second
to load, and its ``multipletests`` collects the garbage of the whole process at each call, a tenth
of a second and more behind a dashboard.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError
from workbench.metrics._permutation import ALPHA, fewest_seeds

POWER = 0.8
"""Chance to find a difference that is there, at the number of seeds that is told."""

MOST_NEEDED = 1000
"""Largest number of seeds that is told; beyond, a difference is as good as none."""


def holm(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return p values corrected for their number by Holm's step-down method (Holm 1979).

    Calling those at most α different calls any pair of a family of alike ones different with a
    chance of at most α.

    Args:
        p: (tests,) in [0, 1]; NaN is no test and stays NaN.

    Raises:
        ShapeError: if a value lies outside [0, 1].
    """
    values = np.asarray(p, dtype=np.float64)
    known = np.isfinite(values)
    if values.ndim != 1 or not ((values[known] >= 0) & (values[known] <= 1)).all():
        raise ShapeError("Holm's correction wants a list of p values between 0 and 1.")
    order = np.argsort(values)[: int(known.sum())]  # NaN sorts last
    left = np.arange(len(order), 0, -1)
    corrected = np.full_like(values, np.nan)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(values[order] * left))
    return corrected


def seeds_needed(mean: float, sd: float, tests: int = 1, alpha: float = ALPHA) -> int | None:
    """Return about how many seeds would tell a difference from 0.

    The number at which a paired t test at α divided by the number of tests finds, with a chance of
    :data:`POWER`, a difference as large as the observed one among seeds that spread as the observed
    ones do; never fewer than the permutation test can call significant. A rough number: mean and
    spread are those of the few seeds at hand.

    Args:
        mean: observed mean of the paired differences.
        sd: their standard deviation, in the same unit.
        tests: how many tests are made together.
        alpha: level of significance of all tests together.

    Returns:
        2 … :data:`MOST_NEEDED`; ``None`` if it is larger, or there is no difference.

    Raises:
        ShapeError: if mean or standard deviation are not finite, or the latter is negative.
    """
    if not (np.isfinite(mean) and np.isfinite(sd)) or sd < 0:
        raise ShapeError(f"The differences have mean {mean} and standard deviation {sd}.")
    least = fewest_seeds(tests, alpha)
    if mean == 0:
        return None
    if sd == 0:
        return least
    effect, level = abs(mean) / sd, alpha / max(1, tests)

    def finds(n: int) -> bool:
        return _power(effect, n, level) >= POWER

    low, high = 1, 2  # one seed has no spread, and so no power
    while not finds(high):  # from few to many: far above what is needed the power overflows
        if high >= MOST_NEEDED:
            return None
        low, high = high, min(2 * high, MOST_NEEDED)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if finds(middle) else (middle, high)
    return max(high, least)


def _power(effect: float, n: int, level: float) -> float:
    """Return the chance that a two-sided paired t test finds a difference of n pairs.

    Args:
        effect: mean over standard deviation of the differences, above 0.
        n: number of pairs, 2 or more.
        level: level of significance.
    """
    from scipy.stats import nct, t  # type: ignore[import-untyped]

    critical, shift = t.isf(level / 2, n - 1), effect * np.sqrt(n)
    return float(nct.sf(critical, n - 1, shift) + nct.cdf(-critical, n - 1, shift))
