"""Queues of units to label: requested in order, paid for one after the other.

A query with a budget in units, pixels or images is cut before labelling, so all of the queue is
labelled. The clicks of a unit are counted once it is labelled, so a queue with a budget in clicks
is longer than its budget, and labelling ends with the unit at which the payments reach the limit.
That unit was paid for and counts; the excess over the limit is taken from the next query.
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
    """Units to label, in order.

    Attributes:
        groups: each (g,) ids that are labelled together: a unit, or all units of an image.
        limit: clicks at which labelling ends; ``None``: all units are labelled.
    """

    groups: tuple[UnitIds, ...]
    limit: int | None = None

    @classmethod
    def of_units(cls, ids: npt.ArrayLike, limit: int | None = None) -> Queue:
        """Return a queue in which each unit is labelled by itself."""
        return cls(tuple(np.asarray(ids, dtype=np.int64).reshape(-1, 1)), limit)

    @property
    def unit_ids(self) -> UnitIds:
        """(k,) ids of all units, in order."""
        return _joined(self.groups)


@dataclass(frozen=True, eq=False)
class Paid:
    """The units of a queue that were labelled.

    Attributes:
        unit_ids: (k,) the beginning of the queue.
        clicks: (k,) clicks that labelling each took.
    """

    unit_ids: UnitIds
    clicks: npt.NDArray[np.int64]


def collect(queue: Queue, source: LabelSource, prices: Prices) -> Paid:
    """Request the labels of a queue and pay for them.

    Where clicks are limited, each request holds no more units than are likely to fit, at the mean
    price of the units paid for before. The same call, made again once those labels are there,
    continues; the result does not depend on the number of calls.

    Args:
        queue: the units in order.
        source: the source of labels.
        prices: counts the clicks of the units.

    Raises:
        WaitingError: if labels are missing, after they are requested.
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


def _require(source: LabelSource, ids: UnitIds, first: UnitIds | None = None) -> None:
    """Request labels; raise WaitingError unless those of ``first`` (left out: all) are there."""
    source.request(ids)
    needed = ids if first is None else first
    missing = int((~source.available(needed)).sum())
    if missing:
        raise WaitingError(
            f"{len(ids)} labels are requested, and {missing} that come first are not there yet; "
            "run the same command again when they are."
        )


def _joined(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])
