"""A bounded cache of decoded arrays, for repeated passes over the same images."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

import numpy.typing as npt

DEFAULT_CACHE_BYTES = 512 * 1024**2
"""Holds the 367 training images of CamVid at 360×480 (190 MB) and more."""


class ArrayCache:
    """Caches arrays up to a number of bytes; the first arrays stay.

    No array is dropped: epochs and scans read a pool again and again in the same order, for which a
    least-recently-used rule drops every array just before its next use, while this cache still
    holds the share that fits.

    Args:
        limit: most bytes of array data in the cache; 0 turns the cache off.
    """

    def __init__(self, limit: int = DEFAULT_CACHE_BYTES) -> None:
        self.limit = limit
        self.held = 0
        self._arrays: dict[Hashable, npt.NDArray[Any]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._arrays)

    def get(self, key: Hashable, make: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Return the array of ``key``, made by ``make`` unless it is in the cache.

        The array is read-only, since every caller gets the same one. Safe to call from many
        threads; two threads may make the same array, and one of the two is dropped.
        """
        array = self._arrays.get(key)
        if array is not None:
            return array
        array = make()
        array.setflags(write=False)
        with self._lock:
            if key not in self._arrays and self.held + array.nbytes <= self.limit:
                self._arrays[key] = array
                self.held += array.nbytes
        return array
