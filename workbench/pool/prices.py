"""The price list: what units took in clicks, which is known once they were paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError
from workbench.pool.clicks import CLICK_TOLERANCE, count_clicks

if TYPE_CHECKING:
    from workbench.pool.source import LabelSource

Clicks = npt.NDArray[np.int64]


class Prices:
    """Counts the clicks of units that were paid for.

    Args:
        source: where labels come from.
        tolerance: of the polygons by which clicks are counted, pixels.
        counted: unit id ► clicks counted before, which the price lists of one source and tolerance
            share; ``None`` for none. A price that is among them is still to be paid for.
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
            (k,) clicks that each of them took.
        """
        clicks = self.true(ids)
        self._paid.update(np.asarray(ids, dtype=np.int64).tolist())
        return clicks

    def of(self, ids: npt.ArrayLike) -> Clicks:
        """Return (k,) clicks that some units took.

        Raises:
            PoolError: if one of them was not paid for.
        """
        wanted = np.asarray(ids, dtype=np.int64)
        for unit in wanted.tolist():
            if unit not in self._paid:
                raise PoolError(f"The unit {unit} was not paid for, so its price is not known.")
        return self.true(wanted)

    def true(self, ids: npt.ArrayLike) -> Clicks:
        """Return (k,) clicks that some units would take, paid for or not.

        **This leaks**: it reads labels that nobody has paid for. Ranking by it is a study of what
        perfect knowledge of costs would be worth (``costs: true``), and nothing else may call it.
        """
        wanted = np.asarray(ids, dtype=np.int64)
        new = np.array([u for u in wanted.tolist() if u not in self._counted], dtype=np.int64)
        for unit in self._source.labels(np.unique(new)):
            self._counted[unit.id] = count_clicks(unit.labels, self._tolerance)
        return np.array([self._counted[unit] for unit in wanted.tolist()], dtype=np.int64)
