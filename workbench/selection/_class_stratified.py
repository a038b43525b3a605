"""Class-stratified scores: part of the batch is divided between the predicted classes.

After ClaSP PE (TMLR 2026, code in MIC-DKFZ/nnActive): two thirds of a query are divided equally
between the foreground classes, each by the score times the class's probability; the rest is picked
by the score.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.selection._batch import Rows, by_score, filled, in_turns, positive, prepared
from workbench.types import Candidates, UnitIds


def class_stratified(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator,
    share: float = 0.66,
    background: int | None = None,
    beta: float | None = None,
) -> UnitIds:
    """Pick a share of the batch class by class, the rest by score alone.

    Args:
        candidates: ``scores`` (U,), not negative, and ``class_shares`` (U, C).
        k: number of units to pick.
        rng: source of the noise, if there is any.
        share: part of the batch that is divided between the classes.
        background: a class that gets no part; ``None``: every class gets one.
        beta: power noise as in ``power_noise``; ``None`` for none. In ClaSP PE it grows from 1 to
            100 over the cycles.

    Returns:
        (min(k, U),) unit ids: the classes' picks in turns, then the rest. A class that is
        predicted in no remaining unit is skipped.

    Raises:
        ShapeError: if an array is missing or not finite.
        ScoreError: if a score is negative.
    """
    candidates, k = prepared(candidates, k, rng)
    scores = positive(candidates)
    shares = candidates.require("class_shares")
    noise = np.zeros(len(scores)) if beta is None else rng.gumbel(size=len(scores)) / beta
    with np.errstate(divide="ignore"):
        plain = by_score(np.log(scores) + noise)
        by_class = [
            _ranked(np.log(scores * shares[:, c]) + noise)
            for c in range(shares.shape[1])
            if c != background
        ]
    picked = in_turns(by_class, round(share * k))
    return candidates.unit_ids[filled(picked, plain, k)]


def _ranked(values: npt.NDArray[np.float64]) -> Rows:
    """Return rows from the largest value down, without those that are minus infinity."""
    order = by_score(values)
    return order[np.isfinite(values[order])]
