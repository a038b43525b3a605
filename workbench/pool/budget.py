"""Budgets: what is labelled first, and how a query is cut to what is left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.errors import BudgetError, PoolError, ShapeError
from workbench.seeding import generator
from workbench.types import UnitIds

if TYPE_CHECKING:
    from workbench.config import Budget, Initial
    from workbench.geometry import Geometry
    from workbench.pool.oracle import Oracle


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


def check_budget(geometry: Geometry, budget: Budget) -> None:
    """See that the pool can fill a budget.

    The clicks that a pool holds are known once all of it is labelled, so a budget in clicks is not
    refused: when everything is labelled, queries come back empty. The dry run tells an estimate.

    Raises:
        BudgetError: if all cycles together would label more than the pool holds, or no query could
            hold even the smallest unit.
    """
    if budget.unit == "clicks":
        return
    held = int(geometry.image_costs(budget.unit).sum())
    if budget.total <= held:
        if budget.cycles > 1 and geometry.most(budget.unit, budget.per_cycle) < 1:
            raise BudgetError(
                f"A query may label {budget.per_cycle} {budget.unit}, and no unit of this pool has "
                "so few; raise budget.per_cycle, or choose smaller units."
            )
        return
    if budget.initial > held:
        cure = f"lower budget.initial to at most {held}"
    else:
        fit = 1 + (held - budget.initial) // budget.per_cycle
        cure = f"lower budget.cycles to at most {fit}, or budget.per_cycle"
    raise BudgetError(
        f"The budget labels {budget.total} {budget.unit} ({budget.initial} first, then "
        f"{budget.cycles - 1} × {budget.per_cycle}); the pool holds {held} {budget.unit} in "
        f"{geometry.n_images} images: {cure}."
    )


def initial_units(
    geometry: Geometry, initial: Initial, budget: Budget, seed: int, oracle: Oracle | None = None
) -> UnitIds:
    """Draw the units that are labelled before cycle 0.

    Rule ``images`` draws whole images at random, rule ``units`` single units. The same seed draws
    the same units, whatever the method; with ``share_across_seeds`` so does every seed.

    Args:
        geometry: of the pool.
        initial: the rule.
        budget: of which only what comes before cycle 0 is spent.
        seed: the run's.
        oracle: tells what units take, for a budget in clicks.

    Raises:
        BudgetError: if not one image (unit) fits into the initial budget, or if a budget in units
            is no whole number of images.
    """
    check_budget(geometry, budget)
    rng = generator(0 if initial.share_across_seeds else seed, 0, "initial")
    if budget.unit == "clicks":
        return _within_clicks(geometry, initial, budget.initial, rng, oracle)
    if initial.rule == "units":
        ranking = geometry.unit_ids[rng.permutation(len(geometry))]
        ids = geometry.apart(ranking, geometry.most(budget.unit, budget.initial))
        drawn = affordable(ids, geometry.prices(ids, budget.unit), budget.initial)
    else:
        per_image = geometry.image_costs(budget.unit)
        if budget.unit == "units":
            _require_whole_images(per_image, budget.initial)
        images = rng.permutation(geometry.n_images)
        images = affordable(images, per_image[images], budget.initial)
        parts = [geometry.image_units(number) for number in images.tolist()]
        drawn = np.concatenate([np.empty(0, np.int64), *parts])
    if not len(drawn):
        raise _too_small(initial, budget.initial, budget.unit)
    return drawn


def _too_small(initial: Initial, limit: int, unit: str) -> BudgetError:
    what = "image" if initial.rule == "images" else "unit"
    return BudgetError(
        f"An initial budget of {limit} {unit} holds not one whole {what} of "
        "this pool; raise budget.initial, or set initial.rule to units."
    )


def _within_clicks(
    geometry: Geometry,
    initial: Initial,
    limit: int,
    rng: np.random.Generator,
    oracle: Oracle | None,
) -> UnitIds:
    """Draw images or units until the next one would pass a limit in clicks."""
    if oracle is None:
        raise PoolError("What units cost in clicks is known to an oracle alone; give one.")
    groups: Iterable[UnitIds]
    if initial.rule == "units":
        ranking = geometry.unit_ids[rng.permutation(len(geometry))]
        groups = geometry.apart(ranking, limit).reshape(-1, 1)  # no unit takes less than a click
    else:
        images = rng.permutation(geometry.n_images)
        groups = (geometry.image_units(number) for number in images.tolist())
    drawn: list[UnitIds] = []
    spent = 0
    for ids in groups:
        spent += int(oracle.price(ids).sum())
        if spent > limit:
            break
        drawn.append(ids)
    if not drawn:
        raise _too_small(initial, limit, "clicks")
    return np.concatenate(drawn)


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
