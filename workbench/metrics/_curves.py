"""Summaries of a learning curve in one number: ALC, AUC@B, mIoU@B, the labels that it saves."""

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
    return float(np.trapezoid(normalised(y[None], full_miou)[0], x))


def normalised(miou: npt.ArrayLike, full_miou: float) -> Line:
    """Scale the curves of several seeds by what their mean is scaled by (Chen et al. V, Fig. 3).

    Chen et al. average the seeds first and then set the mean's start to 0 and the mIoU with the
    whole pool labelled to 1. Each seed is scaled by the same two numbers here, so that the mean of
    the seeds' curves is the paper's curve, the mean of their areas its ALC, and their spread is
    left to look at; the spread of the two numbers themselves is not in it.

    Args:
        miou: (seeds, N) mIoU of each seed at the same budgets, in any unit.
        full_miou: mIoU with the whole pool labelled, in the same unit; its mean, for several.

    Returns:
        (seeds, N); below 0 where a curve falls below the mean start.

    Raises:
        ShapeError: if ``full_miou`` equals the mean start, or a value is not finite.
    """
    y = np.asarray(miou, dtype=np.float64)
    if y.ndim != 2 or not y.size:
        raise ShapeError(f"The seeds' curves have shape {y.shape}; wanted (seeds, budgets).")
    start = y[:, 0].mean()
    span = full_miou - start
    if not np.isfinite(span) or span == 0:
        raise ShapeError(
            f"The whole pool's mIoU is {full_miou}, the curve starts at {start}; they must be "
            "finite and differ, or the curve cannot be normalised."
        )
    return np.asarray((y - start) / span)


def label_saving(
    amounts: npt.ArrayLike,
    miou: npt.ArrayLike,
    of_amounts: npt.ArrayLike,
    of_miou: npt.ArrayLike,
    amount: float,
) -> float:
    """Return the share of labels that a method saves against another at equal mIoU.

    Chen et al. (V): at 63 % mIoU the best method uses 50 % less labelled data than random. What the
    other method reaches with ``amount`` is looked up on this method's curve, straight between two
    points: where it is reached for the first time.

    Args:
        amounts: (N,) labelled amounts of the method, increasing.
        miou: (N,) its mIoU there, of the mean over seeds.
        of_amounts: (M,) labelled amounts of the other method, in the same unit.
        of_miou: (M,) its mIoU there.
        amount: what the other method has labelled, within its curve and above 0.

    Returns:
        0.5: half of the labels; negative where more are needed; NaN where the curve never gets
        there.

    Raises:
        ShapeError: if the other method's curve does not reach ``amount``, or a curve is none.
    """
    x, y = _curve(amounts, miou)
    wanted = miou_at(of_amounts, of_miou, amount)
    return 1 - amount_to_reach(x, y, wanted) / amount if amount > 0 else float("nan")


def amount_to_reach(amounts: npt.ArrayLike, miou: npt.ArrayLike, wanted: float) -> float:
    """Return the labelled amount at which a curve first reaches an mIoU.

    CEREALS (Mackowiak et al. 2018, as Gu tells it, III-B.1 and Fig. 10) is summed up so: the clicks
    at which the curve meets 95 % of the mIoU of full supervision.

    Args:
        amounts: (N,) labelled amounts in any unit, increasing.
        miou: (N,) mIoU there; between two points the curve is straight.
        wanted: the mIoU, in the same unit.

    Returns:
        The amount, that of the first point where the curve begins above; NaN where the curve never
        gets there.

    Raises:
        ShapeError: if the lengths differ, or the amounts do not grow.
    """
    x, y = _curve(amounts, miou)
    reached = np.flatnonzero(y >= wanted)
    if not len(reached):
        return float("nan")
    at = int(reached[0])
    if at == 0:
        return float(x[0])
    part = (wanted - y[at - 1]) / (y[at] - y[at - 1])
    return float(x[at - 1] + part * (x[at] - x[at - 1]))


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
