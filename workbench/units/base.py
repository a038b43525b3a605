"""The layout of an image's query units, and the protocol of the schemes that make layouts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from workbench.units.outlines import Rings


Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Layout(Protocol):
    """The units of one image, or some of them; row i of every array is one unit.

    Layouts never change, and compare and hash by identity: all images of a size share one, so
    ``functools.lru_cache`` can cache what is derived from it.
    """

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the image."""

    @property
    def local(self) -> Ints:
        """(n,) local numbers, ascending."""

    @property
    def boxes(self) -> npt.NDArray[np.int32]:
        """(n, 4) y0, x0, y1, x1 in pixels, end exclusive."""

    @property
    def areas(self) -> Ints:
        """(n,) pixels of each unit."""

    def __len__(self) -> int: ...

    def __hash__(self) -> int: ...

    def pixels(self, local: Ints) -> Mask:
        """Return (H, W), whether a pixel belongs to some units, given by their local numbers."""

    def inside(self, local: int) -> Mask:
        """Return (h, w), whether a pixel of a unit's box belongs to the unit."""

    def only(self, local: Ints) -> Layout:
        """Return a layout that holds these units, given by their local numbers, ascending.

        It may hold other units too where leaving them out saves nothing.
        """

    def without(self, pixels: Mask) -> Layout:
        """Return the layout in which some pixels (H, W) belong to no unit.

        Units that may overlap keep all their pixels, since one pixel belongs to many of them.
        """

    def outlines(self) -> list[Rings]:
        """Return each unit's outline, in the order of the rows."""


@dataclass(frozen=True, eq=False)
class UnitLayout:
    """The units of one image, none of which overlap; row i is the unit with local number i.

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
            array.setflags(write=False)  # all images of a size share one layout

    @classmethod
    def of_boxes(cls, size: tuple[int, int], boxes: npt.NDArray[np.int32]) -> UnitLayout:
        """Return the layout whose units are rectangles that share no pixel."""
        unit_map = np.full(size, -1, dtype=np.int32)
        for unit, (y0, x0, y1, x1) in enumerate(boxes.tolist()):
            unit_map[y0:y1, x0:x1] = unit
        return cls(unit_map, boxes, area_of(boxes))

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def rectangular(self) -> bool:
        """Whether all units fill their boxes."""
        return bool(rectangles(self.boxes, self.areas).all())

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the image."""
        height, width = self.unit_map.shape
        return height, width

    @property
    def local(self) -> Ints:
        """(n,) local numbers: 0 … n − 1."""
        return np.arange(len(self), dtype=np.int64)

    def pixels(self, local: Ints) -> Mask:
        """Return (H, W), whether a pixel belongs to some units, given by their local numbers."""
        among = np.zeros(len(self) + 1, dtype=bool)  # the last one is for −1: no unit
        among[local] = True
        pixels: Mask = among[self.unit_map]
        return pixels

    def inside(self, local: int) -> Mask:
        """Return (h, w), whether a pixel of a unit's box belongs to the unit."""
        y0, x0, y1, x1 = self.boxes[local].tolist()
        inside: Mask = self.unit_map[y0:y1, x0:x1] == local
        return inside

    def only(self, local: Ints) -> UnitLayout:  # noqa: ARG002 - a unit map counts all at once
        """Return the layout itself."""
        return self

    def without(self, pixels: Mask) -> UnitLayout:
        """Return the layout in which some pixels (H, W) belong to no unit."""
        unit_map = np.where(pixels, np.int32(-1), self.unit_map)
        areas = np.bincount(unit_map[unit_map >= 0], minlength=len(self))
        return UnitLayout(unit_map, self.boxes, areas.astype(np.int64))

    def outlines(self) -> list[Rings]:
        """Return each unit's outline, none for a rectangle."""
        filled = rectangles(self.boxes, self.areas)
        if filled.all():
            return [[] for _ in range(len(self))]
        from workbench.units.outlines import rings  # loads OpenCV

        return [
            [] if filled[unit] else rings(self.inside(unit), (y0, x0))
            for unit, (y0, x0, _, _) in enumerate(self.boxes.tolist())
        ]


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
            array.setflags(write=False)  # all images of a size share one layout

    def __len__(self) -> int:
        return len(self.local)

    @property
    def areas(self) -> Ints:
        """(n,) pixels of each window."""
        return area_of(self.boxes)

    def pixels(self, local: Ints) -> Mask:
        """Return (H, W), whether a pixel lies in some windows, given by their local numbers."""
        pixels = np.zeros(self.size, dtype=bool)
        for y0, x0, y1, x1 in self.boxes[np.searchsorted(self.local, local)].tolist():
            pixels[y0:y1, x0:x1] = True
        return pixels

    def inside(self, local: int) -> Mask:
        """Return (h, w), all true: a window fills its box."""
        y0, x0, y1, x1 = self.boxes[np.searchsorted(self.local, local)].tolist()
        return np.ones((y1 - y0, x1 - x0), dtype=bool)

    def only(self, local: Ints) -> WindowLayout:
        """Return the layout of these windows only."""
        if len(local) == len(self):
            return self
        return WindowLayout(self.size, local, self.boxes[np.searchsorted(self.local, local)])

    def without(self, pixels: Mask) -> WindowLayout:  # noqa: ARG002 - see Layout.without
        """Return the layout itself."""
        return self

    def outlines(self) -> list[Rings]:
        """Return no rings: windows are rectangles."""
        return [[] for _ in range(len(self))]


def area_of(boxes: npt.NDArray[Any]) -> Ints:
    """Return (n,) pixels of (n, 4) boxes."""
    sides = (boxes[..., 2:] - boxes[..., :2]).astype(np.int64)
    areas: Ints = sides[..., 0] * sides[..., 1]
    return areas


def rectangles(boxes: npt.NDArray[np.int32], areas: Ints) -> Mask:
    """Return (n,) bool, whether a unit fills its box.

    Args:
        boxes: (n, 4) y0, x0, y1, x1, end exclusive.
        areas: (n,) pixels.
    """
    filled: Mask = area_of(boxes) == areas
    return filled


class UnitScheme(Protocol):
    """Divides images into units that do not overlap; ``units.window`` makes overlapping ones."""

    needs_image: bool
    """Whether the layout depends on the image's content, not only on its size."""

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
    """Return the digest of an image's size and content, the same in every process."""
    content = np.ascontiguousarray(image)
    named = hashlib.blake2b(repr(content.shape).encode(), digest_size=16)
    named.update(content.data)
    return named.hexdigest()
