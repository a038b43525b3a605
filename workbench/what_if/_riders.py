"""Columns that riders wrote: stored ones, and for other units what their stored maps give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.aggregation import AGGREGATIONS
from workbench.errors import NotStoredError
from workbench.learning import RIDERS
from workbench.naming import DEFAULT_AGGREGATION
from workbench.observation import class_columns
from workbench.what_if._pool import UnitScores

if TYPE_CHECKING:
    from workbench.engine.method import PlannedQuery
    from workbench.store import Cycle
    from workbench.what_if._pool import CyclePool


def map_of(cycle: Cycle, column: str) -> tuple[str, str] | None:
    """Return the stored map of which a rider's column is made, and the aggregation, if any."""
    if column in cycle.maps:
        return column, DEFAULT_AGGREGATION
    for entry in RIDERS:
        for one in entry.maps:
            if column in one.columns and one.name in cycle.maps:
                return one.name, one.columns[column]
    return None


def ranking(pool: CyclePool, method: PlannedQuery) -> UnitScores | None:
    """Return the numbers by which a method ranks the candidates; ``None`` without a score.

    Raises:
        NotStoredError: if the cycle does not hold what they are made of.
    """
    if method.rider_column is not None:
        return _column(pool, method.rider_column)
    return pool.scores(method.score.name, method.aggregation) if method.score else None


def _column(pool: CyclePool, name: str) -> UnitScores:
    units = pool.cycle.observation.units
    if name not in units or name in {"unit_id", "boundary_share", *class_columns(units)}:
        raise NotStoredError(
            f"No rider wrote the column {name} in this cycle; choose a score, or run a method with "
            f"score: column:{name}."
        )
    if pool.stored:
        return UnitScores(units[name].to_numpy(np.float64))
    made_of = map_of(pool.cycle, name)
    if made_of is None:
        raise NotStoredError(
            f"The column {name} is stored for the experiment's own units, and this cycle has no "
            f"map that gives it for {pool.units.key}; leave units out, or choose another score."
        )
    score, aggregation = made_of
    return pool.scores(score, AGGREGATIONS.bind(aggregation))
