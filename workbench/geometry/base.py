"""The protocol of a pool's geometry, for listed units and for windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError
from workbench.types import UNITS_PER_IMAGE, Candidates, UnitIds, image_numbers

if TYPE_CHECKING:
    import pandas as pd

    from workbench.geometry.images import Images
    from workbench.geometry.unit_maps import UnitMaps
    from workbench.units.base import Layout

BudgetUnit = Literal["units", "pixels", "clicks"]

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

PLACE_COLUMNS = ("y0", "x0", "y1", "x1")
UNIT_COLUMNS = (
    "unit_id", "image_id", "image_number", *PLACE_COLUMNS, "area", "sequence", "frame",
)  # fmt: skip


class Geometry(ABC):
    """The place and the labelling cost of every unit of a pool. It never changes.

    Units are given by their ids; (P,) arrays have one row per unit of the pool, ascending. Where a
    result depends on the labelled units, these are an argument (``labelled``: unit ids).

    Args:
        images: the images of the pool.
    """

    def __init__(self, images: Images) -> None:
        self.images = images

    @classmethod
    @abstractmethod
    def divide(
        cls, images: Images, scheme: Any, image: Callable[[int], npt.NDArray[Any]] | None
    ) -> Geometry:
        """Divide images into units; see :func:`workbench.geometry.divide`."""

    @classmethod
    @abstractmethod
    def read(
        cls, images: Images, table: pd.DataFrame, scheme: Any, unit_maps: UnitMaps | None
    ) -> Geometry:
        """Return the geometry of a stored table; see :func:`workbench.geometry.read_table`."""

    @property
    def n_images(self) -> int:
        """Number of images (``len`` is the number of units)."""
        return len(self.images)

    @property
    def image_ids(self) -> tuple[str, ...]:
        """(I) the images' keys; the position is the image number."""
        return self.images.ids

    @property
    def sizes(self) -> Ints:
        """(I, 2) height and width of the images, pixels."""
        return self.images.sizes

    # the units

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def unit_ids(self) -> UnitIds:
        """(P,) int64, ascending; there may be millions of windows."""

    @property
    @abstractmethod
    def overlapping(self) -> bool:
        """Whether units may share pixels: what one costs then depends on those labelled before."""

    @property
    @abstractmethod
    def most_described(self) -> int | None:
        """Most units of a pool in which each has an embedding and class shares; ``None``: any."""

    @property
    def described(self) -> bool:
        """Whether every unit has an embedding and class shares beside its scores."""
        return self.most_described is None or len(self) <= self.most_described

    @property
    @abstractmethod
    def pixels(self) -> int:
        """Pixels that belong to any unit, each once."""

    @abstractmethod
    def rows(self, ids: npt.ArrayLike) -> Ints:
        """Return the rows of unit ids among all units, in the order given.

        Raises:
            PoolError: if one of them is not a unit of this pool.
        """

    @abstractmethod
    def boxes_of(self, ids: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return (k, 4) y0, x0, y1, x1 of some units, in pixels, end exclusive."""

    @abstractmethod
    def areas_of(self, ids: npt.ArrayLike) -> Ints:
        """Return (k,) pixels of some units."""

    # the units of an image

    @abstractmethod
    def layout(self, number: int) -> Layout:
        """Return all units of an image."""

    @abstractmethod
    def scanned(self, number: int, labelled: UnitIds) -> Layout:
        """Return the units of an image that the scan reads.

        Args:
            number: number of the image.
            labelled: the labelled units of the image, which the scan reads too.
        """

    @abstractmethod
    def image_units(self, number: int) -> UnitIds:
        """Return the units that label a whole image, ascending."""

    @abstractmethod
    def drawn(self, number: int, marked: npt.ArrayLike) -> UnitIds:
        """Return the units of an image that a picture shows, ascending: of windows the marked."""

    # costs of labelling

    @abstractmethod
    def costs(self, unit: BudgetUnit) -> Ints:
        """Return (P,) the cost of labelling each unit by itself: 1, or its pixels.

        Raises:
            PoolError: for clicks, which are counted on labels.
        """

    @abstractmethod
    def unlabelled_pixels(self, ids: UnitIds, labelled: npt.ArrayLike) -> Ints:
        """Return (k,) the number of pixels of each unit that are not labelled yet."""

    @abstractmethod
    def prices(self, ids: npt.ArrayLike, unit: BudgetUnit, labelled: npt.ArrayLike = ()) -> Ints:
        """Return (k,) the price of each unit, labelled one after the other."""

    @abstractmethod
    def spent(self, labelled: npt.ArrayLike, unit: BudgetUnit) -> int:
        """Return the cost of some labelled units; a pixel is paid for once."""

    @abstractmethod
    def labelled_areas(self, labelled: npt.ArrayLike) -> Ints:
        """Return (I,) how many pixels of each image some units label, each pixel once."""

    @abstractmethod
    def image_costs(self, unit: BudgetUnit) -> Ints:
        """Return (I,) the cost of labelling each whole image; a pixel is paid for once."""

    @abstractmethod
    def most(self, unit: BudgetUnit, limit: int) -> int:
        """Return an upper bound on the number of units within a limit."""

    # units that may be labelled next

    @abstractmethod
    def open(self, labelled: npt.ArrayLike) -> UnitIds:
        """Return the units that may be queried when some are labelled, ascending."""

    @abstractmethod
    def apart(self, ranking: UnitIds, k: int, labelled: npt.ArrayLike = ()) -> UnitIds:
        """Return the first ``k`` units of a ranking that may be labelled together."""

    @abstractmethod
    def begun(self, pixels: Mapping[int, Mask]) -> Begun:
        """Return the pool after pixels were labelled in units of another kind.

        Args:
            pixels: image number ► (H, W) bool, whether a pixel is labelled.
        """

    def candidates(
        self, ids: npt.ArrayLike, unit: BudgetUnit = "units", labelled: npt.ArrayLike = ()
    ) -> Candidates:
        """Return units with their places and costs, without scores and embeddings.

        Args:
            ids: the units.
            unit: the unit of their costs.
            labelled: labelled units, whose pixels cost nothing.

        Raises:
            PoolError: if one of them is not a unit of this pool, and for costs in clicks.
        """
        if unit == "clicks":
            raise unknown_clicks()
        wanted = np.asarray(ids, dtype=np.int64)
        numbers, boxes = image_numbers(wanted), self.boxes_of(wanted)
        ones = unit == "units"
        return Candidates(
            unit_ids=wanted,
            costs=np.ones(len(wanted), dtype=np.int64)
            if ones
            else self.unlabelled_pixels(wanted, labelled),
            image_ids=np.asarray(self.image_ids, dtype=object)[numbers],
            sequences=self.images.sequences[numbers],
            frames=self.images.frames[numbers],
            boxes=boxes,
        )

    # as tables

    @abstractmethod
    def table(self) -> pd.DataFrame:
        """Return the table to store; :func:`workbench.geometry.read_table` reads it."""

    @property
    @abstractmethod
    def unit_maps(self) -> UnitMaps | None:
        """The unit maps to store beside the table, where units follow the content of images."""

    def places(self, ids: npt.ArrayLike) -> pd.DataFrame:
        """Return a table of some units, in the order given, with the columns ``UNIT_COLUMNS``.

        Raises:
            PoolError: if one of them is not a unit of this pool.
        """
        import pandas as pd  # takes long to import, and most callers read arrays

        wanted = np.asarray(ids, dtype=np.int64)
        numbers, boxes = image_numbers(wanted), self.boxes_of(wanted)
        return pd.DataFrame(
            {
                "unit_id": wanted,
                "image_id": np.asarray(self.image_ids, dtype=object)[numbers],
                "image_number": numbers,
                **{name: boxes[:, i] for i, name in enumerate(PLACE_COLUMNS)},
                "area": self.areas_of(wanted),
                "sequence": self.images.sequences[numbers],
                "frame": self.images.frames[numbers],
            }
        )

    def check_image(self, number: int, image: npt.NDArray[Any]) -> None:
        """Check that an image is the one that its units were made of.

        Raises:
            DatasetError: if units follow the content of images, and this image has another content.
        """
        if self.unit_maps is not None:
            self.unit_maps.check(number, self.image_ids[number], image)

    def require_all(self, wanted: UnitIds, found: Mask) -> None:
        """Check that all units were found.

        Raises:
            PoolError: if one was not; the error names the first.
        """
        if not found.all():
            raise PoolError(
                f"The unit {int(wanted[~found][0])} is not in the pool of {len(self)} units "
                f"({self.n_images} images); wanted ids from its table."
            )


class Begun(NamedTuple):
    """A pool some of whose pixels were labelled in units of another kind.

    Attributes:
        geometry: units without their labelled pixels, or windows that count these as labelled.
        labelled: labelled units for selectors that keep away from labelled ones.
        candidates: units that may be queried, ascending.
    """

    geometry: Geometry
    labelled: UnitIds
    candidates: UnitIds


def require_room(name: str, units: int) -> None:
    """Check that an image's units fit into the id space.

    Raises:
        PoolError: if there are too many.
    """
    if units > UNITS_PER_IMAGE:
        raise PoolError(
            f"The image {name} is divided into {units} units; wanted at most {UNITS_PER_IMAGE}."
        )


def unknown_clicks() -> PoolError:
    """Return the error for clicks, which a geometry does not count."""
    return PoolError("The clicks of a unit are counted once the oracle reveals it, not before.")
