"""A pool of sliding windows: their places without a list, and the effect of labelled pixels.

A window is a candidate while at most the scheme's ``max_overlap`` of its pixels are labelled, and
labelling it costs only the unlabelled pixels. Within a query the windows picked before count as
labelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.aggregation import over_boxes
from workbench.geometry.base import Begun, Geometry, Ints, Mask, require_room, unknown_clicks
from workbench.types import (
    UNITS_PER_IMAGE,
    UnitIds,
    by_image,
    image_numbers,
    local_numbers,
    unit_ids,
)
from workbench.units.base import area_of
from workbench.units.lattices import Lattices

if TYPE_CHECKING:
    import pandas as pd

    from workbench.geometry.base import BudgetUnit
    from workbench.geometry.images import Images
    from workbench.geometry.unit_maps import UnitMaps
    from workbench.units.base import WindowLayout
    from workbench.units.window import Windows

Box = tuple[int, int, int, int]

MOST_DESCRIBED = 50_000
"""Most windows of a pool in which each has an embedding and class shares: CamVid's training split
has 39,636 of 128×128 every 32 pixels. Millions of vectors would be larger than the whole store."""

_AT_ONCE = 65_536
"""Windows of a ranking whose boxes are computed at once."""


class WindowGeometry(Geometry):
    """Every window of the pool, by arithmetic: a few numbers per image, none per window.

    Args:
        images: the images of the pool.
        windows: how an image is divided.
        labelled: image number ► (H, W) pixels that were labelled in units of another kind.
    """

    unit_maps = None

    def __init__(
        self, images: Images, windows: Windows, labelled: Mapping[int, Mask] | None = None
    ) -> None:
        super().__init__(images)
        self.lattices = Lattices(images.sizes, windows)
        self._labelled: Mapping[int, Mask] = {} if labelled is None else labelled

    @classmethod
    def divide(
        cls,
        images: Images,
        scheme: Windows,
        image: Callable[[int], npt.NDArray[Any]] | None,  # noqa: ARG003 - sizes are enough
    ) -> WindowGeometry:
        """Return the windows of images without decoding these."""
        for number, name in enumerate(images.ids):
            require_room(name, scheme.count(images.size(number)))
        return cls(images, scheme)

    @classmethod
    def read(
        cls,
        images: Images,
        table: pd.DataFrame,  # noqa: ARG003 - it lists images only
        scheme: Windows,
        unit_maps: UnitMaps | None,  # noqa: ARG003 - windows have none
    ) -> WindowGeometry:
        """Return the windows of the images that a table lists."""
        return cls(images, scheme)

    def __len__(self) -> int:
        return len(self.lattices)

    @property
    def unit_ids(self) -> UnitIds:
        """(P,) ascending; computed at each call."""
        return self.lattices.unit_ids

    @property
    def overlapping(self) -> bool:
        """Windows may share pixels, also where none may be labelled twice."""
        return True

    @property
    def max_overlap(self) -> float:
        """Largest share of a window that may be labelled or picked before."""
        return self.lattices.windows.max_overlap

    @property
    def most_described(self) -> int:
        """See :data:`MOST_DESCRIBED`."""
        return MOST_DESCRIBED

    @property
    def pixels(self) -> int:
        """Number of pixels that lie in any window."""
        return int(self.image_costs("pixels").sum())

    def rows(self, ids: npt.ArrayLike) -> Ints:
        """Return the rows of unit ids; see :meth:`Geometry.rows`."""
        rows = self.lattices.rows(ids)
        self.require_all(np.asarray(ids, dtype=np.int64), rows >= 0)
        return rows

    def boxes_of(self, ids: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return (k, 4) the boxes of some windows."""
        self.rows(ids)
        return self.lattices.boxes(ids)

    def areas_of(self, ids: npt.ArrayLike) -> Ints:
        """Return (k,) pixels of some windows."""
        self.rows(ids)
        return self.lattices.each(self._area)[image_numbers(ids)]

    # the windows of an image

    def layout(self, number: int) -> WindowLayout:
        """Return all windows of an image."""
        return self.lattices.layout(number)

    def scanned(self, number: int, labelled: UnitIds) -> WindowLayout:
        """Return the windows of an image that may be queried, and those that are labelled."""
        if not len(labelled):
            return self.layout(number)
        read = np.union1d(self._open_in(number, labelled), local_numbers(labelled))
        return self.layout(number).only(read)

    def image_units(self, number: int) -> UnitIds:
        """Return the windows that label a whole image: those side by side."""
        return unit_ids(number, self.lattices.windows.side_by_side(self.images.size(number)))

    def drawn(self, number: int, marked: npt.ArrayLike) -> UnitIds:
        """Return the marked windows of an image; all windows would hide the image."""
        ids = np.unique(np.asarray(marked, dtype=np.int64))
        mine: UnitIds = ids[image_numbers(ids) == number]
        return mine

    # costs of labelling

    def costs(self, unit: BudgetUnit) -> Ints:
        """Return (P,) the cost of labelling each window by itself: 1, or its pixels."""
        if unit == "clicks":
            raise unknown_clicks()
        if unit == "units":
            return np.ones(len(self), dtype=np.int64)
        return np.repeat(self.lattices.each(self._area), np.diff(self.lattices.first))

    def _area(self, size: tuple[int, int]) -> int:
        windows = self.lattices.windows
        return min(windows.height, size[0]) * min(windows.width, size[1])

    def unlabelled_pixels(self, ids: UnitIds, labelled: npt.ArrayLike) -> Ints:
        """Return (k,) the number of pixels of each window that are not labelled yet."""
        free = self.areas_of(ids)
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        for number, mine in self._touched(labelled):
            ends = np.searchsorted(ordered, unit_ids(number, [0, UNITS_PER_IMAGE]))
            part = order[slice(*ends.tolist())]
            if len(part):
                pixels = self._labelled_pixels(number, mine)
                free[part] -= over_boxes(pixels, self.lattices.boxes(ids[part]), "sum").astype(int)
        return free

    def prices(self, ids: npt.ArrayLike, unit: BudgetUnit, labelled: npt.ArrayLike = ()) -> Ints:
        """Return (k,) the price of each window, labelled one after the other."""
        wanted = np.asarray(ids, dtype=np.int64)
        if unit == "units":
            return np.ones(len(wanted), dtype=np.int64)
        covered, prices = self._covered(labelled), []
        for number, box in self._places(wanted):
            prices.append(_area(box) - covered.pixels(number, box))
            covered.add(number, box)
        return np.array(prices, dtype=np.int64)

    def spent(self, labelled: npt.ArrayLike, unit: BudgetUnit) -> int:
        """Return the cost of some labelled windows; a pixel is paid for once."""
        self.rows(labelled)
        return np.size(labelled) if unit == "units" else self.lattices.covered(labelled)

    def labelled_areas(self, labelled: npt.ArrayLike) -> Ints:
        """Return (I,) how many pixels of each image some windows label, each pixel once."""
        areas = np.zeros(self.n_images, dtype=np.int64)
        for number, ids in by_image(labelled):
            areas[number] = self.spent(ids, "pixels")
        return areas

    def image_costs(self, unit: BudgetUnit) -> Ints:
        """Return (I,) the cost of labelling each whole image; a pixel is paid for once."""
        windows = self.lattices.windows
        if unit == "units":
            return self.lattices.each(lambda size: len(windows.side_by_side(size)))
        return self.lattices.each(windows.covered)

    def most(self, unit: BudgetUnit, limit: int) -> int:
        """Return the number of windows within a limit if each has as few new pixels as possible."""
        if unit != "pixels":
            return limit
        fresh = (1 - self.max_overlap) * self.lattices.each(self._area).min()
        return int(limit // max(fresh, 1))

    # windows that may be labelled next

    def open(self, labelled: npt.ArrayLike) -> UnitIds:
        """Return the windows that may be queried when some are labelled, ascending."""
        free = np.ones(len(self), dtype=bool)
        for number, ids in self._touched(labelled):
            rows = slice(*self.lattices.first[number : number + 2].tolist())
            free[rows] = False
            free[rows][self._open_in(number, ids)] = True
        return self.unit_ids[free]

    def apart(self, ranking: UnitIds, k: int, labelled: npt.ArrayLike = ()) -> UnitIds:
        """Return the first ``k`` windows of a ranking that keep apart: non-maximum suppression.

        A window is skipped if more than ``max_overlap`` of it is labelled or lies in windows that
        were picked before it.
        """
        covered = self._covered(labelled)
        picked: list[int] = []
        for start in range(0, len(ranking), _AT_ONCE):
            part = ranking[start : start + _AT_ONCE]
            for unit, (number, box) in zip(part.tolist(), self._places(part), strict=True):
                if len(picked) >= k:
                    return np.array(picked, dtype=np.int64)
                if covered.pixels(number, box) <= self.max_overlap * _area(box):
                    picked.append(unit)
                    covered.add(number, box)
        return np.array(picked, dtype=np.int64)

    def begun(self, pixels: Mapping[int, Mask]) -> Begun:
        """Return the windows after pixels were labelled in other units."""
        none = np.empty(0, dtype=np.int64)
        geometry = WindowGeometry(self.images, self.lattices.windows, pixels)
        return Begun(geometry, none, geometry.open(none))

    def _open_in(self, number: int, labelled: UnitIds) -> Ints:
        """Return the local numbers, ascending, of an image's windows that may be queried."""
        boxes = self.layout(number).boxes
        covered = over_boxes(self._labelled_pixels(number, labelled), boxes, "sum")
        free = np.flatnonzero(covered <= self.max_overlap * area_of(boxes))
        return np.setdiff1d(free, local_numbers(labelled))

    def _touched(self, labelled: npt.ArrayLike) -> list[tuple[int, UnitIds]]:
        """Return the images that hold labelled pixels, with the windows labelled there."""
        none = np.empty(0, dtype=np.int64)
        parts = dict.fromkeys(self._labelled, none) | dict(by_image(labelled))
        return sorted(parts.items(), key=lambda part: part[0])

    def _labelled_pixels(self, number: int, windows: UnitIds) -> Mask:
        """Return (H, W) bool, whether a pixel of an image is labelled."""
        pixels = self.layout(number).pixels(local_numbers(windows))
        if number in self._labelled:
            pixels |= self._labelled[number]
        return pixels

    def _covered(self, labelled: npt.ArrayLike) -> _Covered:
        covered = _Covered(self._labelled)
        for number, box in self._places(np.asarray(labelled, dtype=np.int64)):
            covered.add(number, box)
        return covered

    def _places(self, ids: UnitIds) -> Iterator[tuple[int, Box]]:
        """Yield image number and box of some windows, in the order given."""
        boxes: list[Box] = [(y0, x0, y1, x1) for y0, x0, y1, x1 in self.boxes_of(ids).tolist()]
        yield from zip(image_numbers(ids).tolist(), boxes, strict=True)

    # as a table

    def table(self) -> pd.DataFrame:
        """Return one row per image; the places of windows follow from its size."""
        return self.images.table()


class _Covered:
    """The pixels in windows that were labelled or picked, window by window.

    Args:
        labelled: image number ► (H, W) further pixels that are covered.
    """

    def __init__(self, labelled: Mapping[int, Mask]) -> None:
        self._boxes: dict[int, list[Box]] = {}
        self._labelled = labelled

    def add(self, number: int, box: Box) -> None:
        """Cover a window of an image."""
        self._boxes.setdefault(number, []).append(box)

    def pixels(self, number: int, box: Box) -> int:
        """Return the number of pixels of a window that are covered."""
        y0, x0, y1, x1 = box
        met = [
            (max(a, y0) - y0, max(b, x0) - x0, min(c, y1) - y0, min(d, x1) - x0)
            for a, b, c, d in self._boxes.get(number, ())
            if a < y1 and c > y0 and b < x1 and d > x0
        ]
        if number in self._labelled:
            inside = self._labelled[number][y0:y1, x0:x1].copy()
        elif len(met) < 2:
            return sum(map(_area, met))
        else:
            inside = np.zeros((y1 - y0, x1 - x0), dtype=bool)
        for a, b, c, d in met:
            inside[a:c, b:d] = True
        return int(inside.sum())


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
