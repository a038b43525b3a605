"""Unit maps that cannot change carry their sort order: worked out once, not for every score map.

A layout serves every image of its size, and its unit map is read-only. Aggregating hundreds of
score maps over it then costs one look-up and one sum a pixel; what-if lives on it.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_KEPT = 16
"""Unit maps whose order is held: a pool has few image sizes, and a user compares few divisions."""

_known: OrderedDict[int, tuple[weakref.ref[npt.NDArray[Any]], UnitOrder]] = OrderedDict()
_lock = threading.Lock()


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


def cannot_change(unit_map: npt.NDArray[Any]) -> bool:
    """Whether a unit map is read-only and no view of an array that may not be."""
    return unit_map.base is None and not unit_map.flags.writeable


def recall(unit_map: npt.NDArray[Any], n_units: int) -> UnitOrder | None:
    """Return the order of a unit map that was kept, if it was."""
    with _lock:
        found = _known.get(id(unit_map))
        if found is None or found[0]() is not unit_map or len(found[1].sizes) != n_units:
            return None
        _known.move_to_end(id(unit_map))
        return found[1]


def keep(unit_map: npt.NDArray[Any], order: UnitOrder) -> None:
    """Keep the order of a unit map that cannot change."""
    with _lock:
        _known[id(unit_map)] = weakref.ref(unit_map), order
        while len(_known) > _KEPT:
            _known.popitem(last=False)
