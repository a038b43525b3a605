"""Any dataset at another image size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from workbench.datasets.base import Image, Mask, SegmentationDataset
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.datasets.tree import FileFacts
    from workbench.types import Frame


class Resized(SegmentationDataset):
    """A dataset whose images and masks are resized to one size; keys and splits stay.

    Images are averaged by area where they shrink and interpolated bilinearly where they grow. A
    pixel of a mask takes the id at its centre, so that no new id appears.

    Args:
        original: the dataset.
        size: (H, W).

    Raises:
        ConfigError: if the size is not two numbers.
    """

    def __init__(self, original: SegmentationDataset, size: Sequence[int]) -> None:
        super().__init__(original.root)
        if len(size) != 2:
            raise ConfigError(
                f"dataset.resize is {list(size)}; wanted a height and a width, e.g. [512, 1024]."
            )
        self._original = original
        self._size = (size[0], size[1])
        self.card = replace(original.card, image_size=self._size)

    @property
    def section(self) -> str:
        """The section of the original dataset."""
        return self._original.section

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits of the original dataset."""
        return self._original.splits

    def keys(self, split: str) -> list[str]:
        """Return the keys of a split, sorted."""
        return self._original.keys(split)

    def read_image(self, split: str, key: str) -> Image:
        """Read an image and resize it."""
        image = self._original.read_image(split, key)
        height, width = self._size
        shrinks = height <= image.shape[0] and width <= image.shape[1]
        rule = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (width, height), interpolation=rule), dtype=np.uint8)

    def read_mask(self, split: str, key: str) -> Mask:
        """Read the ground truth and resize it."""
        mask = self._original.read_mask(split, key)
        rows, columns = (
            (2 * np.arange(wanted) + 1) * held // (2 * wanted)  # the pixel under each centre
            for held, wanted in zip(mask.shape, self._size, strict=True)
        )
        return np.ascontiguousarray(mask[rows[:, None], columns])

    def size(self, split: str, key: str) -> tuple[int, int]:  # noqa: ARG002 - all have one size
        """Return (H, W)."""
        return self._size

    def frame(self, split: str, key: str) -> Frame | None:
        """Return the sequence and frame number of an image, ``None`` if it has none."""
        return self._original.frame(split, key)

    def facts(self, split: str, key: str) -> tuple[FileFacts, ...]:
        """Return the facts of the files of the original dataset."""
        return self._original.facts(split, key)

    def label_rule(self) -> dict[str, Any]:
        """Return the rule of the original dataset."""
        return self._original.label_rule()

    def content(self, path: Path) -> bytes:
        """Return the bytes of a file of the original dataset."""
        return self._original.content(path)

    def remarks(self) -> list[str]:
        """Return the remarks on the original dataset."""
        return self._original.remarks()
