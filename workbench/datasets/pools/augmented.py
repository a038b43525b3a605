"""Images drawn at random, each with altered copies of it: Pool-Aug [Mittal et al., 3.2].

The paper makes five copies of each drawn image by cutting out 85 % of it at random and changing its
colours. It does not say whether the drawn image stays, what the 85 % are a share of, whether a copy
is resized back, or how colours change: each is a setting, and what colours do is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage
from PIL import ImageEnhance

from workbench.datasets.base import Image, Mask, SegmentationDataset
from workbench.datasets.pools._random import drawn
from workbench.datasets.pools.chosen import groups_of
from workbench.datasets.resized import resized_image, resized_mask
from workbench.datasets.wrapped import Wrapped
from workbench.errors import DatasetError, quoted
from workbench.seeding import seed_of
from workbench.types import Frame

if TYPE_CHECKING:
    from workbench.datasets.outlines import Outline
    from workbench.datasets.tree import FileFacts

_MARK = "~"
"""Between the key of an image and the number of its copy."""


@dataclass(frozen=True)
class Change:
    """How copies differ from their image.

    Attributes:
        side: share of height and of width that a copy shows.
        resize_back: whether it is resized to the size of the image.
        brightness: largest relative change of brightness.
        contrast: largest relative change of contrast.
        saturation: largest relative change of saturation.
        hue: largest turn of the hue, as a share of a full turn.
        seed: seed of the pool.
    """

    side: float
    resize_back: bool
    brightness: float
    contrast: float
    saturation: float
    hue: float
    seed: int

    def window(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (H, W) of what a copy shows of an image of some size."""
        height, width = (max(1, round(self.side * side)) for side in size)
        return height, width

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (H, W) of a copy of an image of some size."""
        return size if self.resize_back else self.window(size)

    def cut(self, pixels: npt.NDArray[np.uint8], key: str, number: int) -> npt.NDArray[np.uint8]:
        """Return what a copy shows of an image or its mask: the same place of both."""
        height, width = self.window(pixels.shape[:2])
        rng = self._rng(key, number, "place")
        top = int(rng.integers(pixels.shape[0] - height + 1))
        left = int(rng.integers(pixels.shape[1] - width + 1))
        return np.ascontiguousarray(pixels[top : top + height, left : left + width])

    def coloured(self, image: Image, key: str, number: int) -> Image:
        """Return a copy of an image with other brightness, contrast, saturation and hue."""
        rng = self._rng(key, number, "colour")
        factors = 1 + rng.uniform(-1, 1, 3) * (self.brightness, self.contrast, self.saturation)
        turn = round(float(rng.uniform(-1, 1)) * self.hue * 256)
        picture = PillowImage.fromarray(image)
        picture = ImageEnhance.Brightness(picture).enhance(float(factors[0]))
        picture = ImageEnhance.Contrast(picture).enhance(float(factors[1]))
        picture = ImageEnhance.Color(picture).enhance(float(factors[2]))
        if turn:
            hsv = np.array(picture.convert("HSV"))
            hsv[..., 0] += np.uint8(turn % 256)  # wraps around, as hues do
            picture = PillowImage.frombytes("HSV", picture.size, hsv.tobytes()).convert("RGB")
        return np.array(picture)

    def _rng(self, key: str, number: int, what: str) -> np.random.Generator:
        return np.random.default_rng(seed_of(self.seed, "pool", "copy", what, number, key))


class Augmented(Wrapped):
    """A dataset whose training split holds some images and altered copies of each.

    The key of a copy is ``KEY~NUMBER``, counted from 1. An image and its copies are a sequence of
    their own, named by the key of the image, in which the image has the number 0: they take the
    place of consecutive frames. The facts of a copy are those of its image's files.

    Args:
        original: the dataset.
        sources: the keys of the images that copies are made of.
        copies: copies of each.
        keep: whether the images are in the pool, too.
        change: how copies differ from them.

    Raises:
        DatasetError: if a key of a copy is that of an image.
    """

    def __init__(
        self,
        original: SegmentationDataset,
        sources: list[str],
        copies: int,
        keep: bool,
        change: Change,
    ) -> None:
        super().__init__(original)
        self._change = change
        digits = len(str(copies))
        self._places = {
            f"{source}{_MARK}{number:0{digits}d}" if number else source: (source, number)
            for source in sources
            for number in range(0 if keep else 1, copies + 1)
        }
        taken = set(original.keys("train")) & {k for k, (_, n) in self._places.items() if n}
        if taken:
            raise DatasetError(
                f"A copy of an image would have the key {quoted(min(taken))}, which another image "
                "has; rename that one."
            )
        self._sorted = sorted(self._places)
        self.card = replace(
            original.card,
            splits={**original.card.splits, "train": len(self._sorted)},
            image_size=original.card.image_size if change.resize_back else None,
        )

    def keys(self, split: str) -> list[str]:
        """Return the keys of a split, sorted; of the training split images and copies."""
        return list(self._sorted) if split == "train" else super().keys(split)

    def read_image(self, split: str, key: str) -> Image:
        """Read an image, or make a copy."""
        source, number = self._place(split, key)
        image = super().read_image(split, source)
        if not number:
            return image
        copy = self._change.coloured(self._change.cut(image, source, number), source, number)
        return resized_image(copy, image.shape[:2]) if self._change.resize_back else copy

    def read_mask(self, split: str, key: str) -> Mask:
        """Read the ground truth, or cut that of a copy out of it."""
        source, number = self._place(split, key)
        mask = super().read_mask(split, source)
        if not number:
            return mask
        copy = self._change.cut(mask, source, number)
        return resized_mask(copy, mask.shape) if self._change.resize_back else copy

    def size(self, split: str, key: str) -> tuple[int, int]:
        """Return (H, W) of an image or a copy."""
        source, number = self._place(split, key)
        size = super().size(split, source)
        return self._change.size(size) if number else size

    def frame(self, split: str, key: str) -> Frame | None:
        """Return the place among the copies of an image; of other splits that in the recording."""
        if split != "train":
            return super().frame(split, key)
        return Frame(*self._place(split, key))

    def outlines(self, split: str, key: str) -> tuple[Outline, ...] | None:
        """Return no outlines in the training split, so that all its clicks are counted alike."""
        return None if split == "train" else super().outlines(split, key)

    def facts(self, split: str, key: str) -> tuple[FileFacts, ...]:
        """Return the facts of the files of an image, or of the one that a copy is made of."""
        return super().facts(split, self._place(split, key)[0])

    def _place(self, split: str, key: str) -> tuple[str, int]:
        """Return the key of the image, and the number of the copy; 0 is the image itself."""
        return self._places.get(key, (key, 0)) if split == "train" else (key, 0)


def augmented(
    dataset: SegmentationDataset,
    *,
    images: int,
    copies: int,
    original: bool,
    crop: float,
    crop_by: str,
    seed: int,
    **change: Any,
) -> Augmented:
    """Draw images and make altered copies of each: Pool-Aug.

    Args:
        dataset: the dataset.
        images: images in the pool, copies counted.
        copies: copies of each drawn image.
        original: whether the drawn image is in the pool, too.
        crop: share of the image that a copy shows.
        crop_by: ``side``: share of its height and of its width; ``area``: of its area.
        seed: seed of the pool.
        change: the other attributes of :class:`Change`.

    Raises:
        ConfigError: if the images are no whole number of groups.
        DatasetError: if the training split has too few images.
    """
    groups = groups_of(images, copies + original, "augmented")
    side = math.sqrt(crop) if crop_by == "area" else crop
    sources = drawn(dataset, groups, seed)
    return Augmented(dataset, sources, copies, original, Change(side=side, seed=seed, **change))
