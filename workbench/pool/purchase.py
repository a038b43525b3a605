"""Queues of units to label: requested in order, paid for one after the other.

A budget in units, pixels or images is cut before anything is labelled, so all of a queue is
labelled. What a unit takes in clicks is known once it is labelled, so such a queue is longer than
its budget, and labelling ends with the unit by which what was paid reaches the limit. That unit was
paid for and counts; what it took over the limit is missing in the next query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.errors import WaitingError
from workbench.types import UnitIds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.pool.prices import Prices
    from workbench.pool.source import LabelSource


@dataclass(frozen=True, eq=False)
class Queue:
    """Units whose labels are wanted, in order.

    Attributes:
        groups: each (g,) ids that are labelled together: a unit, or all units of an image.
        limit: clicks at which labelling ends; ``None``: all of them are labelled.
    """

    groups: tuple[UnitIds, ...]
    limit: int | None = None

    @classmethod
    def of_units(cls, ids: npt.ArrayLike, limit: int | None = None) -> Queue:
        """Return a queue in which each unit is labelled by itself."""
        return cls(tuple(np.asarray(ids, dtype=np.int64).reshape(-1, 1)), limit)

    @property
    def unit_ids(self) -> UnitIds:
        """(k,) all of them in order."""
        return _joined(self.groups)


@dataclass(frozen=True, eq=False)
class Paid:
    """What was labelled of a queue.

    Attributes:
        unit_ids: (k,) the beginning of the queue.
        clicks: (k,) what each of them took.
    """

    unit_ids: UnitIds
    clicks: npt.NDArray[np.int64]


def collect(queue: Queue, source: LabelSource, prices: Prices) -> Paid:
    """Request the labels of a queue and pay for them.

    Where clicks are limited no more is requested at a time than is likely to fit, at the mean price
    of what was paid for before. The same call goes on once those labels are there, and its result
    does not depend on how often it waited.

    Args:
        queue: the units in order.
        source: where labels come from.
        prices: counts what they take.

    Raises:
        WaitingError: if labels are missing; they are requested.
    """
    limit = queue.limit
    if limit is None:
        ids = queue.unit_ids
        _require(source, ids)
        return Paid(ids, prices.pay(ids))
    clicks: list[npt.NDArray[np.int64]] = []
    spent = 0
    for place, group in enumerate(queue.groups):
        if spent >= limit:
            break
        if not source.available(group).all():
            fits = int((limit - spent) * place / spent) if spent else 1
            _require(source, _joined(queue.groups[place : place + max(1, fits)]), group)
        clicks.append(prices.pay(group))
        spent += int(clicks[-1].sum())
    return Paid(_joined(queue.groups[: len(clicks)]), _joined(clicks))


def _require(source: LabelSource, wanted: UnitIds, first: UnitIds | None = None) -> None:
    """Request labels; those of ``first`` (left out: all of them) must be there to go on."""
    source.request(wanted)
    needed = wanted if first is None else first
    missing = int((~source.available(needed)).sum())
    if missing:
        raise WaitingError(
            f"{len(wanted)} labels are requested, and {missing} that come first are not there yet; "
            "run the same command again when they are."
        )


def _joined(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])
