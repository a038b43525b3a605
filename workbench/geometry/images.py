"""The images of a pool: their keys, sizes and places in sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from workbench.errors import DatasetError, StoreError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from workbench.types import Frame

IMAGE_COLUMNS = ("image_id", "image_number", "height", "width", "sequence", "frame")


class Dataset(Protocol):
    """The part of a dataset that a geometry reads: no masks."""

    def keys(self, split: str) -> list[str]:
        """Return the keys of a split, sorted."""

    def size(self, split: str, key: str) -> tuple[int, int]:
        """Return (H, W) of an image."""

    def image(self, split: str, key: str) -> npt.NDArray[np.uint8]:
        """Return an image, (H, W, 3) uint8 RGB."""

    def frame(self, split: str, key: str) -> Frame | None:
        """Return an image's sequence and frame number; ``None`` if it has none."""


@dataclass(frozen=True, eq=False)
class Images:
    """The images of a pool; the position in every array is the image number.

    Attributes:
        ids: (I) keys in the dataset.
        sizes: (I, 2) int64 height and width in pixels.
        sequences: (I,) str, "" for none.
        frames: (I,) int64 frame number in the sequence, −1 for none.
    """

    ids: tuple[str, ...]
    sizes: npt.NDArray[np.int64]
    sequences: npt.NDArray[Any]
    frames: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (self.sizes, self.sequences, self.frames):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def make(
        cls, ids: Iterable[str], sizes: npt.ArrayLike, frames: Iterable[Frame | None] | None = None
    ) -> Images:
        """Return images by their keys, (I, 2) sizes and places in sequences, none if not given."""
        names = tuple(ids)
        places = [None] * len(names) if frames is None else list(frames)
        return cls(
            names,
            np.array(sizes, dtype=np.int64).reshape(-1, 2),
            np.array([f.sequence if f else "" for f in places], dtype=object),
            np.array([f.number if f else -1 for f in places], dtype=np.int64),
        )

    @classmethod
    def of(cls, dataset: Dataset) -> Images:
        """Return the images of a dataset's training split without decoding them."""
        keys = dataset.keys("train")
        sizes = [dataset.size("train", key) for key in keys]
        return cls.make(keys, sizes, [dataset.frame("train", key) for key in keys])

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> Images:
        """Return the images of a table with the columns :data:`IMAGE_COLUMNS`, in any rows.

        Raises:
            StoreError: if a column is missing, or an image.
        """
        require_columns(table, IMAGE_COLUMNS)
        rows = table.drop_duplicates("image_number").sort_values("image_number")
        numbers = rows["image_number"].to_numpy(np.int64)
        if not np.array_equal(numbers, np.arange(len(rows))):
            raise StoreError("The pool table lacks an image; wanted all, numbered from 0.")
        return cls(
            tuple(rows["image_id"]),
            rows[["height", "width"]].to_numpy(np.int64).copy(),
            rows["sequence"].to_numpy(object).copy(),
            rows["frame"].to_numpy(np.int64).copy(),
        )

    def check_size(self, image_id: str, image: npt.NDArray[Any]) -> None:
        """Check that an image that was read now has the size that it had.

        Raises:
            DatasetError: if it has another.
        """
        height, width = self.size(self.ids.index(image_id))
        if image.shape[:2] != (height, width):
            raise DatasetError(
                f"The image {quoted(image_id)} is {image.shape[0]}×{image.shape[1]} and was "
                f"{height}×{width} when the experiment was started; restore it."
            )

    def table(self) -> pd.DataFrame:
        """Return one row per image, by its number, with the columns :data:`IMAGE_COLUMNS`."""
        import pandas as pd  # takes long to import, and most callers read arrays

        return pd.DataFrame(
            {
                "image_id": np.asarray(self.ids, dtype=object),
                "image_number": np.arange(len(self), dtype=np.int64),
                "height": self.sizes[:, 0],
                "width": self.sizes[:, 1],
                "sequence": self.sequences,
                "frame": self.frames,
            }
        )

    def size(self, number: int) -> tuple[int, int]:
        """Return (H, W) of an image."""
        height, width = self.sizes[number].tolist()
        return height, width


def require_columns(table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Check that a pool table has all columns.

    Raises:
        StoreError: if a column is missing.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise StoreError(f"The pool table lacks {', '.join(missing)}; wanted {', '.join(columns)}.")
