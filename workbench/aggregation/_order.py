"""The sort order of unit maps that cannot change, computed once and not for every score map.

All images of a size share a layout, and its unit map is read-only. Aggregating hundreds of score
maps over it then costs one look-up and one sum per pixel; what-if depends on this.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError

_CACHED = 16
"""Number of cached orders: a pool has few image sizes, a user compares few divisions."""


@dataclass(frozen=True, eq=False)
class UnitOrder:
    """The pixels of a unit map, unit after unit; those of no unit are left out.

    Attributes:
        pixels: (pixels,) positions in the flat map; within each unit in the map's order.
        starts: (n,) start of each unit in ``pixels``.
        sizes: (n,) number of pixels of each unit.
    """

    pixels: npt.NDArray[np.int32]
    starts: npt.NDArray[np.intp]
    sizes: npt.NDArray[np.intp]

    def sums(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Sum (H, W) values over each unit, in float64."""
        found = np.zeros(len(self.sizes))
        there = self.sizes > 0
        if there.any():
            ordered = values.ravel()[self.pixels]
            found[there] = np.add.reduceat(ordered, self.starts[there], dtype=np.float64)
        return found

    def ascending(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return (pixels,) values, unit after unit, in each unit from the smallest up."""
        ordered = values.ravel()[self.pixels]
        kind: Any = (
            "stable" if ordered.dtype.itemsize <= 2 else None
        )  # numpy has a radix sort for these
        for start, size in zip(self.starts.tolist(), self.sizes.tolist(), strict=True):
            ordered[start : start + size].sort(kind=kind)
        return ordered


def order_of(codes: npt.NDArray[np.intp], n_units: int) -> UnitOrder:
    """Compute the order of unit numbers that were increased by one (0 is "no unit")."""
    if n_units < np.iinfo(np.int16).max:
        codes = codes.astype(np.int16)  # numpy sorts 16 bits by counting
    sizes = np.bincount(codes, minlength=n_units + 1)
    pixels = np.argsort(codes, kind="stable")[sizes[0] :].astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes[1:])[:-1]]).astype(np.intp)
    return UnitOrder(pixels, starts[:n_units], sizes[1:])


def unit_codes(unit_map: npt.NDArray[Any], n_units: int) -> npt.NDArray[np.intp]:
    """Return the unit numbers increased by one, so that "no unit" is 0."""
    codes = unit_map.ravel().astype(np.intp)
    codes += 1
    if codes.size and (codes.max() > n_units or codes.min() < 0):
        raise beyond(int(codes.min()) - 1, int(codes.max()) - 1, n_units)
    return codes


def beyond(low: int, high: int, n_units: int) -> ShapeError:
    """Return the error for a unit map with numbers of units that do not exist."""
    return ShapeError(
        f"A unit map holds numbers from {low} to {high}; wanted −1 (no unit) to {n_units - 1}, "
        f"for {n_units} units."
    )


def cached_order(unit_map: npt.NDArray[Any], n_units: int) -> UnitOrder | None:
    """Return the order of a unit map that cannot change; ``None`` for one that can."""
    if unit_map.base is not None or unit_map.flags.writeable:  # the base of a view may be writeable
        return None
    return _order(_Fixed(unit_map), n_units)


@dataclass(frozen=True, eq=False)
class _Fixed:
    """An array that cannot change; equal to another one only if both hold the same array."""

    array: npt.NDArray[Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Fixed) and self.array is other.array

    def __hash__(self) -> int:
        return hash((self.array.shape, self.array.ctypes.data))


@lru_cache(maxsize=_CACHED)
def _order(unit_map: _Fixed, n_units: int) -> UnitOrder:
    return order_of(unit_codes(unit_map.array, n_units), n_units)
