"""Choosing the next units: from a cycle's exact unit scores and embeddings to ids."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.config import Budget
from workbench.engine.plan import PlannedMethod
from workbench.pool import PoolState, affordable
from workbench.registry import Bound
from workbench.seeding import generator
from workbench.store.records import NO_SELECTION, Embeddings, Selection
from workbench.types import Candidates, UnitIds


class Observation(Protocol):
    """What a scan says of the pool; everything a query may be based on."""

    @property
    def units(self) -> pd.DataFrame:
        """One row an unlabelled unit: ``unit_id``, exact unit scores, ``class_0`` … shares."""

    @property
    def embeddings(self) -> Embeddings | None:
        """One vector a unit of the whole pool, labelled ones too."""


def choose(
    method: PlannedMethod,
    observation: Observation,
    pool: PoolState,
    budget: Budget,
    seed: int,
    cycle: int,
) -> Selection:
    """Let a method choose the units of one query.

    Returns:
        ids in the order picked, with the scores they were ranked by. A query is cut to what is left
        of the budget, never exceeds it; the last cycle, which has no budget left, selects nothing.
    """
    if cycle >= budget.cycles - 1:
        return NO_SELECTION
    limit = min(budget.per_cycle, budget.total - pool.cost(budget.unit))
    candidates = candidates_of(method, observation, pool, budget)
    ids = pick(method.selector, candidates, selection_rng(seed, cycle), limit, budget)
    scores = values_of(ids, candidates, candidates.scores)
    return Selection(ids, scores, _reason(method))


def selection_rng(seed: int, cycle: int) -> np.random.Generator:
    """Return the generator that a run's selector draws from in a cycle."""
    return generator(seed, cycle, "selection")


def pick(
    selector: Bound, candidates: Candidates, rng: np.random.Generator, limit: int, budget: Budget
) -> UnitIds:
    """Let a selector pick what a limit in the budget's unit allows.

    Returns:
        ids in the order picked, cut to the limit.
    """
    picked: UnitIds = selector.call(candidates, _most(candidates, budget, limit), rng)
    costs = values_of(picked, candidates, candidates.costs)
    return picked if costs is None else affordable(picked, costs, limit)


def candidates_of(
    method: PlannedMethod, observation: Observation, pool: PoolState, budget: Budget
) -> Candidates:
    """Gather what the method's selector reads, and no more."""
    units = observation.units
    known = pool.index.candidates(units["unit_id"].to_numpy(), budget.unit)
    found: dict[str, npt.NDArray[np.generic]] = {}
    if method.column is not None:
        found["scores"] = units[method.column].to_numpy()
    if "class_shares" in method.reads:
        names = [c for c in units.columns if c.startswith("class_")]
        found["class_shares"] = units[names].to_numpy()
    embeddings = observation.embeddings if method.needs_embeddings else None
    if embeddings is not None:
        rows = np.searchsorted(embeddings.unit_ids, known.unit_ids)
        found["embeddings"] = embeddings.vectors[rows]
        labelled = np.searchsorted(embeddings.unit_ids, np.sort(pool.labelled))
        found["labelled_embeddings"] = embeddings.vectors[labelled]
        found["reference_embeddings"] = embeddings.vectors
    return known.with_facts(**found)


def _most(candidates: Candidates, budget: Budget, limit: int) -> int:
    """The most units that a query of this limit can hold."""
    if budget.unit == "units" or candidates.costs is None or not len(candidates):
        return min(limit, len(candidates))
    return min(len(candidates), limit // int(candidates.costs.min()))


def values_of(
    ids: UnitIds, candidates: Candidates, values: npt.NDArray[Any] | None
) -> npt.NDArray[Any] | None:
    """Return what the candidates' ``values`` (U,) say of some of them; ``None`` of ``None``."""
    if values is None:
        return None
    order = np.argsort(candidates.unit_ids)
    return values[order[np.searchsorted(candidates.unit_ids, ids, sorter=order)]]


def _reason(method: PlannedMethod) -> str:
    ranked = f" by {method.column}" if method.column else ""
    return f"{method.selector.key}{ranked}"
