"""Chooses again in a stored cycle: the units that another method would have chosen there."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.aggregation import AGGREGATIONS
from workbench.config import Method, parse_method
from workbench.engine.batch import batch, require_ranking
from workbench.engine.method import PlannedQuery, plan_query
from workbench.engine.query import allowed, candidates_of, pick, selection_rng
from workbench.errors import ConfigError, NotStoredError
from workbench.naming import DEFAULT_AGGREGATION, rider_column
from workbench.observation import Observation
from workbench.param import LARGEST_SEED, Param
from workbench.pool import Allowance
from workbench.selection import SELECTORS
from workbench.store import run_of
from workbench.what_if._change import compare
from workbench.what_if._costs import columns as cost_columns
from workbench.what_if._costs import count_for, query_limit, view_of
from workbench.what_if._opened import opened
from workbench.what_if._result import WhatIf, WhatIfQuery
from workbench.what_if._riders import ranking

if TYPE_CHECKING:
    from workbench.store import Cycle
    from workbench.types import UnitIds
    from workbench.what_if._pool import CyclePool


_K = Param("k", "int", None, "units to pick", low=0, high=1_000_000, optional=True)
_SEED = Param("seed", "int", None, "seed of the draws", low=0, high=LARGEST_SEED, optional=True)


def whatif(
    cycle: Cycle,
    score: str | None = None,
    aggregation: str | None = None,
    units: str | None = None,
    selector: str | None = None,
    k: int | None = None,
    seed: int | None = None,
    pool_filter: str | None = None,
    costs: str | None = None,
    **settings: Any,
) -> WhatIf:
    """Select again from a stored cycle, by another method; what is left out is the run's own.

    Unit scores are the engine's where the cycle's unit table has them; otherwise the cached score
    maps are aggregated, by the same code. Units other than the experiment's get their embeddings
    from the cached coarse feature maps and their class shares from the cached predictions, and are
    scored by their unlabelled pixels alone; a unit without unlabelled pixels is no candidate.
    No network runs, and no label is read.

    Args:
        cycle: a published cycle of a run: ``store.run(run_id).cycle(3)``.
        score: one that the cycle's scan computed, e.g. ``"entropy"``; ``"column:NAME"`` for a
            column that a rider wrote.
        aggregation: spec string, e.g. ``"count_above:0.693"``.
        units: spec string of query units, e.g. ``"grid:4x4"``.
        selector: spec string, e.g. ``"k_center"``.
        k: units to pick; left out: what one query of the experiment's budget holds.
        seed: seed of the selector's draws; left out: that of the run, so that the draws are the
            engine's.
        pool_filter: spec string, e.g. ``"every_nth_frame:5"``; ``"none"``: all units.
        costs: what the selector takes as the cost of a unit, e.g. ``"boundary"``.
        **settings: settings of the selector, e.g. ``metric="cosine"``.

    Returns:
        The ids in the order picked, with unit scores, the change against the query that was made,
        and a sentence for each approximation.

    Raises:
        ConfigError: for an unknown name or setting, or a selector that cannot run here.
        NotStoredError: if the cycle did not store what the query reads.
        StoreError: if the cycle was opened without its run.
    """
    k, seed = _K.check(k, "the what-if"), _SEED.check(seed, "the what-if")
    run, pools = run_of(cycle), opened(cycle)
    pool = pools.pool(units)
    own = plan_query(run.method, f"the run {run.id}", run.experiment.config.embedding)
    method = _method(run.method, score, aggregation, selector, pool_filter, settings)
    view = view_of(costs, run.method, method.selector, run.experiment.config.budget)
    costed = method.method.model_copy(update={"costs": view})
    method = replace(method, method=costed, embedding=own.embedding)
    _check(method, pool)
    notes = _notes(method, pool, k)
    if score is None:
        method, spared = _without_missing_scores(method, pool)
        notes += spared
    observed = _observe(method, pool)
    seed = run.seed if seed is None else seed
    ids = _pick(method, observed, pool, k, seed)
    table = _table(pool, pool.unit_ids, pool.state.labelled)
    return WhatIf(
        ids=np.array(ids, dtype=np.int64),
        query=_asked(method, pool, k, seed),
        units=table.assign(score=_column(observed, method)),
        labelled=_table(pool, pool.state.labelled, ()),
        approximate=_approximate(method, pool),
        notes=notes,
        _compare=partial(compare, pool, pools.own, ids, method, own),
        _outlines=pool.outlines,
        overlap=pool.state.geometry.overlapping,
    )


def _asked(method: PlannedQuery, pool: CyclePool, k: int | None, seed: int) -> WhatIfQuery:
    """Return what was asked, every part in its full form."""
    return WhatIfQuery(
        run_of(pool.cycle).id,
        pool.cycle.number,
        method.score.name if method.score else method.rider_column and method.method.score,
        method.aggregation.key,
        pool.units.key,
        method.selector.key,
        k,
        seed,
        method.pool_filter.key if method.pool_filter else None,
    )


def _pick(
    method: PlannedQuery, observed: Observation, pool: CyclePool, k: int | None, seed: int
) -> UnitIds:
    """Return k units in the order picked; without k as many as one query of the budget holds."""
    run, number = run_of(pool.cycle), pool.cycle.number
    budget = run.experiment.config.budget
    candidates = candidates_of(method, observed, pool.state)
    rng = selection_rng(seed, number)
    if k is not None:
        return batch(method.selector, candidates, k, rng, pool.state)
    if budget.unit != "clicks":
        allowance = Allowance(pool.state.geometry, budget)
        limit = query_limit(pool.cycle, allowance, pool)
        return pick(method.selector, candidates, rng, limit, allowance, pool.state)
    size = count_for(pool.cycle, budget, pool, candidates)
    same = pool.stored and method.selector.key == SELECTORS.bind(run.method.selector).key
    made = run.selection(number) if same else None
    queued = len(made.unit_ids) if made else size  # the run chose with units to spare
    return batch(method.selector, candidates, queued, rng, pool.state)[:size]


def _method(
    own: Method,
    score: str | None,
    aggregation: str | None,
    selector: str | None,
    pool_filter: str | None,
    settings: dict[str, Any],
) -> PlannedQuery:
    """Return the run's own method with the parts that are given in their place."""
    bound = SELECTORS.bind(selector or own.selector)
    if settings:
        bound = SELECTORS.bind({"name": bound.name, **bound.options, **settings})
    wanted = score or own.score
    default = DEFAULT_AGGREGATION if rider_column(wanted) else own.aggregation
    parts = {
        "score": wanted,
        "aggregation": AGGREGATIONS.bind(aggregation or default).key,
        "selector": bound.key,
        "pool_filter": None if pool_filter == "none" else pool_filter or own.pool_filter,
    }
    return plan_query(parse_method({"name": "what-if", **parts}, "the what-if"), "the what-if")


