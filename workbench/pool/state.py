"""The labelled units of a pool: an immutable state; revealing returns the next state."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError
from workbench.geometry import BudgetUnit, Geometry
from workbench.types import UnitIds


def _none() -> UnitIds:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class PoolState:
    """The state of a pool: its units and which of them are labelled.

    Attributes:
        geometry: the geometry of all units.
        labelled: (L,) ids in the order in which they were labelled.
        clicks: (L,) int64 clicks that labelling each took; ``None`` where they were not counted.

    Raises:
        PoolError: if a unit is given twice or is not in the pool.
    """

    geometry: Geometry
    labelled: UnitIds = field(default_factory=_none)
    clicks: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        labelled = np.array(self.labelled, dtype=np.int64)
        labelled.setflags(write=False)
        object.__setattr__(self, "labelled", labelled)
        ids, counts = np.unique(labelled, return_counts=True)
        if (counts > 1).any():
            raise PoolError(f"The unit {int(ids[counts > 1][0])} is given twice; wanted each once.")
        self.geometry.rows(labelled)

    @cached_property
    def unlabelled(self) -> UnitIds:
        """(U,) ids that may still be queried, ascending."""
        return self.geometry.open(self.labelled)

    def reveal(self, ids: npt.ArrayLike, clicks: npt.ArrayLike | None = None) -> PoolState:
        """Return the state after ``ids`` were labelled.

        Args:
            ids: units that are not labelled yet.
            clicks: (k,) clicks that labelling each took; ``None`` where they were not counted.

        Raises:
            PoolError: if one of them is not in the pool, given twice or labelled already, or if
                there is not one number of clicks for each.
        """
        new = np.asarray(ids, dtype=np.int64)
        again = new[np.isin(new, self.labelled)]
        if len(again):
            raise PoolError(
                f"The unit {int(again[0])} is labelled already; wanted units that are not."
            )
        labelled = np.concatenate([self.labelled, new])
        return replace(self, labelled=labelled, clicks=self._with_clicks(len(new), clicks))

    def _with_clicks(
        self, count: int, clicks: npt.ArrayLike | None
    ) -> npt.NDArray[np.int64] | None:
        """Return (L,) clicks of all labelled units; ``None`` if some were not counted."""
        before = _none() if self.clicks is None and not len(self.labelled) else self.clicks
        if clicks is None or before is None:
            return None
        more = np.asarray(clicks, dtype=np.int64)
        if more.shape != (count,):
            raise PoolError(
                f"{count} units came with {more.size} costs in clicks; wanted one each."
            )
        return np.concatenate([before, more])

    def cost(self, unit: BudgetUnit) -> int:
        """Return the cost of the labelled units, in units, pixels or clicks.

        Raises:
            PoolError: for clicks, if they were not counted.
        """
        if unit == "clicks":
            if self.clicks is None and len(self.labelled):
                raise PoolError("The clicks of this pool were not counted.")
            return 0 if self.clicks is None else int(self.clicks.sum())
        return self.geometry.spent(self.labelled, unit)
