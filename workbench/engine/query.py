"""Choosing the next units: from a cycle's exact unit scores and embeddings to ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.engine.batch import batch
from workbench.engine.costs import Price, costs_of
from workbench.engine.method import PlannedQuery
from workbench.geometry import Geometry
from workbench.observation import Embeddings, Observation
from workbench.pool import Allowance, PoolState, affordable
from workbench.pool.clicks import FEWEST_CLICKS
from workbench.registry import Bound
from workbench.seeding import generator
from workbench.selection import PoolFilterEntry, SelectorEntry
from workbench.store.records import Selection
from workbench.types import Candidates, UnitIds, image_numbers


def choose(
    method: PlannedQuery,
    observation: Observation,
    pool: PoolState,
    allowance: Allowance,
    seed: int,
    cycle: int,
    price: Price | None = None,
) -> Selection:
    """Let a method choose the units of one query; nothing is labelled here.

    Args:
        method: the run's.
        observation: what the cycle's scan found.
        pool: what is labelled now.
        allowance: the budget of the experiment in this pool.
        seed: the run's.
        cycle: its number.
        price: clicks of units by their labels, for the costs ``true`` alone.

    Returns:
        ids in the order picked, with the scores they were ranked by. All of them fit into what the
        budget allows up to the next cycle. A budget in clicks cannot be cut before units are
        labelled: there are more of them then, and labelling ends where it is reached (see
        :mod:`workbench.pool.purchase`).
    """
    candidates = candidates_of(method, observation, pool, price)
    limit = allowance.limit(pool, cycle)
    ids = pick(method.selector, candidates, selection_rng(seed, cycle), limit, allowance, pool)
    return Selection(ids, values_of(ids, candidates, candidates.scores), _reason(method))


def selection_rng(seed: int, cycle: int) -> np.random.Generator:
    """Return the generator that a run's selector draws from in a cycle."""
    return generator(seed, cycle, "selection")


def pick(
    selector: Bound[SelectorEntry],
    candidates: Candidates,
    rng: np.random.Generator,
    limit: int,
    allowance: Allowance,
    pool: PoolState,
) -> UnitIds:
    """Let a selector pick what a limit allows.

    Returns:
        ids in the order picked, cut to the limit; more of them where it is in clicks.
    """
    if limit <= 0:
        return np.empty(0, dtype=np.int64)
    if allowance.in_clicks:
        asked = min(len(candidates), _queued(selector, limit, pool))
        return batch(selector, candidates, asked, rng, pool)
    asked = _most(selector, candidates, allowance, limit, pool)
    picked = batch(selector, candidates, asked, rng, pool)
    return affordable(picked, allowance.prices(picked, pool.labelled), limit)


def _queued(selector: Bound[SelectorEntry], limit: int, pool: PoolState) -> int:
    """Return how many units to pick for a limit in clicks, which are labelled until it is reached.

    A ranking costs nothing to go on with, so it is as long as units of the lowest price would make
    it. Where each pick depends on those before, twice as many are picked as fit at the mean price
    of what is labelled. A selector whose smaller batch does not begin its larger one would spread
    over units that are never labelled; it picks as many as fit at that price.
    """
    entry = selector.entry
    if entry.ranks or not len(pool.labelled):
        return limit // FEWEST_CLICKS + 1
    price = max(FEWEST_CLICKS, pool.cost("clicks") / len(pool.labelled))
    return max(1, int((2 if entry.prefix else 1) * limit / price))


def candidates_of(
    method: PlannedQuery, observation: Observation, pool: PoolState, price: Price | None = None
) -> Candidates:
    """Gather what the method's selector reads, and no more.

    Args:
        method: whose selector it is.
        observation: what a scan found.
        pool: what is labelled.
        price: clicks of units by their labels, for the costs ``true`` alone; ``None`` where no
            label may be read.

    Raises:
        ConfigError: for costs that are read from labels where none may be read.
        NotStoredError: for predicted costs where no rider predicted them.
    """
    units = observation.units
    known = pool.geometry.candidates(units["unit_id"].to_numpy(), "pixels", pool.labelled)
    areas = known.require("costs")
    known = replace(known, costs=None)
    found: dict[str, npt.NDArray[np.generic]] = {}
    if method.column is not None:
        found["scores"] = units[method.column].to_numpy()
    if "class_shares" in method.reads:
        found["class_shares"] = observation.class_shares
    if "labelled_frames" in method.reads:
        images, numbers = pool.geometry.images, image_numbers(pool.labelled)
        found["labelled_sequences"] = images.sequences[numbers]
        found["labelled_frames"] = images.frames[numbers]
    if method.method.costs is not None:
        found["costs"] = costs_of(method.method.costs, units, areas, price)
    if method.needs_embeddings:
        embeddings = observation.embedding(method.embedding.key)
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
    return observation.embeddings.get(method.reference.key, embeddings)


def _most(
    selector: Bound[SelectorEntry],
    candidates: Candidates,
    allowance: Allowance,
    limit: int,
    pool: PoolState,
) -> int:
    """Return how many units to pick: the most that a query of this limit can hold.

    A selector whose smaller batch does not begin its larger one would spread over units that the
    limit then cuts off, so it picks as many as fit at the mean price.
    """
    if pool.geometry.max_overlap is not None:  # what a unit costs depends on those before it
        return min(len(candidates), allowance.most(limit))
    if allowance.budget.unit == "units" or not len(candidates):
        return min(limit, len(candidates))
    prices = allowance.prices(candidates.unit_ids)
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