def _check(method: PlannedQuery, pool: CyclePool) -> None:
    require_ranking(method.selector, pool.units, "the what-if")
    if method.selector.entry.exact_embeddings and not pool.stored:
        raise ConfigError(
            f"The selector {method.selector.name} reads the exact features of the experiment's own "
            f"units, not of {pool.units.key}; leave units out, or choose another selector."
        )


def _without_missing_scores(
    method: PlannedQuery, pool: CyclePool
) -> tuple[PlannedQuery, tuple[str, ...]]:
    """Return the method without unit scores that are missing and not needed, and why."""
    if "scores" in method.selector.entry.needs:
        return method, ()
    try:
        ranking(pool, method)
    except NotStoredError as error:
        note = f"There are no unit scores: {error}"
        return replace(method, score=None, rider_column=None), (note,)
    return method, ()


def _observe(method: PlannedQuery, pool: CyclePool) -> Observation:
    """Return what the method reads: the unit table, and embeddings if it needs them."""
    embeddings = {}
    if method.needs_embeddings:
        embeddings[method.embedding.key] = pool.embeddings
    stored = pool.cycle.observation.embeddings
    if method.needs_untrained_reference and method.reference.key in stored:
        embeddings[method.reference.key] = stored[method.reference.key]
    columns: dict[str, Any] = {}
    ranked = ranking(pool, method)
    if ranked is not None and method.column is not None:
        columns[method.column] = ranked.values
    if pool.stored:
        return Observation(pool.cycle.units.assign(**columns), embeddings)
    columns |= cost_columns(pool, method.method.costs)
    if "class_shares" in method.reads:
        columns |= {f"class_{c}": share for c, share in enumerate(pool.class_shares.T)}
    return Observation(pd.DataFrame({"unit_id": pool.unit_ids, **columns}), embeddings)


def _column(observed: Observation, method: PlannedQuery) -> Any:
    return np.nan if method.column is None else observed.units[method.column].to_numpy()


def _table(pool: CyclePool, ids: UnitIds, labelled: npt.ArrayLike) -> pd.DataFrame:
    places = pool.state.geometry.candidates(np.sort(ids), "pixels", labelled)
    boxes = np.asarray(places.boxes)
    return pd.DataFrame(
        {
            "unit_id": places.unit_ids,
            "image_id": places.image_ids,
            **{name: boxes[:, i] for i, name in enumerate(("y0", "x0", "y1", "x1"))},
            "sequence": places.sequences,
            "frame": places.frames,
            "area": places.costs,
        }
    )


def _approximate(method: PlannedQuery, pool: CyclePool) -> tuple[str, ...]:
    """Return a sentence for each way in which the cache is coarser than what the engine reads."""
    sentences = []
    ranked = ranking(pool, method)
    if ranked is not None and ranked.stored_as:
        name = method.score.name if method.score else method.rider_column
        sentences.append(
            f"Unit scores come from the cached maps of {name}, stored {ranked.stored_as}; "
            "the engine reads the maps as they were computed."
        )
    if method.needs_embeddings and not pool.stored:
        sentences.append(
            "Embeddings are pooled from the cached coarse feature maps; the engine made embeddings "
            f"of the experiment's own units only, not of {pool.units.key}."
        )
        kept = pool.cycle.feature_tap
        if kept and kept != method.embedding.tap:
            sentences.append(
                f"The cached coarse feature maps are of the tap {kept}; the embedding of the "
                f"method is of the tap {method.embedding.tap}."
            )
    stored = pool.cycle.observation.embeddings
    if method.needs_untrained_reference and method.reference.key not in stored:
        sentences.append(
            f"{method.selector.name} compares with the pool as the network sees it before "
            "training, which this experiment did not store; here it is this cycle's embeddings."
        )
    return tuple(sentences)


def _notes(method: PlannedQuery, pool: CyclePool, k: int | None) -> tuple[str, ...]:
    sentences = []
    if not pool.stored and pool.partly_labelled:
        sentences.append(
            f"{pool.partly_labelled} candidates overlap labelled pixels; their scores and costs "
            "count their unlabelled pixels only."
        )
    if method.pool_filter is not None:
        left = int(allowed(method.pool_filter, pool.whole, pool.unit_ids).sum())
        sentences.append(
            f"{method.pool_filter.key} leaves {left} of {len(pool.unit_ids)} unlabelled units to "
            "choose from."
        )
    if k is None and run_of(pool.cycle).experiment.config.budget.unit == "clicks":
        sentences.append(
            "Without labels the clicks are unknown: the query holds as many units as others did."
        )
    return tuple(sentences)
