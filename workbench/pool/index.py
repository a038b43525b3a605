"""The pool's index: every unit of the training split with its place, size and sequence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError
from workbench.types import (
    UNITS_PER_IMAGE,
    Candidates,
    UnitIds,
    image_numbers,
    local_numbers,
    unit_ids,
)
from workbench.units.window import Windows

if TYPE_CHECKING:
    import pandas as pd

    from workbench.types import Frame
    from workbench.units.base import UnitScheme

BudgetUnit = Literal["units", "pixels", "clicks"]


class PoolImages(Protocol):
    """What the index reads of a dataset: no masks."""

    def keys(self, split: str) -> list[str]:
        """Return the keys of a split, sorted."""

    def size(self, split: str, key: str) -> tuple[int, int]:
        """Return (H, W) of an image."""

    def image(self, split: str, key: str) -> npt.NDArray[np.uint8]:
        """Return an image, (H, W, 3) uint8 RGB."""

    def frame(self, split: str, key: str) -> Frame | None:
        """Return an image's place in its sequence."""


@dataclass(frozen=True, eq=False)
class PoolIndex:
    """Everything about the pool that never changes. Row i of the (P, …) arrays is one unit.

    Attributes:
        image_ids: (I) the images' keys; the position is the image number.
        sizes: (I, 2) int64 height and width in pixels.
        unit_ids: (P,) int64, ascending.
        boxes: (P, 4) int32 y0, x0, y1, x1 in pixels, end exclusive.
        areas: (P,) int64 pixels.
        sequences: (P,) str, the sequence of the unit's image, "" for none.
        frames: (P,) int64, its frame number there, −1 for none.
    """

    image_ids: tuple[str, ...]
    sizes: npt.NDArray[np.int64]
    unit_ids: UnitIds
    boxes: npt.NDArray[np.int32]
    areas: npt.NDArray[np.int64]
    sequences: npt.NDArray[Any]
    frames: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (
            self.sizes,
            self.unit_ids,
            self.boxes,
            self.areas,
            self.sequences,
            self.frames,
        ):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.unit_ids)

    @property
    def n_images(self) -> int:
        """Number of images, which is not the number of units."""
        return len(self.image_ids)

    @cached_property
    def image_numbers(self) -> npt.NDArray[np.int64]:
        """(P,) the number of the image each unit lies in."""
        return image_numbers(self.unit_ids)

    def rows(self, ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the rows of unit ids, in the order given.

        Raises:
            PoolError: if one of them is no unit of this pool.
        """
        wanted = np.asarray(ids, dtype=np.int64)
        rows = np.searchsorted(self.unit_ids, wanted)
        found = rows < len(self.unit_ids)
        found[found] = self.unit_ids[rows[found]] == wanted[found]
        self._require_known(wanted, found)
        return rows.astype(np.int64)

    def _require_known(self, wanted: UnitIds, known: npt.NDArray[np.bool_]) -> None:
        if not known.all():
            raise PoolError(
                f"The unit {int(wanted[~known][0])} is not in the pool of {len(self)} units "
                f"({self.n_images} images); wanted ids from its index."
            )

    def boxes_of(self, ids: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return (k, 4) the boxes of some units."""
        return self.boxes[self.rows(ids)]

    def costs(self, unit: BudgetUnit) -> npt.NDArray[np.int64]:
        """Return (P,) what labelling each unit costs: 1, or its pixels.

        Raises:
            PoolError: for clicks, which only the oracle knows.
        """
        if unit == "clicks":
            raise PoolError("What a unit costs in clicks is known once the oracle reveals it.")
        return self.areas if unit == "pixels" else np.ones(len(self), dtype=np.int64)

    def candidates(
        self,
        ids: npt.ArrayLike,
        unit: BudgetUnit = "units",
        labelled: npt.ArrayLike = (),  # noqa: ARG002 - units that overlap read it
    ) -> Candidates:
        """Return what the index knows of some units, ready to be given scores and embeddings.

        Args:
            ids: the units.
            unit: what their costs count.
            labelled: units whose pixels cost nothing any more.
        """
        rows = self.rows(ids)
        names = np.asarray(self.image_ids, dtype=object)
        return Candidates(
            unit_ids=self.unit_ids[rows],
            costs=self.costs(unit)[rows],
            image_ids=names[self.image_numbers[rows]],
            sequences=self.sequences[rows],
            frames=self.frames[rows],
            boxes=self.boxes[rows],
        )

    # where units overlap, these know better (``workbench.pool.windows``)

    @property
    def max_overlap(self) -> float | None:
        """Largest share of a unit that may be labelled before; ``None``: units never overlap."""
        return None

    @property
    def described(self) -> bool:
        """Whether every unit gets an embedding and class shares, not scores alone."""
        return True

    def image_units(self, number: int) -> UnitIds:
        """Return the units that label a whole image, ascending."""
        first, end = np.searchsorted(self.image_numbers, [number, number + 1])
        return self.unit_ids[first:end]

    def image_frames(self) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Return (I,) each image's sequence and frame number; "" and −1 where there is none."""
        numbers, first = np.unique(self.image_numbers, return_index=True)
        sequences = np.full(self.n_images, "", dtype=object)
        frames = np.full(self.n_images, -1, dtype=np.int64)
        sequences[numbers], frames[numbers] = self.sequences[first], self.frames[first]
        return sequences, frames

    def image_costs(self, unit: BudgetUnit) -> npt.NDArray[np.int64]:
        """Return (I,) what labelling each whole image costs."""
        costs = self.costs(unit)
        per_image = np.bincount(self.image_numbers, weights=costs, minlength=self.n_images)
        return per_image.astype(np.int64)

    def open(self, labelled: npt.ArrayLike) -> UnitIds:
        """Return the units that may be queried when some are labelled, ascending."""
        free = np.ones(len(self), dtype=bool)
        free[self.rows(labelled)] = False
        return self.unit_ids[free]

    def prices(
        self,
        ids: npt.ArrayLike,
        unit: BudgetUnit,
        labelled: npt.ArrayLike = (),  # noqa: ARG002 - units that overlap read it
    ) -> npt.NDArray[np.int64]:
        """Return (k,) what each of some units costs, labelled one after the other."""
        return self.costs(unit)[self.rows(ids)]

    def most(self, unit: BudgetUnit, limit: int) -> int:
        """Return how many units a limit can hold at most."""
        return limit // int(self.areas.min()) if unit == "pixels" else limit

    def spent(self, labelled: npt.ArrayLike, unit: BudgetUnit) -> int:
        """Return what labelling some units took."""
        return int(self.prices(labelled, unit).sum())

    def scanned(self, number: int, labelled: UnitIds) -> npt.NDArray[np.int64]:
        """Return local numbers of the units of an image that the scan looks at, ascending.

        Args:
            number: of the image.
            labelled: those of its units that are labelled; their embeddings are wanted too.
        """
        open_ = self.open(labelled)
        return local_numbers(np.union1d(open_[image_numbers(open_) == number], labelled))

    def apart(
        self,
        ranking: UnitIds,
        k: int,
        labelled: npt.ArrayLike = (),  # noqa: ARG002 - units that overlap read it
    ) -> UnitIds:
        """Return the first ``k`` units of a ranking that may be labelled together."""
        return ranking[:k]

    def table(self) -> pd.DataFrame:
        """Return the pool as a table, one row a unit: the store's pool table."""
        import pandas as pd  # heavy, and most readers of the index want its arrays

        return pd.DataFrame(
            {
                "unit_id": self.unit_ids,
                "image_id": np.asarray(self.image_ids, dtype=object)[self.image_numbers],
                "image_number": self.image_numbers,
                **{name: self.boxes[:, i] for i, name in enumerate(("y0", "x0", "y1", "x1"))},
                "area": self.areas,
                "sequence": self.sequences,
                "frame": self.frames,
            }
        )


def index_pool(dataset: PoolImages, scheme: UnitScheme) -> PoolIndex:
    """List every unit of the training split; decodes images only if the scheme reads them.

    Raises:
        DatasetError: if an image file is broken.
        ShapeError: if an image is too small for the scheme.
        PoolError: if an image has more units than the id space holds.
    """
    keys = dataset.keys("train")
    if isinstance(scheme, Windows):
        return _index_windows(dataset, keys, scheme)
    sizes, ids, boxes, areas, sequences, frames = [], [], [], [], [], []
    for number, key in enumerate(keys):
        size = dataset.size("train", key)
        image = dataset.image("train", key) if scheme.needs_image else None
        layout = scheme.layout(size, image)
        _require_room(key, len(layout))
        frame = dataset.frame("train", key)
        sizes.append(size)
        ids.append(unit_ids(number, np.arange(len(layout))))
        boxes.append(layout.boxes)
        areas.append(layout.areas)
        sequences += [frame.sequence if frame else ""] * len(layout)
        frames += [frame.number if frame else -1] * len(layout)
    return PoolIndex(
        image_ids=tuple(keys),
        sizes=np.asarray(sizes, dtype=np.int64).reshape(-1, 2),
        unit_ids=np.concatenate(ids),
        boxes=np.concatenate(boxes),
        areas=np.concatenate(areas),
        sequences=np.asarray(sequences, dtype=object),
        frames=np.asarray(frames, dtype=np.int64),
    )


def _index_windows(dataset: PoolImages, keys: list[str], windows: Windows) -> PoolIndex:
    from workbench.pool.windows import WindowIndex  # which is made from the index above

    sizes = [dataset.size("train", key) for key in keys]
    for key, size in zip(keys, sizes, strict=True):
        _require_room(key, windows.count(size))
    return WindowIndex(keys, sizes, [dataset.frame("train", key) for key in keys], windows)


def _require_room(key: str, units: int) -> None:
    if units > UNITS_PER_IMAGE:
        raise PoolError(
            f"The image {key} is divided into {units} units; an image may have {UNITS_PER_IMAGE}."
        )
