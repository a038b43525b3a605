"""Spending a budget in clicks: what a unit costs is known once the oracle has revealed it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.engine.batch import batch
from workbench.errors import BudgetError
from workbench.pool import Oracle, PoolState
from workbench.registry import Bound
from workbench.selection import SelectorEntry
from workbench.types import Candidates, UnitIds


def buy(
    selector: Bound[SelectorEntry],
    candidates: Candidates,
    draws: Callable[[], np.random.Generator],
    limit: int,
    pool: PoolState,
    oracle: Oracle,
) -> UnitIds:
    """Reveal what a selector picks, in the order picked, as long as it fits.

    As many units are asked for as would fit at the mean price of what is labelled. If clicks are
    left over, twice as many are asked for, and so on, where the selector's smaller batch begins its
    larger one (``prefix``); another selector is asked once, and what it leaves over is not spent.

    Args:
        selector: with its settings.
        candidates: what it reads.
        draws: makes the generator that it draws from, the same one each time.
        limit: clicks.
        pool: what is labelled, with its clicks.
        oracle: has revealed the same.

    Returns:
        the units that were revealed, in the order picked; all before the first one that would have
        passed the limit.

    Raises:
        BudgetError: if the first unit picked costs more than the limit.
    """
    price = max(1.0, pool.cost("clicks") / max(len(pool.labelled), 1))
    grows = selector.entry.prefix
    asked = max(1, int(limit / price))
    bought = wanted = np.empty(0, dtype=np.int64)
    while len(candidates):
        asked = min(asked, len(candidates))
        wanted = batch(selector, candidates, asked, draws(), pool)
        new = oracle.reveal_within(wanted[len(bought) :], limit - int(oracle.clicks(bought).sum()))
        bought = np.concatenate([bought, new])
        ended = len(bought) < len(wanted) or len(wanted) < asked or asked == len(candidates)
        if ended or not grows:
            break
        asked *= 2
    if not len(bought) and len(wanted):
        raise BudgetError(
            f"The first unit picked ({wanted[0]}) takes {oracle.price(wanted[:1])[0]} clicks, a "
            f"query may take {limit}; raise budget.per_cycle, or choose smaller units."
        )
    return bought
