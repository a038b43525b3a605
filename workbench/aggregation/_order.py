"""Unit maps that cannot change carry their sort order: worked out once, not for every score map.

A layout serves every image of its size, and its unit map is read-only. Aggregating hundreds of
score maps over it then costs one look-up and one sum a pixel; what-if lives on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError

_KEPT = 16
"""Unit maps held with their order: a pool has few image sizes, a user compares few divisions."""


@dataclass(frozen=True, eq=False)
class UnitOrder:
    """The pixels of a unit map, unit after unit; those of no unit are left out.

    Attributes:
        pixels: (pixels,) positions in the flat map; in each unit in the map's order.
        starts: (n,) where each unit begins.
        sizes: (n,) its pixels.
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
        kind: Any = "stable" if ordered.dtype.itemsize <= 2 else None  # which numpy sorts by digits
        for start, size in zip(self.starts.tolist(), self.sizes.tolist(), strict=True):
            ordered[start : start + size].sort(kind=kind)
        return ordered


def order_of(codes: npt.NDArray[np.intp], n_units: int) -> UnitOrder:
    """Work out the order of unit numbers that were moved up by one (0 is "no unit")."""
    if n_units < np.iinfo(np.int16).max:
        codes = codes.astype(np.int16)  # numpy sorts 16 bits by counting
    sizes = np.bincount(codes, minlength=n_units + 1)
    pixels = np.argsort(codes, kind="stable")[sizes[0] :].astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes[1:])[:-1]]).astype(np.intp)
    return UnitOrder(pixels, starts[:n_units], sizes[1:])


def unit_codes(unit_map: npt.NDArray[Any], n_units: int) -> npt.NDArray[np.intp]:
    """Unit numbers moved up by one, so that "no unit" is 0."""
    codes = unit_map.ravel().astype(np.intp)
    codes += 1
    if codes.size and (codes.max() > n_units or codes.min() < 0):
        raise beyond(int(codes.min()) - 1, int(codes.max()) - 1, n_units)
    return codes


def beyond(low: int, high: int, n_units: int) -> ShapeError:
    """Return the error for a unit map that names units which are not there."""
    return ShapeError(
        f"A unit map holds numbers from {low} to {high}; wanted −1 (no unit) to {n_units - 1}, "
        f"for {n_units} units."
    )


def known_order(unit_map: npt.NDArray[Any], n_units: int) -> UnitOrder | None:
    """Return the order of a unit map that cannot change; ``None`` for one that may."""
    if unit_map.base is not None or unit_map.flags.writeable:  # a view shows what may change
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


@lru_cache(maxsize=_KEPT)
def _order(unit_map: _Fixed, n_units: int) -> UnitOrder:
    return order_of(unit_codes(unit_map.array, n_units), n_units)
