"""The price list: the clicks of units, which are counted once they were paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError
from workbench.pool.clicks import CLICK_TOLERANCE
from workbench.pool.outlined import clicks_of

if TYPE_CHECKING:
    from workbench.pool.source import LabelSource

Clicks = npt.NDArray[np.int64]


class Prices:
    """Counts the clicks of units that were paid for.

    Args:
        source: the source of labels.
        tolerance: tolerance of the polygons that clicks are counted by, in pixels; those that a
            dataset records are taken as they are.
        counted: unit id ► clicks counted before, which the price lists of one source and tolerance
            share; ``None`` for none. A unit among them still must be paid for.
    """

    def __init__(
        self,
        source: LabelSource,
        tolerance: float = CLICK_TOLERANCE,
        counted: dict[int, int] | None = None,
    ) -> None:
        self._source = source
        self._tolerance = tolerance
        self._counted = {} if counted is None else counted
        self._paid: set[int] = set()

    def pay(self, ids: npt.ArrayLike) -> Clicks:
        """Pay for some units whose labels are there.

        Returns:
            (k,) clicks that labelling each took.
        """
        clicks = self.true(ids)
        self._paid.update(np.asarray(ids, dtype=np.int64).tolist())
        return clicks

    def of(self, ids: npt.ArrayLike) -> Clicks:
        """Return (k,) clicks that labelling some units took.

        Raises:
            PoolError: if one of them was not paid for.
        """
        unit_ids = np.asarray(ids, dtype=np.int64)
        for unit in unit_ids.tolist():
            if unit not in self._paid:
                raise PoolError(f"The unit {unit} was not paid for, so it has no price; pay first.")
        return self.true(unit_ids)

    def true(self, ids: npt.ArrayLike) -> Clicks:
        """Return (k,) clicks that labelling some units takes, paid for or not.

        **This leaks**: it reads labels that were not paid for. Only the study of exact costs
        (``costs: true``), which ranks by it, may call it.
        """
        unit_ids = np.asarray(ids, dtype=np.int64)
        new = np.array([u for u in unit_ids.tolist() if u not in self._counted], dtype=np.int64)
        for unit in self._source.labels(np.unique(new)):
            self._counted[unit.id] = clicks_of(unit, self._tolerance)
        return np.array([self._counted[unit] for unit in unit_ids.tolist()], dtype=np.int64)
