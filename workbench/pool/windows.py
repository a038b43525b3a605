"""A pool of sliding windows: an index without a list, and what labelled pixels mean for windows.

A window is a candidate as long as at most the scheme's ``max_overlap`` of its pixels are labelled,
and labelling it costs only the pixels that are not. Within a query the windows picked before count
as labelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.aggregation import over_boxes
from workbench.pool.index import PoolIndex
from workbench.types import (
    UNITS_PER_IMAGE,
    Candidates,
    UnitIds,
    image_numbers,
    local_numbers,
    unit_ids,
)
from workbench.units.base import area_of
from workbench.units.lattices import Ints, Lattices, by_image

if TYPE_CHECKING:
    import pandas as pd

    from workbench.pool.index import BudgetUnit
    from workbench.types import Frame
    from workbench.units.window import Windows

Box = tuple[int, int, int, int]
Mask = npt.NDArray[np.bool_]

MOST_DESCRIBED = 50_000
"""Windows of a pool up to which each has an embedding and class shares: CamVid's training split
has 39,636 of 128×128 every 32 pixels. Millions of vectors would outweigh all that is stored."""

_AT_ONCE = 65_536
"""Windows of a ranking whose boxes are worked out at once."""


class WindowIndex(PoolIndex):
    """Every window of the pool, by arithmetic: it holds a few numbers an image, none a window.

    The arrays of :class:`PoolIndex` that have a row a unit are made when they are asked for and not
    kept; ask for the units that are wanted (:meth:`boxes_of`, :meth:`candidates`) instead.

    Args:
        image_ids: (I) the images' keys.
        sizes: (I, 2) height and width in pixels.
        frames: (I) each image's place in its sequence.
        windows: how an image is divided.
        begun: image number ► (H, W) pixels that were labelled in units of another kind.
    """

    def __init__(
        self,
        image_ids: Iterable[str],
        sizes: npt.ArrayLike,
        frames: Sequence[Frame | None],
        windows: Windows,
        begun: Mapping[int, Mask] | None = None,
    ) -> None:
        keep = object.__setattr__  # the class above is frozen
        keep(self, "image_ids", tuple(image_ids))
        keep(self, "sizes", np.asarray(sizes, dtype=np.int64).reshape(-1, 2))
        self.lattices = Lattices(self.sizes, windows)
        self.begun: Mapping[int, Mask] = begun or {}
        self._sequence = np.array([f.sequence if f else "" for f in frames], dtype=object)
        self._frame = np.array([f.number if f else -1 for f in frames], dtype=np.int64)

    # the whole pool, listed

    def __len__(self) -> int:
        return len(self.lattices)

    @property
    def image_numbers(self) -> Ints:  # kept there, made anew here
        """(P,) the number of the image each window lies in."""
        return np.repeat(np.arange(self.n_images), np.diff(self.lattices.first))

    @property
    def unit_ids(self) -> UnitIds:
        """(P,) ascending."""
        return self.lattices.unit_ids

    @property
    def boxes(self) -> npt.NDArray[np.int32]:
        """(P, 4)."""
        return self.lattices.boxes(self.unit_ids)

    @property
    def areas(self) -> Ints:
        """(P,) pixels."""
        return np.repeat(self.lattices.each(self._area), np.diff(self.lattices.first))

    def _area(self, size: tuple[int, int]) -> int:
        windows = self.lattices.windows
        return min(windows.height, size[0]) * min(windows.width, size[1])

    @property
    def sequences(self) -> npt.NDArray[Any]:
        """(P,) str."""
        return self._sequence[self.image_numbers]

    @property
    def frames(self) -> Ints:
        """(P,) frame numbers."""
        return self._frame[self.image_numbers]

    def image_frames(self) -> tuple[npt.NDArray[Any], Ints]:
        """Return (I,) each image's sequence and frame number."""
        return self._sequence, self._frame

    def table(self) -> pd.DataFrame:
        """Return one row an image: where its windows lie follows from its size."""
        import pandas as pd  # heavy, and most readers of the index want its arrays

        return pd.DataFrame(
            {
                "image_id": np.asarray(self.image_ids, dtype=object),
                "image_number": np.arange(self.n_images),
                "height": self.sizes[:, 0],
                "width": self.sizes[:, 1],
                "sequence": self._sequence,
                "frame": self._frame,
            }
        )

    # some windows

    def rows(self, ids: npt.ArrayLike) -> Ints:
        """Return the rows of unit ids, in the order given; see :meth:`PoolIndex.rows`."""
        rows = self.lattices.rows(ids)
        self._require_known(np.asarray(ids, dtype=np.int64), rows >= 0)
        return rows

    def boxes_of(self, ids: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return (k, 4) the boxes of some windows."""
        self.rows(ids)
        return self.lattices.boxes(ids)

    def candidates(
        self, ids: npt.ArrayLike, unit: BudgetUnit = "units", labelled: npt.ArrayLike = ()
    ) -> Candidates:
        """Return what the index knows of some windows; their labelled pixels cost nothing."""
        wanted = np.asarray(ids, dtype=np.int64)
        numbers, boxes = image_numbers(wanted), self.boxes_of(wanted)
        costs = np.ones(len(wanted), dtype=np.int64)
        if unit != "units":
            costs = area_of(boxes) - self._labelled_in(wanted, labelled)
        return Candidates(
            unit_ids=wanted,
            costs=costs,
            image_ids=np.asarray(self.image_ids, dtype=object)[numbers],
            sequences=self._sequence[numbers],
            frames=self._frame[numbers],
            boxes=boxes,
        )

    # what is labelled

    @property
    def max_overlap(self) -> float:
        """Largest share of a window that may be labelled or picked before."""
        return self.lattices.windows.max_overlap

    @property
    def described(self) -> bool:
        """Whether they are few enough for an embedding and class shares each."""
        return len(self) <= MOST_DESCRIBED

    def image_units(self, number: int) -> UnitIds:
        """Return the windows that label a whole image: those side by side."""
        return unit_ids(number, self.lattices.windows.side_by_side(self.lattices.size(number)))

    def image_costs(self, unit: BudgetUnit) -> Ints:
        """Return (I,) what labelling each whole image costs; a pixel is paid for once."""
        windows = self.lattices.windows
        if unit == "units":
            return self.lattices.each(lambda size: len(windows.side_by_side(size)))
        return self.lattices.each(windows.covered)

    def open(self, labelled: npt.ArrayLike) -> UnitIds:
        """Return the windows that may be queried when some are labelled, ascending."""
        free = np.ones(len(self), dtype=bool)
        for number, ids in self._touched(labelled):
            rows = slice(*self.lattices.first[number : number + 2].tolist())
            free[rows] = False
            free[rows][self.open_in(number, ids)] = True
        return self.unit_ids[free]

    def _touched(self, labelled: npt.ArrayLike) -> list[tuple[int, UnitIds]]:
        """Return the images that hold labelled pixels, with the windows labelled there."""
        none = np.empty(0, dtype=np.int64)
        parts = dict.fromkeys(self.begun, none) | dict(by_image(labelled))
        return sorted(parts.items(), key=lambda part: part[0])

    def _labelled_pixels(self, number: int, windows: UnitIds) -> Mask:
        """Return (H, W), which pixels of an image are labelled."""
        pixels = self.lattices.layout(number).pixels(local_numbers(windows))
        if number in self.begun:
            pixels |= self.begun[number]
        return pixels

    def open_in(self, number: int, labelled: UnitIds) -> Ints:
        """Return local numbers, ascending, of one image's windows that may be queried.

        Args:
            number: of the image.
            labelled: (l,) those of its windows that are labelled.
        """
        boxes = self.lattices.layout(number).boxes
        covered = over_boxes(self._labelled_pixels(number, labelled), boxes, "sum")
        free = np.flatnonzero(covered <= self.max_overlap * area_of(boxes))
        return np.setdiff1d(free, local_numbers(labelled))

    def scanned(self, number: int, labelled: UnitIds) -> Ints:
        """Return local numbers of an image's windows that the scan looks at; see above."""
        return np.union1d(self.open_in(number, labelled), local_numbers(labelled))

    def _labelled_in(self, ids: UnitIds, labelled: npt.ArrayLike) -> Ints:
        """Return (k,) how many pixels of some windows are labelled."""
        counts = np.zeros(len(ids), dtype=np.int64)
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        for number, mine in self._touched(labelled):
            ends = np.searchsorted(ordered, unit_ids(number, [0, UNITS_PER_IMAGE]))
            part = order[slice(*ends.tolist())]
            if len(part):
                pixels = self._labelled_pixels(number, mine)
                counts[part] = over_boxes(pixels, self.lattices.boxes(ids[part]), "sum")
        return counts

    def spent(self, labelled: npt.ArrayLike, unit: BudgetUnit) -> int:
        """Return what labelling some windows took; a pixel is paid for once."""
        self.rows(labelled)
        return np.size(labelled) if unit == "units" else self.lattices.covered(labelled)

    def most(self, unit: BudgetUnit, limit: int) -> int:
        """Return how many windows a limit can hold, if each has as few new pixels as may be."""
        if unit != "pixels":
            return limit
        fresh = (1 - self.max_overlap) * self.lattices.each(self._area).min()
        return int(limit // max(fresh, 1))

    def prices(self, ids: npt.ArrayLike, unit: BudgetUnit, labelled: npt.ArrayLike = ()) -> Ints:
        """Return (k,) what each of some windows costs, labelled one after the other."""
        wanted = np.asarray(ids, dtype=np.int64)
        if unit == "units":
            return np.ones(len(wanted), dtype=np.int64)
        covered, prices = Covered(self, labelled), []
        for number, box in self.places(wanted):
            prices.append(_area(box) - covered.pixels(number, box))
            covered.add(number, box)
        return np.array(prices, dtype=np.int64)

    def apart(self, ranking: UnitIds, k: int, labelled: npt.ArrayLike = ()) -> UnitIds:
        """Return the first ``k`` windows of a ranking that keep apart: non-maximum suppression.

        A window is passed over if more than ``max_overlap`` of it is labelled or lies in windows
        that were taken before it.
        """
        covered = Covered(self, labelled)
        kept: list[int] = []
        for start in range(0, len(ranking), _AT_ONCE):
            part = ranking[start : start + _AT_ONCE]
            for unit, (number, box) in zip(part.tolist(), self.places(part), strict=True):
                if len(kept) >= k:
                    return np.array(kept, dtype=np.int64)
                if covered.pixels(number, box) <= self.max_overlap * _area(box):
                    kept.append(unit)
                    covered.add(number, box)
        return np.array(kept, dtype=np.int64)

    def places(self, ids: UnitIds) -> Iterator[tuple[int, Box]]:
        """Yield image number and box of some windows, in the order given."""
        boxes: list[Box] = [(y0, x0, y1, x1) for y0, x0, y1, x1 in self.boxes_of(ids).tolist()]
        yield from zip(image_numbers(ids).tolist(), boxes, strict=True)


class Covered:
    """Which pixels lie in windows that were labelled or taken, asked window by window.

    Args:
        index: the pool.
        labelled: windows to begin with.
    """

    def __init__(self, index: WindowIndex, labelled: npt.ArrayLike) -> None:
        self._boxes: dict[int, list[Box]] = {}
        self._begun = index.begun
        for number, box in index.places(np.asarray(labelled, dtype=np.int64)):
            self.add(number, box)

    def add(self, number: int, box: Box) -> None:
        """Cover a window of an image."""
        self._boxes.setdefault(number, []).append(box)

    def pixels(self, number: int, box: Box) -> int:
        """Return how many pixels of a window are covered."""
        y0, x0, y1, x1 = box
        met = [
            (max(a, y0) - y0, max(b, x0) - x0, min(c, y1) - y0, min(d, x1) - x0)
            for a, b, c, d in self._boxes.get(number, ())
            if a < y1 and c > y0 and b < x1 and d > x0
        ]
        if number in self._begun:
            inside = self._begun[number][y0:y1, x0:x1].copy()
        elif len(met) < 2:
            return sum(map(_area, met))
        else:
            inside = np.zeros((y1 - y0, x1 - x0), dtype=bool)
        for a, b, c, d in met:
            inside[a:c, b:d] = True
        return int(inside.sum())


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
