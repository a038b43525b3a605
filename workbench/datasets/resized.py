"""Any dataset at another image size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from workbench.datasets.base import Image, Mask, SegmentationDataset
from workbench.datasets.outlines import resized
from workbench.datasets.wrapped import Wrapped
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.datasets.outlines import Outline


class Resized(Wrapped):
    """A dataset whose images and masks are resized to one size; keys and splits stay.

    Args:
        original: the dataset.
        size: (H, W).

    Raises:
        ConfigError: if the size is not two numbers.
    """

    def __init__(self, original: SegmentationDataset, size: Sequence[int]) -> None:
        super().__init__(original)
        if len(size) != 2:
            raise ConfigError(
                f"dataset.resize is {list(size)}; wanted a height and a width, e.g. [512, 1024]."
            )
        self._size = (size[0], size[1])
        self.card = replace(original.card, image_size=self._size)

    def read_image(self, split: str, key: str) -> Image:
        """Read an image and resize it."""
        return resized_image(self._original.read_image(split, key), self._size)

    def read_mask(self, split: str, key: str) -> Mask:
        """Read the ground truth and resize it."""
        return resized_mask(self._original.read_mask(split, key), self._size)

    def size(self, split: str, key: str) -> tuple[int, int]:  # noqa: ARG002 - all have one size
        """Return (H, W)."""
        return self._size

    def outlines(self, split: str, key: str) -> tuple[Outline, ...] | None:
        """Return the outlines of the original dataset, resized."""
        found = super().outlines(split, key)
        return found and resized(found, self._original.size(split, key), self._size)


def resized_image(image: Image, size: tuple[int, int]) -> Image:
    """Return an image at (H, W): averaged by area where it shrinks, else bilinear."""
    height, width = size
    shrinks = height <= image.shape[0] and width <= image.shape[1]
    rule = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=rule), dtype=np.uint8)


def resized_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    """Return a mask at (H, W): a pixel takes the id at its centre, so that no new id appears."""
    rows, columns = (
        (2 * np.arange(wanted) + 1) * held // (2 * wanted)  # the pixel under each centre
        for held, wanted in zip(mask.shape, size, strict=True)
    )
    return np.ascontiguousarray(mask[rows[:, None], columns])
