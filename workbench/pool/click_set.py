"""Where the revealed units were clicked: what a click-cost network is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from workbench.datasets.cache import DEFAULT_CACHE_BYTES, ArrayCache
from workbench.pool.clicks import click_map
from workbench.types import UnitIds, image_numbers

if TYPE_CHECKING:
    from workbench.datasets.base import Image
    from workbench.pool.index import PoolIndex
    from workbench.pool.oracle import Oracle

ClickSample = tuple["Image", npt.NDArray[np.float32], npt.NDArray[np.bool_], str]
"""(H, W, 3) uint8 RGB, (H, W) clicks a pixel, (H, W) whether it was revealed, a name."""


class ClickSet(Sequence[ClickSample]):
    """One sample an image that holds revealed units, in the order of their numbers.

    Clicks outside revealed units are not known; the third array says where they are. In a unit that
    overlaps no other one they add up to what the unit cost; where units overlap, each was outlined
    by itself, and the mean of their clicks stands.

    Args:
        oracle: where labels come from.
        index: the pool.
        ids: revealed units, ascending.
        tolerance: of the polygons, see :mod:`workbench.pool.clicks`.
        cache_bytes: most bytes of click maps held.
    """

    def __init__(
        self,
        oracle: Oracle,
        index: PoolIndex,
        ids: UnitIds,
        tolerance: float,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self._oracle = oracle
        self._index = index
        self._tolerance = tolerance
        self._kept = ArrayCache(cache_bytes)
        cuts = 1 + np.flatnonzero(np.diff(image_numbers(ids)))  # where the next image begins
        self._groups = np.split(ids, cuts) if len(ids) else []

    def __len__(self) -> int:
        return len(self._groups)

    @overload
    def __getitem__(self, i: int) -> ClickSample: ...
    @overload
    def __getitem__(self, i: slice) -> list[ClickSample]: ...
    def __getitem__(self, i: int | slice) -> ClickSample | list[ClickSample]:
        """Return sample i: image, clicks, revealed and name."""
        if isinstance(i, slice):
            return [self[j] for j in range(*i.indices(len(self)))]
        number = int(image_numbers(self._groups[i][0]))
        clicks = self._kept.get(number, lambda: self._clicks(self._groups[i]))
        image = self._oracle.image(number)
        return image, np.maximum(clicks, 0), clicks >= 0, self._index.image_ids[number]

    def _clicks(self, ids: UnitIds) -> npt.NDArray[np.float32]:
        """Return (H, W) clicks a pixel, −1 where no unit was revealed."""
        size = self._index.sizes[int(image_numbers(ids[0]))]
        clicks, times = np.zeros(size), np.zeros(size, dtype=np.int32)
        for unit in self._oracle.each_unit(ids):
            clicks[unit.place] += click_map(unit.labels, self._tolerance)
            times[unit.place] += unit.inside
        return np.where(times > 0, clicks / np.maximum(times, 1), -1).astype(np.float32)
