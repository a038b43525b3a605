"""A cycle's score maps in memory, so that moving a slider does not read the disk again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.recent import Recent
from workbench.store.quantise import restore
from workbench.what_if._ranked import RankedPixels

if TYPE_CHECKING:
    from workbench.store import Cycle

StoredMap = tuple[str, npt.NDArray[Any], float, float]
"""Image id, codes (h, w) uint8 or uint16, scores of the lowest and of the highest code."""

CACHE_BYTES = 256 * 1024**2
"""Of one cycle's maps as stored: 367 maps of 360×480 in 8 bits are 63 MB, in 16 bits 127 MB."""

_MOST_RANKED = 2
"""Scores in certain units whose sorted pixels are held; each takes as much as its maps."""


class Maps:
    """The score maps of a cycle, held as they are stored; the first ones that fit stay.

    Args:
        cycle: published.
        limit: most bytes held.

    Attributes:
        ranked: the same pixels sorted within units, by score and units: for thresholds.
    """

    def __init__(self, cycle: Cycle, limit: int = CACHE_BYTES) -> None:
        self._cycle = cycle
        self._left = limit
        self._cached: dict[tuple[str, str], tuple[npt.NDArray[Any], float, float]] = {}
        self.ranked: Recent[RankedPixels] = Recent(_MOST_RANKED)

    def each(
        self, score: str, image_ids: Iterable[str]
    ) -> Iterator[tuple[str, npt.NDArray[np.float32], int]]:
        """Yield image id, map (h, w) in the score's unit, and the bits it is stored in.

        Raises:
            NotStoredError: if the cycle does not hold one of them.
        """
        for image_id, codes, low, high in self.codes(score, image_ids):
            yield image_id, restore(codes, low, high), 8 * codes.itemsize

    def codes(self, score: str, image_ids: Iterable[str]) -> Iterator[StoredMap]:
        """Yield the maps as they are stored, not always in the order of ``image_ids``.

        Raises:
            NotStoredError: if the cycle does not hold one of them.
        """
        missing = []
        for image_id in image_ids:
            cached = self._cached.get((score, image_id))
            if cached is None:
                missing.append(image_id)
            else:
                yield image_id, *cached
        if not missing:
            return
        for image_id, codes, low, high in self._cycle.each_score_map(score, missing):
            if codes.nbytes <= self._left:
                self._left -= codes.nbytes
                self._cached[score, image_id] = codes, low, high
            yield image_id, codes, low, high
