"""Budgets: what is labelled first, and how a query is cut to what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.errors import BudgetError, ShapeError
from workbench.seeding import generator
from workbench.types import UnitIds

if TYPE_CHECKING:
    from workbench.config import Budget, Initial
    from workbench.pool.index import PoolIndex


def affordable(ids: npt.ArrayLike, costs: npt.ArrayLike, limit: int) -> UnitIds:
    """Cut a query to the longest prefix that stays within a limit.

    Args:
        ids: (k,) units in the order picked.
        costs: (k,) cost of each, in the limit's unit; none below 0.
        limit: what may be spent.
    """
    wanted = np.asarray(ids, dtype=np.int64)
    spent = np.cumsum(np.asarray(costs))
    if spent.shape != wanted.shape:
        raise ShapeError(f"{len(wanted)} units came with {len(spent)} costs; wanted one each.")
    return wanted[: int(np.searchsorted(spent, limit, side="right"))]


def check_budget(index: PoolIndex, budget: Budget) -> None:
    """See that the pool can fill a budget.

    Raises:
        BudgetError: if all cycles together would label more than the pool holds.
    """
    held = int(index.costs(budget.unit).sum())
    if budget.total <= held:
        return
    if budget.initial > held:
        cure = f"lower budget.initial to at most {held}"
    else:
        fit = 1 + (held - budget.initial) // budget.per_cycle
        cure = f"lower budget.cycles to at most {fit}, or budget.per_cycle"
    raise BudgetError(
        f"The budget labels {budget.total} {budget.unit} ({budget.initial} first, then "
        f"{budget.cycles - 1} × {budget.per_cycle}); the pool holds {held} {budget.unit} in "
        f"{index.n_images} images: {cure}."
    )


def initial_units(index: PoolIndex, initial: Initial, budget: Budget, seed: int) -> UnitIds:
    """Draw the units that are labelled before cycle 0.

    Rule ``images`` draws whole images at random, rule ``units`` single units. The same seed draws
    the same units, whatever the method; with ``share_across_seeds`` so does every seed.

    Raises:
        BudgetError: if not one image (unit) fits into the initial budget, or if a budget in units
            is no whole number of images.
    """
    check_budget(index, budget)
    rng = generator(0 if initial.share_across_seeds else seed, 0, "initial")
    costs = index.costs(budget.unit)
    if initial.rule == "units":
        order = rng.permutation(len(index))
        drawn = affordable(index.unit_ids[order], costs[order], budget.initial)
    else:
        per_image = np.bincount(index.image_numbers, weights=costs, minlength=index.n_images)
        per_image = per_image.astype(np.int64)
        if budget.unit == "units":
            _require_whole_images(per_image, budget.initial)
        images = rng.permutation(index.n_images)
        images = affordable(images, per_image[images], budget.initial)
        rank = np.full(index.n_images, index.n_images)
        rank[images] = np.arange(len(images))
        order = np.argsort(rank[index.image_numbers], kind="stable")  # image by image, as drawn
        drawn = index.unit_ids[order[: int(np.isin(index.image_numbers, images).sum())]]
    if not len(drawn):
        what = "image" if initial.rule == "images" else "unit"
        raise BudgetError(
            f"An initial budget of {budget.initial} {budget.unit} holds not one whole {what} of "
            "this pool; raise budget.initial, or set initial.rule to units."
        )
    return drawn


def _require_whole_images(units_per_image: npt.NDArray[np.int64], initial: int) -> None:
    """Where every image has as many units, part of the budget would silently be left over."""
    n = int(units_per_image[0])
    if (units_per_image != n).any() or initial % n == 0:
        return
    near = [str(v) for v in (initial // n * n, (initial // n + 1) * n) if v]
    raise BudgetError(
        f"An initial budget of {initial} units is no whole number of images, each of which has {n} "
        f"units; set budget.initial to {' or '.join(near)}, or initial.rule to units."
    )
