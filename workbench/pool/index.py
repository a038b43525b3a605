"""The pool's index: every unit of the training split with its place, size and sequence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError
from workbench.types import UNITS_PER_IMAGE, Candidates, UnitIds, image_numbers, unit_ids

if TYPE_CHECKING:
    import pandas as pd

    from workbench.types import Frame
    from workbench.units.base import UnitScheme

BudgetUnit = Literal["units", "pixels"]


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
        if not found.all():
            raise PoolError(
                f"The unit {int(wanted[~found][0])} is not in the pool of {len(self)} units "
                f"({self.n_images} images); wanted ids from its index."
            )
        return rows.astype(np.int64)

    def costs(self, unit: BudgetUnit) -> npt.NDArray[np.int64]:
        """Return (P,) what labelling each unit costs: 1, or its pixels."""
        return self.areas if unit == "pixels" else np.ones(len(self), dtype=np.int64)

    def candidates(self, ids: npt.ArrayLike, unit: BudgetUnit = "units") -> Candidates:
        """Return what the index knows of some units, ready to be given scores and embeddings."""
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
    sizes, ids, boxes, areas, sequences, frames = [], [], [], [], [], []
    for number, key in enumerate(keys):
        size = dataset.size("train", key)
        image = dataset.image("train", key) if scheme.needs_image else None
        layout = scheme.layout(size, image)
        if len(layout) > UNITS_PER_IMAGE:
            raise PoolError(
                f"The image {key} is divided into {len(layout)} units; an image may have "
                f"{UNITS_PER_IMAGE}."
            )
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
