"""The places of the clicks in revealed units: training samples of a rider that predicts clicks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from workbench.datasets.cache import DEFAULT_CACHE_BYTES, ArrayCache
from workbench.pool.clicks import CLICK_TOLERANCE
from workbench.pool.outlined import points_of
from workbench.types import UnitIds, image_numbers

if TYPE_CHECKING:
    from workbench.datasets.base import Image, SegmentationDataset
    from workbench.pool.oracle import Oracle

ClickSample = tuple["Image", npt.NDArray[np.float32], npt.NDArray[np.bool_], str]
"""(H, W, 3) uint8 RGB, (H, W) clicks per pixel, (H, W) whether a pixel was revealed, a name."""


class ClickSet(Sequence[ClickSample]):
    """One sample per image that holds revealed units, in the order of their numbers.

    Clicks outside revealed units are not counted; the third array marks the revealed pixels. In a
    unit that overlaps no other unit the clicks add up to the cost of the unit; where units overlap,
    each was outlined by itself, and a pixel has the mean of their clicks. Units revealed later do
    not change a set.

    Args:
        oracle: returns the labels of revealed units.
        dataset: the dataset with the images.
        tolerance: tolerance of the polygons in pixels, see :mod:`workbench.pool.clicks`.
        cache_bytes: most bytes in the cache; an image takes an eighth of a byte per pixel
            and its vertices.
    """

    def __init__(
        self,
        oracle: Oracle,
        dataset: SegmentationDataset,
        tolerance: float = CLICK_TOLERANCE,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self._oracle = oracle
        self._dataset = dataset
        self._tolerance = tolerance
        self._cache = ArrayCache(cache_bytes)
        ids = np.sort(oracle.revealed)
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
        ids = self._groups[i]
        number = int(image_numbers(ids[0]))
        name = self._oracle.geometry.image_ids[number]
        height, width = self._oracle.geometry.sizes[number].tolist()
        packed = self._cache.get(("revealed", number), lambda: np.packbits(self._times(ids) > 0))
        points = self._cache.get(("points", number), lambda: self._points(ids))
        revealed = np.unpackbits(packed, count=height * width).view(bool).reshape(height, width)
        clicks = np.zeros((height, width), dtype=np.float32)
        rows, columns = points[:, :2].T.astype(np.intp)
        np.add.at(clicks, (rows, columns), points[:, 2])
        return self._dataset.image("train", name), clicks, revealed, name

    def _times(self, ids: UnitIds) -> npt.NDArray[np.int32]:
        """Return (H, W) the number of some units of one image that hold each pixel."""
        times = np.zeros(self._oracle.geometry.sizes[int(image_numbers(ids[0]))], dtype=np.int32)
        for unit in self._oracle.units(ids):
            times[unit.place] += unit.inside
        return times

    def _points(self, ids: UnitIds) -> npt.NDArray[np.float32]:
        """Return (n, 3) row, column and clicks: a few vertices instead of one number per pixel."""
        found = [np.empty((0, 3))]
        for unit in self._oracle.units(ids):
            points = points_of(unit, self._tolerance)
            points[:, :2] += [side.start for side in unit.place]
            found.append(points)
        points = np.concatenate(found)
        rows, columns = points[:, :2].T.astype(np.intp)
        points[:, 2] /= self._times(ids)[rows, columns]
        return points.astype(np.float32)
