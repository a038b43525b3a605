"""Costs of units without reading labels: stored predictions of costs, and estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.aggregation import AGGREGATIONS
from workbench.errors import ConfigError, NotStoredError, unknown_name
from workbench.pool.costs import PREDICTED, default_view
from workbench.selection import SELECTORS
from workbench.store import run_of
from workbench.what_if._riders import map_of

if TYPE_CHECKING:
    from workbench.budget import Budget
    from workbench.config import CostView, Method
    from workbench.pool import Allowance
    from workbench.registry import Bound
    from workbench.selection import SelectorEntry
    from workbench.store import Cycle
    from workbench.types import Candidates
    from workbench.what_if._pool import CyclePool

VIEWS: tuple[CostView, ...] = ("uniform", "area", "boundary", "predicted")
"""Cost views that read no labels."""


def view_of(
    wanted: str | None, own: Method, selector: Bound[SelectorEntry], budget: Budget
) -> CostView | None:
    """Return the costs that a selector takes: the wanted, else the run's, else the budget's.

    Raises:
        ConfigError: for an unknown view, for one that reads labels, or if the selector reads none.
    """
    if "costs" not in selector.entry.arrays:
        if wanted is not None:
            raise ConfigError(
                f"The selector {selector.name} reads no costs; leave them out, or choose one that "
                "does, e.g. cereals."
            )
        return None
    if wanted is None:
        return own.costs or default_view(budget, predicted=False)
    if wanted == "true":
        raise ConfigError(
            f"The cost view true reads labels, and a what-if reads none; take {', '.join(VIEWS)}."
        )
    for view in VIEWS:
        if view == wanted:
            return view
    raise unknown_name("cost view", wanted, VIEWS)


def cost_views(cycle: Cycle, selector: str) -> list[CostView]:
    """Return the cost views that a selector can take in a cycle, the run's own first.

    Args:
        cycle: a published cycle of a run.
        selector: spec string.

    Returns:
        The views; an empty list if the selector reads no costs.

    Raises:
        ConfigError: for an unknown selector.
        StoreError: if the cycle was opened without its run.
    """
    run = run_of(cycle)
    own = view_of(None, run.method, SELECTORS.bind(selector), run.experiment.config.budget)
    if own is None:
        return []
    views = [v for v in VIEWS if v != "predicted" or map_of(cycle, PREDICTED)]
    return sorted(views, key=lambda view: view != own)


def columns(pool: CyclePool, view: CostView | None) -> dict[str, Any]:
    """Return the columns that a cost view reads, for units that were not stored.

    Raises:
        NotStoredError: if the cycle stores neither predictions nor a map of predicted costs.
    """
    if view == "boundary":
        return {"boundary_share": pool.boundary_share}
    found = map_of(pool.cycle, PREDICTED) if view == "predicted" else None
    if found is not None:
        name, aggregation = found
        return {PREDICTED: pool.scores(name, AGGREGATIONS.bind(aggregation)).values}
    return {}


def query_limit(cycle: Cycle, allowance: Allowance, pool: CyclePool) -> int:
    """Return what a query of a cycle may spend, in the whole numbers of the allowance.

    On the experiment's own units it is what the run's query might spend, with what those before it
    left over; on others, none of which was paid for as a whole, one cycle's part of the budget.
    """
    if pool.stored:
        return allowance.limit(pool.state, cycle.number)
    return allowance.nominal(1) - allowance.nominal(0)


def count_for(cycle: Cycle, budget: Budget, pool: CyclePool, candidates: Candidates) -> int:
    """Return how many units a query may hold whose budget counts clicks, which are unknown here.

    On the experiment's own units as many as the query that was made; in its last cycle, which made
    none, and on other units: as many as fit if each pixel takes what those labelled took.
    """
    if pool.stored and len(cycle.selected):
        return len(cycle.selected)
    metrics = cycle.metrics
    if metrics.labelled_clicks is None:
        raise NotStoredError(
            f"{cycle!r} did not count clicks, so its budget sets no size here; give k."
        )
    if not len(candidates):
        return 0
    rate = metrics.labelled_clicks / max(metrics.labelled_pixels, 1)
    priced = pool.state.geometry.candidates(candidates.unit_ids, "pixels", pool.state.labelled)
    prices = rate * priced.require("costs")  # each unit by itself: windows share pixels
    return int(min(len(candidates), budget.per_cycle // max(1.0, float(prices.mean()))))
