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


class UnitScheme(Protocol):
    """Divides images into units."""

    needs_image: bool
    """Whether the layout depends on the image's content, not on its size alone."""

    def layout(self, size: tuple[int, int], image: npt.NDArray[Any] | None = None) -> UnitLayout:
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
