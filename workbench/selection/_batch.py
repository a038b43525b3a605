"""What every selector does first: a fixed order of candidates and a batch size that fits."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from workbench.errors import ConfigError, ScoreError
from workbench.types import Candidates

Rows = npt.NDArray[np.int64]
"""(K,) positions in the candidates at hand; they never leave the function that made them."""


def prepared(candidates: Candidates, k: int) -> tuple[Candidates, int]:
    """Return the candidates sorted by id and the number of units that can be picked.

    Raises:
        ConfigError: if ``k`` is negative.
    """
    if k < 0:
        raise ConfigError(f"A batch of {k} units was asked for; wanted 0 or more.")
    return candidates.ordered(), min(int(k), len(candidates))


def by_score(scores: npt.NDArray[np.floating]) -> Rows:
    """Return rows from the largest score to the smallest; equal scores keep the rows' order.

    Args:
        scores: (U,) of candidates that are sorted by id, so that ties go to the smaller id.
    """
    return np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")


def unit_interval(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return values moved and scaled to 0 … 1; zeros where all are equal."""
    shifted = np.asarray(values, dtype=np.float64)
    shifted = shifted - shifted.min(initial=np.inf)
    top = shifted.max(initial=0.0)
    return shifted / top if top > 0 else np.zeros_like(shifted)


def filled(picked: list[int], order: Rows, k: int) -> Rows:
    """Return picked rows, then rows from ``order`` that are not among them, ``k`` in all."""
    rest = order[~np.isin(order, picked)]
    return np.concatenate([np.array(picked, dtype=np.int64), rest])[:k]


def in_turns(
    queues: Iterable[Iterable[int]], k: int, rng: np.random.Generator | None = None
) -> list[int]:
    """Take one row from each queue in turn, until ``k`` different rows are there or none is left.

    Args:
        queues: rows, best first; a row may stand in several.
        k: rows wanted.
        rng: draws the order of the queues anew in each round; ``None`` keeps it.
    """
    left = dict(enumerate(map(iter, queues)))
    picked: dict[int, None] = {}
    while left and len(picked) < k:
        for place in list(left) if rng is None else rng.permutation(list(left)).tolist():
            row = next((int(r) for r in left[place] if int(r) not in picked), None)
            if row is None:
                del left[place]
            elif len(picked) < k:
                picked[row] = None
    return list(picked)


def positive(candidates: Candidates) -> npt.NDArray[np.float64]:
    """Return the scores of a selector that multiplies them.

    Raises:
        ScoreError: if one is negative.
    """
    scores = candidates.require("scores").astype(np.float64)
    if (scores < 0).any():
        unit = candidates.unit_ids[int(np.flatnonzero(scores < 0)[0])]
        raise ScoreError(
            f"The score of unit {unit} is negative; this selector multiplies scores and needs them "
            "from 0 upwards."
        )
    return scores
