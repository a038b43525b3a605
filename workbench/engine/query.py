"""Choosing the next units: from a cycle's exact unit scores and embeddings to ids."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.config import Budget
from workbench.engine.batch import batch
from workbench.engine.costs import Price, costs_of
from workbench.engine.method import PlannedQuery
from workbench.engine.purchase import buy
from workbench.geometry import Geometry
from workbench.pool import Oracle, PoolState, affordable
from workbench.registry import Bound
from workbench.seeding import generator
from workbench.selection import PoolFilterEntry, SelectorEntry
from workbench.store.records import NO_SELECTION, Embeddings, Selection
from workbench.types import Candidates, UnitIds, image_numbers


class Observation(Protocol):
    """What a scan says of the pool; everything a query may be based on."""

    @property
    def units(self) -> pd.DataFrame:
        """One row an unlabelled unit: ``unit_id``, exact unit scores, ``class_0`` … shares.

        For the costs that read them also ``boundary_share`` and predicted ``clicks``.
        """

    @property
    def embeddings(self) -> Embeddings | None:
        """One vector a unit of the whole pool, labelled ones too."""

    @property
    def initial_embeddings(self) -> Embeddings | None:
        """Those by the network before training; ``None`` where no method asks for them."""


def choose(
    method: PlannedQuery,
    observation: Observation,
    pool: PoolState,
    oracle: Oracle,
    budget: Budget,
    seed: int,
    cycle: int,
) -> Selection:
    """Let a method choose the units of one query, and the oracle label them.

    Args:
        method: the run's.
        observation: what the cycle's scan found.
        pool: what is labelled now.
        oracle: has revealed the same; reveals what is chosen.
        budget: of the experiment.
        seed: the run's.
        cycle: its number.

    Returns:
        ids in the order picked, with the scores they were ranked by and the clicks they took. A
        query is cut to what is left of the budget, never exceeds it; the last cycle, which has no
        budget left, selects nothing.

    Raises:
        BudgetError: if the first unit picked costs more clicks than a whole query may.
    """
    if cycle >= budget.cycles - 1:
        return NO_SELECTION
    limit = min(budget.per_cycle, budget.total - pool.cost(budget.unit))
    candidates = candidates_of(method, observation, pool, oracle.price)
    draws = partial(selection_rng, seed, cycle)
    if budget.unit == "clicks":
        ids = buy(method.selector, candidates, draws, limit, pool, oracle)
    else:
        ids = pick(method.selector, candidates, draws(), limit, budget, pool)
        oracle.reveal(ids)
    scores = values_of(ids, candidates, candidates.scores)
    return Selection(ids, scores, _reason(method), oracle.clicks(ids))


def selection_rng(seed: int, cycle: int) -> np.random.Generator:
    """Return the generator that a run's selector draws from in a cycle."""
    return generator(seed, cycle, "selection")


def pick(
    selector: Bound[SelectorEntry],
    candidates: Candidates,
    rng: np.random.Generator,
    limit: int,
    budget: Budget,
    pool: PoolState,
) -> UnitIds:
    """Let a selector pick what a limit in the budget's unit allows.

    Returns:
        ids in the order picked, cut to the limit.
    """
    asked = _most(selector, candidates, budget, limit, pool)
    picked = batch(selector, candidates, asked, rng, pool)
    return affordable(picked, pool.geometry.prices(picked, budget.unit, pool.labelled), limit)


def candidates_of(
    method: PlannedQuery, observation: Observation, pool: PoolState, price: Price | None = None
) -> Candidates:
    """Gather what the method's selector reads, and no more.

    Args:
        method: whose selector it is.
        observation: what a scan found.
        pool: what is labelled.
        price: tells the clicks of units by their labels, for the costs ``true`` alone; ``None``
            where no label may be read.

    Raises:
        ConfigError: for costs that are read from labels where none may be read.
        NotStoredError: for predicted costs where no click-cost network was trained.
    """
    units = observation.units
    known = pool.geometry.candidates(units["unit_id"].to_numpy(), "pixels", pool.labelled)
    areas = known.require("costs")
    known = replace(known, costs=None)
    found: dict[str, npt.NDArray[np.generic]] = {}
    if method.column is not None:
        found["scores"] = units[method.column].to_numpy()
    if "class_shares" in method.reads:
        names = [c for c in units.columns if c.startswith("class_")]
        found["class_shares"] = units[names].to_numpy()
    if method.method.costs is not None:
        found["costs"] = costs_of(method.method.costs, units, areas, price)
    embeddings = observation.embeddings if method.needs_embeddings else None
    if embeddings is not None:
        rows = np.searchsorted(embeddings.unit_ids, known.unit_ids)
        found["embeddings"] = embeddings.vectors[rows]
        labelled = np.searchsorted(embeddings.unit_ids, np.sort(pool.labelled))
        found["labelled_embeddings"] = embeddings.vectors[labelled]
        found["reference_embeddings"] = _reference(method, observation, embeddings).vectors
    candidates = known.with_arrays(**found)
    if method.pool_filter is None:
        return candidates
    return candidates.take(allowed(method.pool_filter, pool.geometry, candidates.unit_ids))


def allowed(
    pool_filter: Bound[PoolFilterEntry], geometry: Geometry, ids: UnitIds
) -> npt.NDArray[np.bool_]:
    """Return which units a pool filter lets be queried: it looks at all images of the pool."""
    images = geometry.images
    found: npt.NDArray[np.bool_] = pool_filter.call(images.sequences, images.frames)
    return found[image_numbers(ids)]


def _reference(
    method: PlannedQuery, observation: Observation, embeddings: Embeddings
) -> Embeddings:
    """Return the whole pool's vectors that the method's selector compares with."""
    initial = observation.initial_embeddings if method.needs_initial_reference else None
    return embeddings if initial is None else initial


def _most(
    selector: Bound[SelectorEntry],
    candidates: Candidates,
    budget: Budget,
    limit: int,
    pool: PoolState,
) -> int:
    """Return how many units to ask for: the most that a query of this limit can hold.

    A selector whose smaller batch does not begin its larger one would spread over units that the
    limit then cuts off, so it is asked for as many as fit at the mean price; see also ``buy``.
    """
    if pool.geometry.max_overlap is not None:  # what a unit costs depends on those before it
        return min(len(candidates), pool.geometry.most(budget.unit, limit))
    if budget.unit == "units" or not len(candidates):
        return min(limit, len(candidates))
    prices = pool.geometry.prices(candidates.unit_ids, budget.unit)
    if selector.entry.prefix:
        return min(len(candidates), limit // int(prices.min()))
    return min(len(candidates), max(1, int(limit // prices.mean())))


def values_of(
    ids: UnitIds, candidates: Candidates, values: npt.NDArray[Any] | None
) -> npt.NDArray[Any] | None:
    """Return what the candidates' ``values`` (U,) say of some of them; ``None`` of ``None``."""
    if values is None:
        return None
    order = np.argsort(candidates.unit_ids)
    return values[order[np.searchsorted(candidates.unit_ids, ids, sorter=order)]]


def _reason(method: PlannedQuery) -> str:
    ranked = f" by {method.column}" if method.column else ""
    return f"{method.selector.key}{ranked}"
