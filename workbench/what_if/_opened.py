"""The cycles that were opened last, with what was read and computed from them.

A cached value is never stale: the key of a cycle holds its revision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.recent import Recent
from workbench.units import UNITS
from workbench.what_if._maps import Maps
from workbench.what_if._pool import CyclePool
from workbench.what_if._stored import StoredPool

if TYPE_CHECKING:
    from workbench.registry import Bound
    from workbench.store import Cycle
    from workbench.units import UnitsEntry

_CYCLES = 2
"""Two, so that two runs can be compared; each holds up to ``_maps.CACHE_BYTES``."""

_POOLS = 4


class OpenedCycle:
    """A cycle's maps, read once, and its pool in any units.

    Args:
        cycle: a published cycle.

    Attributes:
        own: the pool in the experiment's own units.
    """

    def __init__(self, cycle: Cycle) -> None:
        self._cycle = cycle
        self._stored = StoredPool(cycle)
        self._maps = Maps(cycle)
        self._pools: Recent[CyclePool] = Recent(_POOLS)
        self.own = self._cut(self._stored.units)

    def pool(self, units: str | None) -> CyclePool:
        """Return the pool cut into units.

        Args:
            units: spec string; ``None``: the experiment's own.

        Raises:
            ConfigError: for unknown units.
        """
        bound = self._stored.units if units is None else UNITS.bind(units)
        if bound.key == self._stored.units.key:
            return self.own
        return self._pools.get(bound.key, lambda: self._cut(bound))

    def _cut(self, units: Bound[UnitsEntry]) -> CyclePool:
        return CyclePool(self._cycle, self._stored, self._maps, units)


_cycles: Recent[OpenedCycle] = Recent(_CYCLES)


def opened(cycle: Cycle) -> OpenedCycle:
    """Return an opened cycle, from the cache if it was opened before.

    Raises:
        StoreError: if the cycle was opened without its run.
    """
    return _cycles.get((str(cycle.path.resolve()), cycle.revision), lambda: OpenedCycle(cycle))
