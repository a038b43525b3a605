"""Initial units: the units that are labelled before cycle 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.errors import BudgetError, ConfigError
from workbench.pool.allowance import Allowance, affordable
from workbench.pool.purchase import Queue
from workbench.seeding import generator
from workbench.selection import even_places, in_time
from workbench.types import image_numbers

if TYPE_CHECKING:
    from workbench.budget import Initial
    from workbench.types import UnitIds

Allowed = npt.NDArray[np.bool_]


def initial_sets(
    allowance: Allowance, initial: Initial, seed: int, allowed: Allowed | None = None
) -> tuple[Queue, ...]:
    """Draw the units that are labelled before cycle 0.

    Rule ``images`` draws whole images at random, ``units`` single units. ``uniform`` takes images
    evenly spaced in time, the same for every seed. ``middle_of`` draws several sets as ``images``
    does; :func:`middle` chooses the one that is labelled. The same seed draws the same units; with
    ``share_across_seeds`` every seed draws them.

    The draw holds as many units as the initial budget. Clicks are counted only after labelling: for
    a budget in clicks the queue is longer, and its limit ends the labelling.

    Args:
        allowance: the pool and its budget, whose initial part is spent.
        initial: the rule.
        seed: the seed of the run.
        allowed: (I,) whether units may be drawn from each image; ``None``: from all.

    Returns:
        One queue; for ``middle_of`` as many as ``initial.sets``.

    Raises:
        BudgetError: if no image (unit) fits into the initial budget, if a budget in units is not a
            whole number of images, or if the allowed images hold too few units.
        ConfigError: for ``uniform`` without sequences, or with a budget in clicks.
    """
    limit = allowance.nominal(0)
    if limit == 0:
        return (Queue(()),)
    if initial.rule == "uniform":
        return (_uniform(allowance, limit, allowed),)
    drawn_for = 0 if initial.share_across_seeds else seed
    sets = initial.sets if initial.rule == "middle_of" else 1
    queues = []
    for number in range(sets):
        rng = generator(drawn_for, 0, f"initial {number}" if number else "initial")
        if initial.rule == "units":
            queues.append(_units(allowance, limit, rng, allowed))
        else:
            queues.append(_images(allowance, limit, rng, allowed))
    return tuple(queues)


def middle(measured: Sequence[float]) -> int:
    """Return the position of the measurement in the middle of their range [Chen et al., IV-B].

    Five random sets with two trainings each give ten networks; every method starts from the one in
    the middle. With the measurements listed set by set, its set is ``middle(measured) // repeats``.

    Args:
        measured: mIoU of each network.

    Returns:
        The position of the value nearest to (smallest + largest) / 2; the first of equal ones.

    Raises:
        BudgetError: if there are no measurements, or one is not finite.
    """
    values = np.asarray(measured, dtype=np.float64)
    if not len(values) or not np.isfinite(values).all():
        raise BudgetError(
            f"The networks of the initial sets were measured as {values.tolist()}; wanted at least "
            "one, and finite numbers."
        )
    off = np.abs(values - (values.min() + values.max()) / 2)
    return int(np.round(off, 12).argmin())  # 0.2 and 0.4 are as far from the middle


def _images(
    allowance: Allowance, limit: int, rng: np.random.Generator, allowed: Allowed | None
) -> Queue:
    images = rng.permutation(allowance.geometry.n_images)
    if allowed is not None:
        images = images[allowed[images]]
    if allowance.in_clicks:
        return Queue(_groups(allowance, images), limit)
    _require_room(allowance, limit, allowed)
    costs = allowance.image_costs()[images]
    return _filled(allowance, affordable(images, costs, limit), limit)


def _units(
    allowance: Allowance, limit: int, rng: np.random.Generator, allowed: Allowed | None
) -> Queue:
    geometry = allowance.geometry
    ranking = geometry.unit_ids[rng.permutation(len(geometry))]
    if allowed is not None:
        ranking = ranking[allowed[image_numbers(ranking)]]
    if allowance.in_clicks:
        return Queue.of_units(geometry.apart(ranking, limit), limit)
    _require_room(allowance, limit, allowed)
    ids = geometry.apart(ranking, allowance.most(limit))
    drawn = affordable(ids, allowance.prices(ids), limit)
    if not len(drawn):
        raise _too_small(allowance, "unit")
    return Queue.of_units(drawn)


def _uniform(allowance: Allowance, limit: int, allowed: Allowed | None) -> Queue:
    """Return the largest queue of evenly spaced images that fits into the limit."""
    sequences = allowance.geometry.images.sequences
    frames = allowance.geometry.images.frames
    if allowance.in_clicks:
        raise ConfigError(
            "initial.rule uniform spaces a fixed number of images evenly, and clicks are counted "
            "only after labelling; choose images, or another budget.unit."
        )
    if not (sequences != "").any():
        raise ConfigError(
            "initial.rule uniform reads the frames of sequences, and the dataset has none; choose "
            "images or units."
        )
    _require_room(allowance, limit, allowed)
    images = np.arange(len(sequences)) if allowed is None else np.flatnonzero(allowed)
    costs = allowance.image_costs()
    ordered = images[in_time(sequences[images], frames[images])]
    most = min(len(ordered), limit // max(1, int(costs[ordered].min())))
    for n in range(most, 0, -1):
        chosen = ordered[even_places(len(ordered), (), n)]
        if costs[chosen].sum() <= limit:
            return _filled(allowance, chosen, limit)
    raise _too_small(allowance, "image")


def _groups(allowance: Allowance, images: npt.NDArray[np.int64]) -> tuple[UnitIds, ...]:
    return tuple(allowance.geometry.image_units(number) for number in images.tolist())


def _filled(allowance: Allowance, images: npt.NDArray[np.int64], limit: int) -> Queue:
    """Return the queue of whole images that fit into the limit.

    Raises:
        BudgetError: if there are none, or if part of a budget in units would be left over although
            all images have the same number of units.
    """
    if allowance.budget.unit == "units":
        _require_whole_images(allowance.image_costs(), limit)
    if not len(images):
        raise _too_small(allowance, "image")
    return Queue(_groups(allowance, images))


def _require_room(allowance: Allowance, limit: int, allowed: Allowed | None) -> None:
    if allowed is None:
        return  # the budget was checked against the whole pool
    held = int(allowance.image_costs()[allowed].sum())
    if held < limit:
        raise BudgetError(
            f"The initial units are drawn through a pool filter, which leaves "
            f"{allowance.text(held)}, and budget.initial is {allowance.text(limit)}; lower it, or "
            "filter less."
        )


def _too_small(allowance: Allowance, what: str) -> BudgetError:
    cure = ", or set initial.rule to units" if what == "image" else ""
    return BudgetError(
        f"An initial budget of {allowance.budget.text(allowance.budget.initial)} holds not one "
        f"whole {what} of this pool; raise budget.initial{cure}."
    )


def _require_whole_images(units_per_image: npt.NDArray[np.int64], initial: int) -> None:
    n = int(units_per_image[0])
    if (units_per_image != n).any() or initial % n == 0:
        return
    near = [str(v) for v in (initial // n * n, (initial // n + 1) * n) if v]
    raise BudgetError(
        f"An initial budget of {initial} units is no whole number of images, each of which has {n} "
        f"units; set budget.initial to {' or '.join(near)}, or initial.rule to units."
    )
