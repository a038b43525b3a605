"""The first step of every selector: candidates in the order of ties, the size of the batch.

Ties are broken by a permutation of the ids that is drawn from the selector's generator: by id
alone, equal scores (e.g. counts of zero) would select the first images of the first sequence. All
selectors draw it first, so those that start from the same generator break ties alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.errors import ConfigError, ScoreError
from workbench.types import Candidates, UnitIds

Rows = npt.NDArray[np.int64]
"""(K,) positions in the selector's candidates; only unit ids leave a selector."""

Keys = npt.NDArray[np.uint64]
"""(U,) numbers that break ties."""

_LARGEST = np.iinfo(np.uint64).max


def prepared(
    candidates: Candidates, k: int, rng: np.random.Generator | None
) -> tuple[Candidates, int]:
    """Return the candidates in the order of ties and the number of units that can be picked.

    A function that picks the first of equal rows therefore breaks ties by :class:`Ties`.

    Args:
        candidates: in any order.
        k: number of units wanted.
        rng: the selector's, from which nothing has been drawn yet.

    Raises:
        ConfigError: if ``k`` is negative.
    """
    by_id, k, ties = ranking(candidates, k, rng)
    return (by_id if rng is None else by_id.take(np.argsort(ties.keys()))), k


def ranking(
    candidates: Candidates, k: int, rng: np.random.Generator | None
) -> tuple[Candidates, int, Ties]:
    """Return the candidates sorted by id, the number that can be picked, and what breaks ties.

    For selectors that rank by one number per unit: millions of windows are not reordered.

    Args:
        candidates: in any order.
        k: number of units wanted.
        rng: the selector's, from which nothing has been drawn yet.

    Raises:
        ConfigError: if ``k`` is negative.
    """
    if k < 0:
        raise ConfigError(f"The batch is {k} units; wanted 0 or more.")
    by_id = candidates.ordered()
    return by_id, min(int(k), len(by_id)), Ties.drawn(by_id.unit_ids, rng)


@dataclass(frozen=True)
class Ties:
    """Keys that break ties: of units with equal values the one with the lowest key is first.

    Keys are computed only for rows with equal scores: among millions of windows these are few.

    Attributes:
        unit_ids: (U,) in any order.
        drawn_number: mixed with the ids; ``None``: the keys are the ids themselves.
    """

    unit_ids: UnitIds
    drawn_number: np.uint64 | None

    @classmethod
    def drawn(cls, unit_ids: UnitIds, rng: np.random.Generator | None) -> Ties:
        """Draw one number for any set of units, so their order does not depend on the others.

        Args:
            unit_ids: (U,) in any order.
            rng: draws the permutation; ``None``: by the ids themselves.
        """
        number = None if rng is None else rng.integers(_LARGEST, dtype=np.uint64, endpoint=True)
        return cls(unit_ids, number)

    def keys(self, rows: Rows | slice = slice(None)) -> Keys:
        """Return (K,) a different number for each row."""
        ids = self.unit_ids[rows].astype(np.uint64)
        return ids if self.drawn_number is None else _mixed(ids ^ self.drawn_number)


def _mixed(numbers: Keys) -> Keys:
    """Mix the bits of each number bijectively: splitmix64.

    Steele, Lea, Flood 2014.
    """
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)  # wraps around
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def by_score(scores: npt.NDArray[np.floating], ties: Ties | None = None) -> Rows:
    """Return rows from the largest score to the smallest.

    Args:
        scores: (U,).
        ties: of the same units; of equal scores the lowest key is first; ``None``: the first row.
    """
    falling = -np.asarray(scores, dtype=np.float64)
    order = np.argsort(falling, kind="stable")
    falling = falling[order]
    same = falling[1:] == falling[:-1]
    if ties is not None and same.any():
        tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
        rows, group = order[tied], np.cumsum(~np.append(False, same))[tied]
        order[tied] = rows[np.lexsort((ties.keys(rows), group))]
    return order


def rows_of(candidates: Candidates, ids: UnitIds) -> Rows:
    """Return the rows of some candidates, in the order of the ids."""
    order = np.argsort(candidates.unit_ids, kind="stable")
    rows: Rows = order[np.searchsorted(candidates.unit_ids, ids, sorter=order)]
    return rows


def own_scores(
    candidates: Candidates,
    picked: UnitIds,  # noqa: ARG001 - a score does not depend on the batch
    k: int,  # noqa: ARG001
    **_: object,
) -> npt.NDArray[np.floating]:
    """Return (U,) the score itself, for selectors that rank or draw by it."""
    return candidates.require("scores")


def most_uncertain(candidates: Candidates) -> Rows:
    """Return all rows from the largest score down; without scores in their order.

    Args:
        candidates: in the order of ties.
    """
    if candidates.scores is None:
        return np.arange(len(candidates))
    return by_score(candidates.require("scores"))


def unit_interval(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return values shifted and scaled to 0 … 1; zeros where all are equal."""
    shifted = np.asarray(values, dtype=np.float64)
    shifted = shifted - shifted.min(initial=np.inf)
    top = shifted.max(initial=0.0)
    return shifted / top if top > 0 else np.zeros_like(shifted)


def share_of_largest(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return values from 0 upwards divided by the largest; zeros where all are 0."""
    shares = np.asarray(values, dtype=np.float64)
    top = shares.max(initial=0.0)
    return shares / top if top > 0 else np.zeros_like(shares)


def filled(picked: list[int], order: Rows, k: int) -> Rows:
    """Return picked rows, then rows from ``order`` that are not among them, ``k`` in all."""
    rest = order[~np.isin(order, picked)]
    return np.concatenate([np.array(picked, dtype=np.int64), rest])[:k]


def in_turns(
    queues: Iterable[Iterable[int]], k: int, rng: np.random.Generator | None = None
) -> list[int]:
    """Take one row from each queue in turn, until there are ``k`` different rows or none is left.

    Args:
        queues: rows, best first; a row may be in several queues.
        k: number of rows to take.
        rng: draws a new order of the queues in each round; ``None``: the order does not change.
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
    """Return the scores, checked for a selector that multiplies them.

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
