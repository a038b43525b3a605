"""A pool whose units are listed one by one: images, crops, blocks of a grid, superpixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError
from workbench.geometry.base import (
    PLACE_COLUMNS,
    UNIT_COLUMNS,
    Begun,
    Geometry,
    Ints,
    Mask,
    require_room,
    unknown_clicks,
)
from workbench.geometry.images import require_columns
from workbench.geometry.unit_maps import Packing
from workbench.types import UNITS_PER_IMAGE, image_numbers, local_numbers, unit_ids
from workbench.units.base import UnitLayout, rectangles

if TYPE_CHECKING:
    import pandas as pd

    from workbench.geometry.base import BudgetUnit
    from workbench.geometry.images import Images
    from workbench.geometry.unit_maps import UnitMaps
    from workbench.types import UnitIds
    from workbench.units.base import Layout, UnitScheme


class ListedGeometry(Geometry):
    """Units that do not overlap.

    Args:
        images: the images of the pool.
        unit_ids: (P,) ascending; an image's units are numbered without gaps.
        boxes: (P, 4) y0, x0, y1, x1 in pixels, end exclusive.
        areas: (P,) pixels of each unit.
        by_size: returns the layout of an image from its size, where units do not follow the
            content of images.
        unit_maps: otherwise the unit maps of all images whose units are not all rectangles.

    Raises:
        ShapeError: if ids are missing or lie beyond the images.
    """

    def __init__(
        self,
        images: Images,
        unit_ids: UnitIds,
        boxes: npt.NDArray[np.int32],
        areas: Ints,
        by_size: Callable[[tuple[int, int]], Layout] | None = None,
        unit_maps: UnitMaps | None = None,
    ) -> None:
        super().__init__(images)
        self._unit_ids = unit_ids
        self._boxes = boxes
        self._areas = areas
        self._by_size = by_size
        self._unit_maps = unit_maps
        for array in (unit_ids, boxes, areas):
            array.setflags(write=False)
        ends = np.arange(len(images) + 1) * UNITS_PER_IMAGE
        self._first = np.searchsorted(unit_ids, ends)  # (I + 1,) row of each image's first unit
        rows = self._first[image_numbers(unit_ids).clip(0, len(images))] + local_numbers(unit_ids)
        if not np.array_equal(rows, np.arange(len(unit_ids))):
            raise ShapeError("The units of an image must be numbered from 0 without gaps.")

    @classmethod
    def divide(
        cls,
        images: Images,
        scheme: UnitScheme,
        image: Callable[[int], npt.NDArray[Any]] | None,
    ) -> ListedGeometry:
        """Divide every image; decodes them only if the scheme reads them."""
        ids, boxes, areas, packing = [], [], [], Packing()
        for number, name in enumerate(images.ids):
            shown = image(number) if scheme.needs_image and image is not None else None
            layout = scheme.layout(images.size(number), shown)
            require_room(name, len(layout))
            ids.append(unit_ids(number, np.arange(len(layout))))
            boxes.append(layout.boxes)
            areas.append(layout.areas)
            if shown is not None:
                packing.add(shown, None if layout.rectangular else layout.unit_map)
        return cls(
            images,
            np.concatenate(ids),
            np.concatenate(boxes),
            np.concatenate(areas),
            by_size=None if scheme.needs_image else scheme.layout,
            unit_maps=packing.finish() if scheme.needs_image else None,
        )

    @classmethod
    def read(
        cls,
        images: Images,
        table: pd.DataFrame,
        scheme: UnitScheme,
        unit_maps: UnitMaps | None,
    ) -> ListedGeometry:
        """Return the units of a table with one row per unit."""
        require_columns(table, UNIT_COLUMNS)
        rows = table.sort_values("unit_id")
        return cls(
            images,
            rows["unit_id"].to_numpy(np.int64).copy(),
            rows[list(PLACE_COLUMNS)].to_numpy(np.int32).copy(),
            rows["area"].to_numpy(np.int64).copy(),
            by_size=None if scheme.needs_image else scheme.layout,
            unit_maps=unit_maps,
        )

    def __len__(self) -> int:
        return len(self._unit_ids)

    @property
    def unit_ids(self) -> UnitIds:
        """(P,) ascending."""
        return self._unit_ids

    @property
    def overlapping(self) -> bool:
        """No pixel belongs to two units."""
        return False

    @property
    def most_described(self) -> None:
        """Any number of units has embeddings and class shares."""
        return

    @property
    def pixels(self) -> int:
        """Pixels of all units."""
        return int(self._areas.sum())

    def rows(self, ids: npt.ArrayLike) -> Ints:
        """Return the rows of unit ids; see :meth:`Geometry.rows`."""
        wanted = np.asarray(ids, dtype=np.int64)
        numbers = image_numbers(wanted).clip(0, max(self.n_images - 1, 0))
        rows: Ints = wanted - numbers * UNITS_PER_IMAGE + self._first[numbers]
        found = (rows >= self._first[numbers]) & (rows < self._first[numbers + 1])
        self.require_all(wanted, found)
        return rows

    def boxes_of(self, ids: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return (k, 4) the boxes of some units."""
        return self._boxes[self.rows(ids)]

    def areas_of(self, ids: npt.ArrayLike) -> Ints:
        """Return (k,) pixels of some units."""
        return self._areas[self.rows(ids)]

    # the units of an image

    def layout(self, number: int) -> Layout:
        """Return all units of an image."""
        if self._by_size is not None:
            return self._by_size(self.images.size(number))
        rows = self._of_image(number)
        boxes, areas = self._boxes[rows], self._areas[rows]
        if self._unit_maps is None or rectangles(boxes, areas).all():
            return UnitLayout.of_boxes(self.images.size(number), boxes)
        return UnitLayout(self._unit_maps[number], boxes, areas)

    def scanned(self, number: int, labelled: UnitIds) -> Layout:  # noqa: ARG002 - all at once
        """Return all units of an image: a unit map counts all of them at once."""
        return self.layout(number)

    def image_units(self, number: int) -> UnitIds:
        """Return the units of an image."""
        return self._unit_ids[self._of_image(number)]

    def drawn(self, number: int, marked: npt.ArrayLike) -> UnitIds:  # noqa: ARG002 - all are
        """Return the units of an image."""
        return self.image_units(number)

    def _of_image(self, number: int) -> slice:
        return slice(*self._first[number : number + 2].tolist())

    # costs of labelling

    def costs(self, unit: BudgetUnit) -> Ints:
        """Return (P,) the cost of labelling each unit: 1, or its pixels."""
        if unit == "clicks":
            raise unknown_clicks()
        return self._areas if unit == "pixels" else np.ones(len(self), dtype=np.int64)

    def unlabelled_pixels(self, ids: UnitIds, labelled: npt.ArrayLike) -> Ints:  # noqa: ARG002
        """Return (k,) pixels of some units; labelled units share none of them."""
        return self.areas_of(ids)

    def prices(
        self,
        ids: npt.ArrayLike,
        unit: BudgetUnit,
        labelled: npt.ArrayLike = (),  # noqa: ARG002 - units that overlap read it
    ) -> Ints:
        """Return (k,) the price of each unit."""
        return self.costs(unit)[self.rows(ids)]

    def spent(self, labelled: npt.ArrayLike, unit: BudgetUnit) -> int:
        """Return the cost of some labelled units."""
        return int(self.prices(labelled, unit).sum())

    def labelled_areas(self, labelled: npt.ArrayLike) -> Ints:
        """Return (I,) how many pixels of each image some units label."""
        numbers, areas = image_numbers(labelled), self.areas_of(labelled)
        return np.bincount(numbers, weights=areas, minlength=self.n_images).astype(np.int64)

    def image_costs(self, unit: BudgetUnit) -> Ints:
        """Return (I,) the cost of labelling each whole image."""
        numbers = image_numbers(self._unit_ids)
        costs = np.bincount(numbers, weights=self.costs(unit), minlength=self.n_images)
        return costs.astype(np.int64)

    def most(self, unit: BudgetUnit, limit: int) -> int:
        """Return an upper bound on the number of units within a limit."""
        return limit // int(self._areas.min()) if unit == "pixels" else limit

    # units that may be labelled next

    def open(self, labelled: npt.ArrayLike) -> UnitIds:
        """Return the units that are not labelled."""
        free = np.ones(len(self), dtype=bool)
        free[self.rows(labelled)] = False
        return self._unit_ids[free]

    def apart(
        self,
        ranking: UnitIds,
        k: int,
        labelled: npt.ArrayLike = (),  # noqa: ARG002 - units that overlap read it
    ) -> UnitIds:
        """Return the first ``k`` units of a ranking."""
        return ranking[:k]

    def begun(self, pixels: Mapping[int, Mask]) -> Begun:
        """Return the pool without some pixels; see :meth:`Geometry.begun`."""
        areas = self._areas.copy()
        for number in pixels:
            areas[self._of_image(number)] = self.layout(number).without(pixels[number]).areas
        rest = _WithoutPixels(self, pixels, areas)
        return Begun(rest, self._unit_ids[areas < self._areas], self._unit_ids[areas > 0])

    # as tables

    def table(self) -> pd.DataFrame:
        """Return one row per unit: its place, and its image with its size."""
        table = self.places(self._unit_ids)
        numbers = table["image_number"].to_numpy()
        return table.assign(height=self.sizes[numbers, 0], width=self.sizes[numbers, 1])

    @property
    def unit_maps(self) -> UnitMaps | None:
        """The unit maps to store beside the table; ``None`` where units follow from sizes."""
        return self._unit_maps


class _WithoutPixels(ListedGeometry):
    """Listed units some of whose pixels were labelled in units of another kind."""

    def __init__(self, whole: ListedGeometry, pixels: Mapping[int, Mask], areas: Ints) -> None:
        ids = whole.unit_ids
        super().__init__(whole.images, ids, whole.boxes_of(ids), areas)
        self._whole = whole
        self._labelled = pixels

    def layout(self, number: int) -> Layout:
        """Return an image's units; labelled pixels belong to none."""
        layout = self._whole.layout(number)
        return layout.without(self._labelled[number]) if number in self._labelled else layout
