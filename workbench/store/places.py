"""Where the units of an experiment lie: each listed, or, for windows, worked out from their ids."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.config import Component
from workbench.errors import ShapeError, StoreError
from workbench.types import image_numbers
from workbench.units import UNITS
from workbench.units.base import area_of
from workbench.units.lattices import Lattices

UNIT_COLUMNS = (
    "unit_id",
    "image_id",
    "image_number",
    "y0",
    "x0",
    "y1",
    "x1",
    "area",
    "sequence",
    "frame",
)
"""Of a pool table with a row a unit."""

IMAGE_COLUMNS = ("image_id", "image_number", "height", "width", "sequence", "frame")
"""Of a pool table with a row an image, where the units are windows."""


class Places(Protocol):
    """What an experiment's pool consists of."""

    def __len__(self) -> int: ...

    @property
    def table(self) -> pd.DataFrame:
        """Every unit, ascending, with the columns :data:`UNIT_COLUMNS`; long where windows are."""

    @property
    def images(self) -> pd.DataFrame:
        """One row an image, by its number, with the columns :data:`IMAGE_COLUMNS`."""

    @property
    def pixels(self) -> int:
        """Pixels that belong to any unit, each once."""

    def of(self, ids: npt.ArrayLike) -> pd.DataFrame:
        """Return the rows of :attr:`table` of some units, in the order given.

        Raises:
            ShapeError: if the pool does not hold one of them.
        """

    def drawn(self, number: int, marked: npt.ArrayLike) -> pd.DataFrame:
        """Return the rows of an image's units that a picture shows: of windows the marked ones."""

    def covered(self, ids: npt.ArrayLike) -> int:
        """Return the pixels that belong to any of some units, each once."""


class ListedPlaces:
    """Units that are listed one by one.

    Args:
        table: every unit.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def _rows(self) -> pd.Index[int]:
        rows: pd.Index[int] = pd.Index(self.table["unit_id"].to_numpy(np.int64))
        return rows

    @cached_property
    def images(self) -> pd.DataFrame:
        """One row an image; its height and width are those that its units reach to."""
        ordered = self.table.sort_values("unit_id")
        first = ordered.drop_duplicates("image_number").reset_index(drop=True)
        ends = ordered.groupby("image_number")[["y1", "x1"]].max().reset_index(drop=True)
        return first.assign(height=ends["y1"], width=ends["x1"])[list(IMAGE_COLUMNS)]

    @property
    def pixels(self) -> int:
        """Pixels of all units."""
        return int(self.table["area"].sum())

    def of(self, ids: npt.ArrayLike) -> pd.DataFrame:
        """Return the rows of some units; see :meth:`Places.of`."""
        rows = self._rows.get_indexer(pd.Index(np.asarray(ids, dtype=np.int64)))
        _require(rows)
        return self.table.iloc[rows].reset_index(drop=True)

    def drawn(self, number: int, marked: npt.ArrayLike) -> pd.DataFrame:  # noqa: ARG002
        """Return the rows of an image's units."""
        return self.table[self.table["image_number"] == number].reset_index(drop=True)

    def covered(self, ids: npt.ArrayLike) -> int:
        """Return the pixels of some units."""
        return int(self.of(ids)["area"].sum())


class WindowPlaces:
    """Windows, whose ids say where they lie.

    Args:
        images: every image, by its number.
        units: the experiment's units.
    """

    def __init__(self, images: pd.DataFrame, units: Component) -> None:
        self.images = images.sort_values("image_number", ignore_index=True)
        sizes = self.images[["height", "width"]].to_numpy(np.int64)
        self._lattices = Lattices(sizes, UNITS.bind(units.spec).call())

    def __len__(self) -> int:
        return len(self._lattices)

    @property
    def table(self) -> pd.DataFrame:
        """Every window; made anew each time."""
        return self.of(self._lattices.unit_ids)

    @property
    def pixels(self) -> int:
        """Pixels that lie in any window."""
        return int(self._lattices.each(self._lattices.windows.covered).sum())

    def of(self, ids: npt.ArrayLike) -> pd.DataFrame:
        """Return the rows of some windows; see :meth:`Places.of`."""
        wanted = np.asarray(ids, dtype=np.int64)
        _require(self._lattices.rows(wanted))
        boxes, images = self._lattices.boxes(wanted), self.images.iloc[image_numbers(wanted)]
        return pd.DataFrame(
            {
                "unit_id": wanted,
                **{name: images[name].to_numpy() for name in ("image_id", "image_number")},
                **{name: boxes[:, i] for i, name in enumerate(("y0", "x0", "y1", "x1"))},
                "area": area_of(boxes),
                **{name: images[name].to_numpy() for name in ("sequence", "frame")},
            }
        )

    def drawn(self, number: int, marked: npt.ArrayLike) -> pd.DataFrame:
        """Return the rows of the marked windows of an image; all of them would hide it."""
        ids = np.unique(np.asarray(marked, dtype=np.int64))
        return self.of(ids[image_numbers(ids) == number])

    def covered(self, ids: npt.ArrayLike) -> int:
        """Return the pixels that lie in any of some windows."""
        return self._lattices.covered(ids)


def places_of(table: pd.DataFrame, units: Component) -> Places:
    """Return what a pool table says of an experiment with these units."""
    if "unit_id" in table.columns:
        return ListedPlaces(table)
    return WindowPlaces(table, units)


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return a pool table with its own columns and in its own order.

    Raises:
        StoreError: if a column is missing.
    """
    columns = UNIT_COLUMNS if "unit_id" in table.columns else IMAGE_COLUMNS
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise StoreError(f"The pool table lacks {', '.join(missing)}; wanted {columns}.")
    key = "unit_id" if "unit_id" in columns else "image_number"
    return table[list(columns)].sort_values(key, ignore_index=True)


def same(places: Places, table: pd.DataFrame, units: Component) -> bool:
    """Whether a pool table describes the same units of the same images."""
    other = places_of(table, units)
    if len(places) != len(other) or isinstance(places, ListedPlaces) != ("unit_id" in table):
        return False
    listed = isinstance(places, ListedPlaces)
    mine, theirs = (places.table, table) if listed else (places.images, table)
    columns = ["unit_id", "area", "image_id"] if listed else ["image_id", "height", "width"]
    return all(np.array_equal(mine[name].to_numpy(), theirs[name].to_numpy()) for name in columns)


def _require(rows: npt.NDArray[np.integer]) -> None:
    if (rows < 0).any():
        raise ShapeError(
            "There are units that the experiment's pool does not hold; wanted those of its table."
        )
