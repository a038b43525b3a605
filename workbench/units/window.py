"""Sliding windows: units that may overlap, given by their boxes (CEREALS: 128×128 and 512×512).

The windows of an image lie on a lattice, so the box of a window follows from its number. No window
is listed: five million windows take no more memory than their images' sizes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.units.base import WindowLayout

Ints = npt.NDArray[np.int64]


class Windows:
    """Windows of ``height`` × ``width``, every ``stride`` pixels, numbered row by row.

    The last window of a row or column is moved inwards, so that it ends at the border. Along a side
    on which the image is smaller than the window, the window is as long as the image.

    Args:
        height: height of a window, pixels.
        width: width of a window, pixels.
        stride: pixels from one window to the next, along both sides.
        max_overlap: largest share of a candidate's pixels that may be labelled or picked before.
    """

    needs_image = False

    def __init__(self, height: int, width: int, stride: int, max_overlap: float = 0.0) -> None:
        self.height = height
        self.width = width
        self.stride = stride
        self.max_overlap = max_overlap

    def layout(
        self,
        size: tuple[int, int],
        image: npt.NDArray[Any] | None = None,  # noqa: ARG002 - the size is enough
    ) -> WindowLayout:
        """Return all windows of an image of this size, made once per size."""
        return _layout(*size, self.height, self.width, self.stride)

    def count(self, size: tuple[int, int]) -> int:
        """Return the number of windows in an image of (H, W)."""
        ys, xs = self._starts(size)
        return len(ys) * len(xs)

    def boxes(self, size: tuple[int, int], local: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return (k, 4) boxes y0, x0, y1, x1, end exclusive, of windows by their local numbers."""
        ys, xs = self._starts(size)
        row, column = np.divmod(np.asarray(local, dtype=np.int64), len(xs))
        low = np.stack([ys[row], xs[column]], axis=-1)
        high = low + np.minimum((self.height, self.width), size)
        return np.concatenate([low, high], axis=-1).astype(np.int32)

    def side_by_side(self, size: tuple[int, int]) -> Ints:
        """Return the local numbers, ascending, of windows that lie side by side over the image.

        Each is the last window without a gap to the one before. Where the stride divides the
        window's side they touch without overlap, except the last, which is moved inwards.
        """
        ys, xs = self._starts(size)
        rows, columns = _touching(ys, self.height), _touching(xs, self.width)
        return (rows[:, None] * len(xs) + columns).ravel()

    def covered(self, size: tuple[int, int]) -> int:
        """Return the number of pixels in any window: all, unless the stride exceeds the window."""
        ys, xs = self._starts(size)
        return _union(ys, min(self.height, size[0])) * _union(xs, min(self.width, size[1]))

    def _starts(self, size: tuple[int, int]) -> tuple[Ints, Ints]:
        return _places(size[0], self.height, self.stride), _places(size[1], self.width, self.stride)


@lru_cache(maxsize=256)
def _places(side: int, length: int, stride: int) -> Ints:
    """Return the first pixel of each window along one side, ascending."""
    last = max(side - length, 0)
    places = np.append(np.arange(0, last, stride, dtype=np.int64), last)
    places.setflags(write=False)
    return places


def _touching(places: Ints, length: int) -> Ints:
    """Return positions in ``places``, first to last, each the farthest without a gap."""
    chosen = [0]
    while chosen[-1] < len(places) - 1:
        here = chosen[-1]
        next_to = int(np.searchsorted(places, places[here] + length, side="right")) - 1
        chosen.append(max(next_to, here + 1))
    return np.array(chosen, dtype=np.int64)


def _union(places: Ints, length: int) -> int:
    return length + int(np.minimum(np.diff(places), length).sum())


@lru_cache(maxsize=64)
def _layout(height: int, width: int, *window: int) -> WindowLayout:
    size, scheme = (height, width), Windows(*window)
    local = np.arange(scheme.count(size), dtype=np.int64)
    return WindowLayout(size, local, scheme.boxes(size, local))
