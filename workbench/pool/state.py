"""Which units are labelled: a state that never changes; revealing gives the next one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError
from workbench.pool.index import BudgetUnit, PoolIndex
from workbench.types import UnitIds


def _none() -> UnitIds:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class PoolState:
    """The pool at one moment.

    Attributes:
        index: all units.
        labelled: (L,) ids in the order in which they were labelled.
    """

    index: PoolIndex
    labelled: UnitIds = field(default_factory=_none)

    def __post_init__(self) -> None:
        labelled = np.array(self.labelled, dtype=np.int64)
        labelled.setflags(write=False)
        object.__setattr__(self, "labelled", labelled)
        ids, counts = np.unique(labelled, return_counts=True)
        if (counts > 1).any():
            raise PoolError(f"The unit {int(ids[counts > 1][0])} is given twice; wanted each once.")
        self.index.rows(labelled)

    @cached_property
    def unlabelled(self) -> UnitIds:
        """(U,) ids that may still be queried, ascending."""
        free = np.ones(len(self.index), dtype=bool)
        free[self.index.rows(self.labelled)] = False
        return self.index.unit_ids[free]

    def reveal(self, ids: npt.ArrayLike) -> PoolState:
        """Return the state after ``ids`` were labelled.

        Raises:
            PoolError: if one of them is not in the pool, given twice or labelled already.
        """
        new = np.asarray(ids, dtype=np.int64)
        known = new[np.isin(new, self.labelled)]
        if len(known):
            raise PoolError(
                f"The unit {int(known[0])} is labelled already; wanted units that are not."
            )
        return replace(self, labelled=np.concatenate([self.labelled, new]))

    def cost(self, unit: BudgetUnit) -> int:
        """Return what has been spent, in units or in pixels."""
        return int(self.index.costs(unit)[self.index.rows(self.labelled)].sum())
