"""One random crop per image; the rest is discarded (Chen et al., III-C)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError
from workbench.seeding import seed_of
from workbench.units.base import UnitLayout, digest_of


class RandomCrop:
    """One crop of ``height`` × ``width`` per image, which is its only unit.

    The place of the crop is drawn from the seed and the image's content, so it is the same in every
    cycle, run and process. Pixels outside belong to no unit: they are neither scored nor labelled.
    Along a side on which the image is smaller than the crop, the crop is as long as the image.

    Args:
        height: height of the crop, pixels.
        width: width of the crop, pixels.
        seed: seed of the crops' places.
    """

    needs_image = True

    def __init__(self, height: int, width: int, seed: int = 0) -> None:
        self.height = height
        self.width = width
        self.seed = seed

    def layout(self, size: tuple[int, int], image: npt.NDArray[Any] | None = None) -> UnitLayout:
        """Return the crop of an image.

        Raises:
            ShapeError: if the image is missing.
        """
        if image is None:
            raise ShapeError("A random crop is drawn from the image's content, and none was given.")
        rng = np.random.default_rng(seed_of(self.seed, "crop", digest_of(image)))
        (y0, y1), (x0, x1) = (
            _span(rng, side, crop)
            for side, crop in zip(size, (self.height, self.width), strict=True)
        )
        return _layout_of(size, (y0, x0, y1, x1))


def _span(rng: np.random.Generator, side: int, crop: int) -> tuple[int, int]:
    length = min(crop, side)
    start = int(rng.integers(side - length + 1))
    return start, start + length


@lru_cache(maxsize=64)
def _layout_of(size: tuple[int, int], box: tuple[int, int, int, int]) -> UnitLayout:
    y0, x0, y1, x1 = box
    unit_map = np.full(size, -1, dtype=np.int32)
    unit_map[y0:y1, x0:x1] = 0
    area = (y1 - y0) * (x1 - x0)
    return UnitLayout(unit_map, np.array([box], dtype=np.int32), np.array([area], dtype=np.int64))
