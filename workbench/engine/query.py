"""Selects the next units: from the exact unit scores and embeddings of a cycle to unit ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.engine.batch import batch
from workbench.engine.method import PlannedQuery
from workbench.geometry import Geometry
from workbench.observation import Embeddings, Observation
from workbench.pool import Allowance, PoolState, affordable
from workbench.pool.clicks import FEWEST_CLICKS
from workbench.pool.costs import Price, costs_of
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
    """Choose the units of one query with a method; label nothing.

    Args:
        method: the method of the run.
        observation: the result of the scan of the cycle.
        pool: with all units labelled so far.
        allowance: the budget of the experiment in this pool.
        seed: the seed of the run.
        cycle: the number of the cycle.
        price: returns the clicks of units by their labels; read for the costs ``true`` only.

    Returns:
        The ids in the order picked, with the scores they were ranked by. Together they fit into
        what the budget allows up to the next cycle. A query in clicks cannot be cut before its
        units are labelled: it then holds more units, and labelling ends where the budget is reached
        (see :mod:`workbench.pool.purchase`).
    """
    candidates = candidates_of(method, observation, pool, price)
    limit = allowance.limit(pool, cycle)
    ids = pick(method.selector, candidates, selection_rng(seed, cycle), limit, allowance, pool)
    return Selection(ids, values_of(ids, candidates, candidates.scores), _reason(method))


def selection_rng(seed: int, cycle: int) -> np.random.Generator:
    """Return the generator from which the selector of a run draws in a cycle."""
    return generator(seed, cycle, "selection")


def pick(
    selector: Bound[SelectorEntry],
    candidates: Candidates,
    rng: np.random.Generator,
    limit: int,
    allowance: Allowance,
    pool: PoolState,
) -> UnitIds:
    """Pick as many units with a selector as a limit allows.

    Returns:
        The ids in the order picked, cut to the limit; more ids than fit for a limit in clicks.
    """
    if limit <= 0:
        return np.empty(0, dtype=np.int64)
    if allowance.in_clicks:
        count = min(len(candidates), _queued(selector, limit, pool))
        return batch(selector, candidates, count, rng, pool)
    count = _most(selector, candidates, allowance, limit, pool)
    picked = batch(selector, candidates, count, rng, pool)
    return affordable(picked, allowance.prices(picked, pool.labelled), limit)


def _queued(selector: Bound[SelectorEntry], limit: int, pool: PoolState) -> int:
    """Return how many units to pick for a limit in clicks; labelling ends where it is reached.

    A longer ranking costs no extra time, so it holds as many units as fit at the lowest price.
    Where each pick depends on those before, twice as many units are picked as fit at the mean price
    of the labelled units. A selector whose smaller batch is not the start of its larger batch would
    spread over units that are never labelled; it picks as many as fit at that mean price.
    """
    entry = selector.entry
    if entry.ranks or not len(pool.labelled):
        return limit // FEWEST_CLICKS + 1
    price = max(FEWEST_CLICKS, pool.cost("clicks") / len(pool.labelled))
    return max(1, int((2 if entry.prefix else 1) * limit / price))


def candidates_of(
    method: PlannedQuery, observation: Observation, pool: PoolState, price: Price | None = None
) -> Candidates:
    """Return the candidates with the arrays that the selector of a method reads, and no others.

    Args:
        method: the method of the selector.
        observation: the result of a scan.
        pool: with all units labelled so far.
        price: returns the clicks of units by their labels; read for the costs ``true`` only;
            ``None`` where no label may be read.

    Raises:
        ConfigError: for costs that are read from labels where none may be read.
        NotStoredError: for predicted costs where no rider predicted them.
    """
    units = observation.units
    placed = pool.geometry.candidates(units["unit_id"].to_numpy(), "pixels", pool.labelled)
    areas = placed.require("costs")
    placed = replace(placed, costs=None)
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
        rows = np.searchsorted(embeddings.unit_ids, placed.unit_ids)
        found["embeddings"] = embeddings.vectors[rows]
        labelled = np.searchsorted(embeddings.unit_ids, np.sort(pool.labelled))
        found["labelled_embeddings"] = embeddings.vectors[labelled]
        found["reference_embeddings"] = _reference(method, observation, embeddings).vectors
    candidates = placed.with_arrays(**found)
    if method.pool_filter is None:
        return candidates
    return candidates.take(allowed(method.pool_filter, pool.geometry, candidates.unit_ids))


def allowed(
    pool_filter: Bound[PoolFilterEntry], geometry: Geometry, ids: UnitIds
) -> npt.NDArray[np.bool_]:
    """Return (N,) whether a pool filter allows each unit; the filter reads all images of the pool.

    Args:
        pool_filter: with its settings.
        geometry: every unit of the pool.
        ids: (N,) the units.
    """
    images = geometry.images
    found: npt.NDArray[np.bool_] = pool_filter.call(images.sequences, images.frames)
    return found[image_numbers(ids)]


def _reference(
    method: PlannedQuery, observation: Observation, embeddings: Embeddings
) -> Embeddings:
    """Return the vectors of the whole pool that the selector compares the candidates with."""
    return observation.embeddings.get(method.reference.key, embeddings)


def _most(
    selector: Bound[SelectorEntry],
    candidates: Candidates,
    allowance: Allowance,
    limit: int,
    pool: PoolState,
) -> int:
    """Return how many units to pick: the largest number that can fit into a limit.

    A selector whose smaller batch is not the start of its larger batch would spread over units that
    the limit then cuts off, so it picks as many as fit at the mean price.
    """
    if pool.geometry.overlapping:  # the price of a unit depends on those before it
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
    """Return the ``values`` of some candidates; ``None`` if ``values`` is ``None``.

    Args:
        ids: (N,) units among the candidates.
        candidates: U units.
        values: (U,) one value per candidate.
    """
    if values is None:
        return None
    order = np.argsort(candidates.unit_ids)
    return values[order[np.searchsorted(candidates.unit_ids, ids, sorter=order)]]


def _reason(method: PlannedQuery) -> str:
    ranked = f" by {method.column}" if method.column else ""
    return f"{method.selector.key}{ranked}"
