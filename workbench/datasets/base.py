"""The base class of datasets: a card, keys by split, images and masks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.datasets.cache import DEFAULT_CACHE_BYTES, ArrayCache
from workbench.errors import DatasetError, quoted, shown

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.datasets.file_index import FileIndex
    from workbench.datasets.outlines import Outline
    from workbench.datasets.tree import FileFacts
    from workbench.types import DatasetCard, Frame

Image = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 RGB, 0–255."""

Mask = npt.NDArray[np.uint8]
"""(H, W) uint8 training ids 0 … C − 1, void = ``IGNORE``."""


class SegmentationDataset(ABC):
    """Images with one class id per pixel, in the splits ``train`` (the pool), ``val`` and others.

    An image's key is its ``image_id`` everywhere; its position in ``keys("train")`` is its image
    number for good. The arrays that :meth:`image` and :meth:`mask` return are read-only; they are
    decoded once and cached, up to a number of bytes.

    Attributes:
        card: classes, colours, void and expected counts.
        root: the folder of the files; ``None`` for a dataset that is generated.
    """

    card: DatasetCard
    root: Path | None

    @property
    def section(self) -> str:
        """Its section in data/README.md: the registered name."""
        return self.card.name

    def __init__(self, root: Path | None = None, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self.root = root
        self._cache = ArrayCache(cache_bytes)

    @property
    @abstractmethod
    def splits(self) -> tuple[str, ...]:
        """The splits that are there with their labels, ``train`` first."""

    @property
    def unlabelled(self) -> tuple[str, ...]:
        """The splits that are there without labels, as the test split of many benchmarks is.

        They have keys and images; nothing can be measured on them.
        """
        return ()

    @abstractmethod
    def keys(self, split: str) -> list[str]:
        """Return the keys of a split, sorted.

        Raises:
            DatasetError: if there is no such split, or it is empty.
        """

    def image(self, split: str, key: str) -> Image:
        """Return an image, (H, W, 3) uint8 RGB.

        Raises:
            DatasetError: if the file is missing or broken; the error names it.
        """
        return self._cache.get(("image", split, key), lambda: self.read_image(split, key))

    def mask(self, split: str, key: str) -> Mask:
        """Return the ground truth, (H, W) uint8 training ids with void = ``IGNORE``.

        In the training split only the pool's oracle may call this.

        Raises:
            DatasetError: if the file is missing or broken, has another size than its image or
                holds an id that the card does not have; the error names it.
        """
        return self._cache.get(("mask", split, key), lambda: self.read_mask(split, key))

    @abstractmethod
    def read_image(self, split: str, key: str) -> Image:
        """Read an image without the cache; the array is the caller's own."""

    @abstractmethod
    def read_mask(self, split: str, key: str) -> Mask:
        """Read the ground truth without the cache; the array is the caller's own."""

    @abstractmethod
    def size(self, split: str, key: str) -> tuple[int, int]:
        """Return (H, W) of an image without decoding it."""

    def frame(self, split: str, key: str) -> Frame | None:  # noqa: ARG002 - most have none
        """Return the sequence and frame number of an image, ``None`` if it has none."""
        return None

    def outlines(self, split: str, key: str) -> tuple[Outline, ...] | None:  # noqa: ARG002
        """Return the outlines that annotators drew in an image; ``None`` if none are recorded.

        They are labels: in the training split only the pool's label source may call this.

        Raises:
            DatasetError: if the file of the outlines is missing or broken; the error names it.
        """
        return None

    def facts(self, split: str, key: str) -> tuple[FileFacts, ...]:  # noqa: ARG002 - see below
        """Return the facts of an image's file, its mask's and its outlines', those there are."""
        return ()

    def look_up(self, index: FileIndex) -> None:  # noqa: B027 - nothing for one without files
        """Look files up in an index from now on, and add to it what it lacks."""

    def label_rule(self) -> dict[str, Any]:
        """Return what the ids in masks stand for, JSON-ready; another rule makes it other data."""
        return {"classes": list(self.card.classes), "void": self.card.void_id}

    def content(self, path: Path) -> bytes:
        """Return the bytes of one of its files.

        Raises:
            DatasetError: if it cannot be read.
        """
        return path.read_bytes()

    def remarks(self) -> list[str]:
        """Return remarks for a check that are no faults, one sentence each."""
        return []

    def no_split(self, split: str) -> DatasetError:
        """Return the error for a split that does not exist."""
        where = f" in {shown(self.root, 60)}" if self.root else ""
        there = shown(", ".join(self.splits), 60) or "none"
        return DatasetError(
            f"The dataset {shown(self.card.name, 40)} has no split {quoted(split, 40)}{where}; "
            f"there is {there}. data/README.md#{self.section} shows the layout."
        )
