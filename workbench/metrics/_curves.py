"""Summaries of a learning curve in one number: ALC, AUC@B, mIoU@B."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError

Line = npt.NDArray[np.float64]


def alc(images: npt.ArrayLike, miou: npt.ArrayLike, full_miou: float) -> float:
    """Return the area under the learning curve, normalised as by Chen et al. (V, Table I).

    The curve is scaled so that its first value is 0 and the mIoU with the whole pool labelled is 1;
    a method that reaches the latter at once gets, from 50 to 400 images, just under 350.

    Args:
        images: (N,) labelled amount in images or their pixel equivalent, increasing.
        miou: (N,) mIoU there, in any unit.
        full_miou: mIoU with the whole pool labelled, in the same unit.

    Returns:
        Area in images; negative where the curve falls below its start.

    Raises:
        ShapeError: if the lengths differ, or ``full_miou`` equals the first mIoU.
    """
    x, y = _curve(images, miou)
    span = full_miou - y[0]
    if not np.isfinite(span) or span == 0:
        raise ShapeError(
            f"The whole pool's mIoU is {full_miou}, the curve starts at {y[0]}; they must be "
            "finite and differ, or the curve cannot be normalised."
        )
    return float(np.trapezoid((y - y[0]) / span, x))


def auc_at(fractions: npt.ArrayLike, miou: npt.ArrayLike, budget: float) -> float:
    """Return AUC@B: the area under mIoU from the first budget to B [Mittal et al., 3.3].

    A constant 68.42 from 0.10 to 0.50 gives 27.368.

    Args:
        fractions: (N,) nominal budgets, I + kS for cycle k, as shares of the pool's images; whole
            images or units may lie below them, and then the labelled share ends before B (see
            ``workbench.pool.nominal_shares``).
        miou: (N,) mIoU there; in percent for the paper's numbers.
        budget: B, the share at which the area ends; between two points the curve is straight.

    Returns:
        Area in the unit of ``miou``.

    Raises:
        ShapeError: if the curve does not reach from its start to B.
    """
    x, y = _curve(fractions, miou)
    end = _within(x, budget)
    before = x < end
    return float(np.trapezoid([*y[before], np.interp(end, x, y)], [*x[before], end]))


def miou_at(fractions: npt.ArrayLike, miou: npt.ArrayLike, budget: float) -> float:
    """Return mIoU@B: the mIoU of the cycle whose budget is B [Mittal et al., 3.3].

    Args:
        fractions: (N,) nominal budgets, as for :func:`auc_at`.
        miou: (N,) mIoU there.
        budget: B; between two points the curve is a straight line.

    Raises:
        ShapeError: if the curve does not reach B.
    """
    x, y = _curve(fractions, miou)
    return float(np.interp(_within(x, budget), x, y))


def _curve(amounts: npt.ArrayLike, miou: npt.ArrayLike) -> tuple[Line, Line]:
    x, y = np.asarray(amounts, dtype=np.float64), np.asarray(miou, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape or not len(x):
        raise ShapeError(
            f"The curve has {x.shape} amounts and {y.shape} mIoUs; wanted two lists of one length."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all() and (np.diff(x) > 0).all()):
        raise ShapeError("A learning curve needs finite values and amounts that grow.")
    return x, y


def _within(x: Line, budget: float) -> float:
    """Return the budget, set to the curve's end where the two differ by rounding only."""
    slack = 1e-9 * max(1.0, abs(budget))
    if not x[0] - slack <= budget <= x[-1] + slack:
        raise ShapeError(
            f"The budget is {budget:g}; the curve runs from {x[0]:g} to {x[-1]:g}; choose one."
        )
    return float(np.clip(budget, x[0], x[-1]))
