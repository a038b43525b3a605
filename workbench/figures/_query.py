"""One query of a run, read again from the store: its candidates, its picks, and what decided.

The store holds the picks in order, every candidate's score and, where they were kept, embeddings
and class shares. By which value a selector picks is worked out again by the selector's own code
(``SelectorEntry.decides``); where that is not possible it is said, never guessed.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import WorkbenchError
from workbench.naming import rider_column, score_name, split_score
from workbench.pool.costs import costs_of
from workbench.selection import POOL_FILTERS, SELECTORS
from workbench.types import image_numbers

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store import Cycle, Run
    from workbench.types import Candidates, UnitIds

MOST = 20_000
"""Candidates up to which a value that depends on the others is worked out again: a second or so."""

_NAN = float("nan")


class Decided(NamedTuple):
    """What decided on a unit, once the units picked before it were.

    Attributes:
        value: by which the selector picks; NaN where it is not known or the unit not considered.
        rank: 1 for the largest value left; 0 without a value.
        left: candidates that were left.
        margin: to the largest other value left, for a unit that was picked; to the value of the
            last pick, for another one.
        missing: a sentence on why the value is not known; empty otherwise.
    """

    value: float = _NAN
    rank: int = 0
    left: int = 0
    margin: float = _NAN
    missing: str = ""


class Query:
    """One query of a run.

    Args:
        run: the run.
        number: the number of a published cycle.

    Raises:
        StoreError: if the cycle is not published, or its manifest or selection is damaged.
    """

    def __init__(self, run: Run, number: int) -> None:
        self.run = run
        self.cycle: Cycle = run.cycle(number)
        self.method = run.method
        self.selector = SELECTORS.bind(run.method.selector)
        chosen = run.selection(number)
        self.picked: UnitIds = np.empty(0, np.int64) if chosen is None else chosen.unit_ids
        reasons = [] if chosen is None else chosen.reasons
        self.reasons = dict(zip(self.picked.tolist(), reasons, strict=False))

    @property
    def ranks_by_score(self) -> bool:
        """Whether the selector reads a score."""
        return self.method.score is not None and "scores" in self.selector.entry.arrays

    @property
    def score_name(self) -> str:
        """The score that the method reads; else entropy, or the first one that is stored."""
        if self.ranks_by_score:
            return str(self.method.score)
        held = self.cycle.unit_score_columns
        return "entropy" if "entropy" in held or not held else held[0].partition("/")[0]

    @cached_property
    def scores(self) -> pd.Series:
        """Scores of the candidates that the pool filter leaves, by unit id.

        Raises:
            NotStoredError: if the cycle does not hold them.
        """
        own = self.method.aggregation if self.ranks_by_score else "mean"
        found = self.cycle.unit_scores(self.score_name, own)
        return found if self.allowed is None else found[self.allowed[image_numbers(found.index)]]

    @cached_property
    def allowed(self) -> npt.NDArray[np.bool_] | None:
        """(I,) whether the pool filter leaves each image; ``None`` without one."""
        if self.method.pool_filter is None:
            return None
        images = self.run.experiment.geometry.images
        found: npt.NDArray[np.bool_] = POOL_FILTERS.bind(self.method.pool_filter).call(
            images.sequences, images.frames
        )
        return found

    def place(self, unit_id: int) -> int:
        """Return the place of a unit among the picks, from 1; 0 if it is none."""
        return int(np.flatnonzero(self.picked == unit_id)[0]) + 1 if unit_id in self.picked else 0

    def decided(self, unit_id: int) -> Decided:
        """Work out again what decided on a unit."""
        entry = self.selector.entry
        if not entry.decides or not len(self.picked):
            return Decided()
        if len(self.scores) > MOST and not entry.ranks:
            few = f"{MOST:,} candidates, and there were {len(self.scores):,}"
            return Decided(missing=f"What decided is worked out again for up to {few}.")
        try:
            return self._decided(unit_id, self._candidates)
        except WorkbenchError as error:
            return Decided(missing=f"What decided cannot be worked out again: {error}")

    def _decided(self, unit_id: int, candidates: Candidates) -> Decided:
        place = self.place(unit_id)
        before = self.picked[: (place or len(self.picked)) - 1]
        found = self.selector.entry.value(
            candidates, before, len(self.picked), self.selector.options
        )
        left = ~np.isin(candidates.unit_ids, before)
        mine = candidates.unit_ids == unit_id
        if found is None or not mine.any() or np.isnan(value := float(found[mine][0])):
            return Decided(left=int(left.sum()))
        rank = 1 + int((found[left] > value).sum())
        others = found[left & ~mine] if place else found[candidates.unit_ids == self.picked[-1]]
        margin = value - float(np.nanmax(others)) if not np.isnan(others).all() else _NAN
        return Decided(value, rank, int(left.sum()), margin)

    @cached_property
    def _candidates(self) -> Candidates:
        """The candidates as the query read them, with the arrays that the selector reads."""
        cycle, reads = self.cycle, self.selector.entry.arrays
        units, geometry = cycle.units, self.run.experiment.geometry
        placed = geometry.candidates(units["unit_id"].to_numpy(), "pixels", cycle.labelled)
        found: dict[str, npt.NDArray[Any] | None] = {"costs": None}
        if self.ranks_by_score:
            own = cycle.unit_scores(self.score_name, self.method.aggregation)
            found["scores"] = own.reindex(placed.unit_ids).to_numpy()
        if "class_shares" in reads:
            found["class_shares"] = class_shares(cycle).to_numpy(np.float32)
        if self.method.costs is not None and "costs" in reads:
            areas = placed.require("costs")
            found["costs"] = costs_of(self.method.costs, units, areas, None)
        if any(name.endswith("embeddings") for name in reads):
            held = cycle.embeddings
            rows = np.searchsorted(held.unit_ids, placed.unit_ids)
            found["embeddings"] = held.vectors[rows]
            found["labelled_embeddings"] = held.vectors[held.labelled]
        candidates = placed.with_arrays(**found)  # type: ignore[arg-type]
        if self.allowed is None:
            return candidates
        return candidates.take(self.allowed[image_numbers(candidates.unit_ids)])


def class_shares(cycle: Cycle) -> pd.DataFrame:
    """Return the predicted share of each class in each candidate, one column a class."""
    return cycle.units[[f"class_{number}" for number in range(cycle.classes)]]


def column_name(query: Query) -> str:
    """Return a query's score in one word for tables: its canonical name."""
    written = rider_column(query.score_name)
    return written if written is not None else score_name(*split_score(query.score_name))
