"""The windows of many images, by arithmetic: two numbers per image, none per window."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from workbench.types import UNITS_PER_IMAGE, UnitIds, by_image, image_numbers, local_numbers
from workbench.units.base import WindowLayout
from workbench.units.window import Windows

Ints = npt.NDArray[np.int64]
Size = tuple[int, int]


class Lattices:
    """The places of the windows of a pool's images.

    Args:
        sizes: (I, 2) height and width of the images, pixels.
        windows: how an image is divided.

    Attributes:
        windows: how an image is divided.
        first: (I + 1,) number of windows of all images before each image.
    """

    def __init__(self, sizes: npt.ArrayLike, windows: Windows) -> None:
        self.windows = windows
        pairs = np.asarray(sizes, dtype=np.int64).reshape(-1, 2)
        kinds, self._kind = np.unique(pairs, axis=0, return_inverse=True)
        self._kinds: list[Size] = [(int(height), int(width)) for height, width in kinds]
        self.first = np.concatenate([[0], np.cumsum(self.each(windows.count))])

    def __len__(self) -> int:
        return int(self.first[-1])

    def each(self, fact: Callable[[Size], int]) -> Ints:
        """Return (I,) the value of a function of each image's size."""
        of_kind = np.array([fact(size) for size in self._kinds], dtype=np.int64)
        return of_kind[self._kind]

    def size(self, number: int) -> Size:
        """Return (H, W) of an image."""
        return self._kinds[int(self._kind[number])]

    def layout(self, number: int) -> WindowLayout:
        """Return all windows of an image."""
        return self.windows.layout(self.size(number))

    @property
    def unit_ids(self) -> UnitIds:
        """(P,) ids of all windows, ascending; computed at each call."""
        images = len(self.first) - 1
        gaps = np.arange(images) * UNITS_PER_IMAGE - self.first[:-1]
        ids: UnitIds = np.arange(len(self)) + np.repeat(gaps, np.diff(self.first))
        return ids

    def rows(self, ids: npt.ArrayLike) -> Ints:
        """Return the rows of windows among all windows, −1 for ids without a window."""
        wanted = np.asarray(ids, dtype=np.int64)
        images = len(self.first) - 1
        number = np.clip(image_numbers(wanted), 0, max(images - 1, 0))
        row = wanted - number * UNITS_PER_IMAGE + self.first[number]
        exists = (row >= self.first[number]) & (row < self.first[number + 1])
        return np.where(exists, row, -1)

    def boxes(self, ids: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return (k, 4) y0, x0, y1, x1, end exclusive, of windows that exist."""
        wanted = np.asarray(ids, dtype=np.int64)
        kind, local = self._kind[image_numbers(wanted)], local_numbers(wanted)
        boxes = np.empty((len(wanted), 4), dtype=np.int32)
        for number, size in enumerate(self._kinds):
            mine = kind == number
            boxes[mine] = self.windows.boxes(size, local[mine])
        return boxes

    def covered(self, ids: npt.ArrayLike) -> int:
        """Return the number of pixels in some windows; a pixel in several of them counts once."""
        parts = ((self.layout(number), local_numbers(part)) for number, part in by_image(ids))
        return sum(int(layout.pixels(local).sum()) for layout, local in parts)
