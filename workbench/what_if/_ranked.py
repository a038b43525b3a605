"""The stored pixels of every unit in rising order: any threshold is then a search, not a sum.

A slider over thresholds reads the same maps again and again. Sorted once, unit by unit, they give
the count of each threshold in a few steps per unit, however many pixels it has; and whatever else
reads a unit's pixels in order (largest, top share, quantile) need not sort them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.aggregation import AggregationEntry, of_sorted
from workbench.registry import Bound
from workbench.store.quantise import restore, values_of


class RankedImage(NamedTuple):
    """One image's stored scores.

    Attributes:
        rows: the rows of its units among the units of the pool.
        codes: (pixels,) unit after unit, ascending within each unit; uint8 or uint16.
        sizes: (n,) number of pixels of each unit.
        low: score of the lowest possible code.
        high: score of the highest possible code.
    """

    rows: slice
    codes: npt.NDArray[Any]
    sizes: npt.NDArray[np.intp]
    low: float
    high: float


class RankedPixels:
    """The sorted pixels of a pool's units, image after image.

    Args:
        images: in any order.
        n_units: number of units of the pool; units of images that are not given have no pixels.
        stored_as: how the maps are stored, in words.

    Attributes:
        stored_as: how the maps are stored, in words.
    """

    def __init__(self, images: Sequence[RankedImage], n_units: int, stored_as: str) -> None:
        self.stored_as = stored_as
        self._rows = [image.rows for image in images]
        self._kinds = [image.codes.dtype for image in images]
        self._tops = np.array([np.iinfo(image.codes.dtype).max for image in images], np.int64)
        self._low = np.array([image.low for image in images])
        self._high = np.array([image.high for image in images])
        self._image = np.zeros(n_units, np.int64)
        sizes, order = np.zeros(n_units, np.int64), []
        for number, image in enumerate(images):
            self._image[image.rows] = number
            sizes[image.rows] = image.sizes
            order.append(np.arange(image.rows.start, image.rows.stop))
        given = np.concatenate(order) if order else np.empty(0, np.int64)
        self._end = np.zeros(n_units, np.int64)
        self._end[given] = np.cumsum(sizes[given])
        self._start = self._end - sizes
        self._sizes = sizes
        self._codes = np.concatenate([i.codes for i in images]) if images else np.empty(0, np.uint8)

    @property
    def nbytes(self) -> int:
        """The size of the sorted pixels in bytes."""
        return self._codes.nbytes

    def scores(self, aggregation: Bound[AggregationEntry]) -> npt.NDArray[np.float64]:
        """Return (n_units,) the unit scores by an aggregation that :func:`supports` accepts."""
        if setting := aggregation.entry.share_above:
            return self.share_above(aggregation.options[setting])
        found = np.zeros(len(self._sizes))
        for number, rows in enumerate(self._rows):
            pixels = slice(int(self._start[rows.start]), int(self._end[rows.stop - 1]))
            codes = self._codes[pixels].astype(self._kinds[number], copy=False)
            values = restore(codes, float(self._low[number]), float(self._high[number]))
            found[rows] = of_sorted(aggregation, values, self._sizes[rows])
        return found

    def share_above(self, threshold: float) -> npt.NDArray[np.float64]:
        """Return (n_units,) the share of each unit's pixels whose score is strictly greater.

        Equal to :func:`workbench.aggregation.count_above` on the maps as they are read back.
        """
        if not len(self._codes):
            return np.zeros(len(self._start))
        levels = self._levels_up_to(threshold)[self._image]
        first, end = self._start.copy(), self._end.copy()
        while (open_ := first < end).any():
            middle = (first + end) // 2
            under = self._codes[np.minimum(middle, len(self._codes) - 1)] < levels
            first = np.where(open_ & under, middle + 1, first)
            end = np.where(open_ & ~under, middle, end)
        shares: npt.NDArray[np.float64] = (self._end - first) / np.maximum(self._sizes, 1)
        return shares

    def _levels_up_to(self, threshold: float) -> npt.NDArray[np.int64]:
        """Return (images,) how many levels of each image have a score not above a threshold."""
        limit = np.float32(threshold)  # the precision in which a score map is compared
        first, end = np.zeros_like(self._tops), self._tops + 1
        while (open_ := first < end).any():
            middle = np.minimum((first + end) // 2, self._tops)
            under = values_of(middle, self._tops, self._low, self._high) <= limit
            first = np.where(open_ & under, middle + 1, first)
            end = np.where(open_ & ~under, middle, end)
        return first


def supports(aggregation: Bound[AggregationEntry]) -> bool:
    """Whether sorted pixels give an aggregation's own bits."""
    return bool(aggregation.entry.share_above or aggregation.entry.of_sorted)
