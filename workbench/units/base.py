"""What a division of an image into query units looks like."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class UnitLayout:
    """The units of one image size; row i of every array is the unit with local number i.

    Attributes:
        unit_map: (H, W) int32, the local number of the unit a pixel belongs to, −1 for none.
        boxes: (n, 4) int32, y0, x0, y1, x1 in pixels, end exclusive.
        areas: (n,) int64, pixels of each unit.
    """

    unit_map: npt.NDArray[np.int32]
    boxes: npt.NDArray[np.int32]
    areas: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (self.unit_map, self.boxes, self.areas):
            array.setflags(write=False)  # one layout serves every image of its size

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the image."""
        height, width = self.unit_map.shape
        return height, width

    @property
    def local(self) -> npt.NDArray[np.int64]:
        """(n,) local numbers: 0 … n − 1."""
        return np.arange(len(self), dtype=np.int64)

    def pixels(self, local: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return (H, W), which pixels belong to some units given by their local numbers."""
        among = np.zeros(len(self) + 1, dtype=bool)  # the last one answers for −1: no unit
        among[local] = True
        pixels: npt.NDArray[np.bool_] = among[self.unit_map]
        return pixels


@dataclass(frozen=True, eq=False)
class WindowLayout:
    """Windows of one image, all or some of them. They may overlap, so there is no unit map.

    Attributes:
        size: (H, W) of the image.
        local: (n,) int64 local numbers, ascending; without gaps if they are all.
        boxes: (n, 4) int32, y0, x0, y1, x1 in pixels, end exclusive.
    """

    size: tuple[int, int]
    local: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        for array in (self.local, self.boxes):
            array.setflags(write=False)  # one layout serves every image of its size

    def __len__(self) -> int:
        return len(self.local)

    @property
    def areas(self) -> npt.NDArray[np.int64]:
        """(n,) pixels of each window."""
        areas: npt.NDArray[np.int64] = area_of(self.boxes)
        return areas

    def pixels(self, local: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return (H, W), which pixels lie in some windows given by their local numbers."""
        pixels = np.zeros(self.size, dtype=bool)
        for y0, x0, y1, x1 in self.boxes[np.searchsorted(self.local, local)].tolist():
            pixels[y0:y1, x0:x1] = True
        return pixels

    def only(self, local: npt.NDArray[np.int64]) -> WindowLayout:
        """Return some of the windows, given by their local numbers, ascending."""
        return WindowLayout(self.size, local, self.boxes[np.searchsorted(self.local, local)])


AnyLayout = UnitLayout | WindowLayout


def area_of(boxes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return (n,) pixels of (n, 4) boxes."""
    sides = (boxes[..., 2:] - boxes[..., :2]).astype(np.int64)
    areas: npt.NDArray[np.int64] = sides[..., 0] * sides[..., 1]
    return areas


class UnitScheme(Protocol):
    """Divides images into units."""

    needs_image: bool
    """Whether the layout depends on the image's content, not on its size alone."""

    def layout(self, size: tuple[int, int], image: npt.NDArray[Any] | None = None) -> AnyLayout:
        """Return the units of an image.

        Args:
            size: (H, W) in pixels.
            image: (H, W, 3) uint8 RGB, read only if ``needs_image``.

        Raises:
            ShapeError: if the image is too small for the scheme.
        """
        ...


def digest_of(image: npt.NDArray[Any]) -> str:
    """Name an image by its size and content: the same in every process."""
    content = np.ascontiguousarray(image)
    named = hashlib.blake2b(repr(content.shape).encode(), digest_size=16)
    named.update(content.data)
    return named.hexdigest()
