"""A bounded cache of decoded arrays, for passes that go over the same images again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

import numpy.typing as npt

DEFAULT_CACHE_BYTES = 512 * 1024**2
"""Holds the 367 training images of CamVid at 360×480 (190 MB) and more."""


class ArrayCache:
    """Keeps arrays up to a number of bytes; those that come first stay.

    Nothing is ever thrown out: epochs and scans walk through a pool in a circle, and there a
    least-recently-used rule drops every array just before it is asked for again, while this one
    still serves the share that fits.

    Args:
        limit: most bytes of array data held; 0 turns the cache off.
    """

    def __init__(self, limit: int = DEFAULT_CACHE_BYTES) -> None:
        self.limit = limit
        self.held = 0
        self._arrays: dict[Hashable, npt.NDArray[Any]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._arrays)

    def get(self, key: Hashable, make: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Return the array of ``key``, made by ``make`` unless it is held.

        The array is read-only, since every caller gets the same one. Safe to call from many
        threads; two of them may make the same array, and then one is dropped.
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
