"""Random changes to an image and its mask together, drawn from a generator of their own."""

from __future__ import annotations

import numpy as np
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional

from workbench.types import IGNORE

FILL = (124, 116, 104)
"""Colour of what lies outside an image: the mean of ImageNet, so 0 once normalised."""

SCALES = (0.5, 2.0)
"""Factors of the random scale (Chen et al. IV)."""

COLOUR_STRENGTH = 0.25
HUE_STRENGTH = 0.05
"""Greatest change of brightness, contrast and saturation, and of hue in turns."""


class Augmentation:
    """Scale and crop, flip, colour, in this order, each only if it was asked for.

    The parameters come from one generator, never from the global random state, so neither dropout
    nor a second training in the process changes them.

    Args:
        kinds: of ``hflip``, ``scale``, ``colour``.
        crop: (H, W) of random crops; ``None`` keeps each sample's size.
        seed: decides all parameters.
    """

    def __init__(self, kinds: tuple[str, ...], crop: tuple[int, int] | None, seed: int) -> None:
        self._kinds = frozenset(kinds)
        self._crop = crop
        self._rng = np.random.default_rng(seed)

    def __call__(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the changed sample.

        Args:
            image: (H, W, 3) uint8.
            mask: (H, W) uint8.

        Returns:
            both in the crop's size, or else their own; what lies outside the image is void.
        """
        picture = tv_tensors.Image(image.permute(2, 0, 1))  # (3, H, W)
        labels = tv_tensors.Mask(mask[None])  # (1, H, W)
        if self._crop is not None or "scale" in self._kinds:
            picture, labels = self._scale_and_crop(picture, labels)
        if "hflip" in self._kinds and self._rng.random() < 0.5:
            picture, labels = (functional.horizontal_flip(t) for t in (picture, labels))
        if "colour" in self._kinds:
            picture = self._recolour(picture)
        return picture.as_subclass(Tensor).permute(1, 2, 0), labels.as_subclass(Tensor)[0]

    def _scale_and_crop(self, picture: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Cut a window out of the image and resize it: the same as to resize first, but cheaper."""
        size = self._crop or tuple(labels.shape[-2:])
        factor = 1.0
        if "scale" in self._kinds:
            factor = float(np.exp(self._rng.uniform(*np.log(SCALES))))
        window = [max(1, round(side / factor)) for side in size]
        starts = [
            _start(self._rng, whole, part)
            for whole, part in zip(labels.shape[-2:], window, strict=True)
        ]
        picture, labels = (_window(t, starts, window) for t in (picture, labels))
        if window != list(size):  # bilinear for the image, nearest for the mask
            picture, labels = (
                functional.resize(t, list(size), antialias=True) for t in (picture, labels)
            )
        return picture, labels

    def _recolour(self, picture: Tensor) -> Tensor:
        low, high = 1 - COLOUR_STRENGTH, 1 + COLOUR_STRENGTH
        brightness, contrast, saturation = self._rng.uniform(low, high, 3).tolist()
        picture = functional.adjust_brightness(picture, brightness)
        picture = functional.adjust_contrast(picture, contrast)
        picture = functional.adjust_saturation(picture, saturation)
        hue = float(self._rng.uniform(-HUE_STRENGTH, HUE_STRENGTH))
        recoloured: Tensor = functional.adjust_hue(picture, hue)
        return recoloured


def _start(rng: np.random.Generator, whole: int, part: int) -> int:
    """Draw where a window starts; a window larger than the image lies around it at random."""
    low, high = sorted((0, whole - part))
    return int(rng.integers(low, high + 1))


def _window(t: Tensor, starts: list[int], size: list[int]) -> Tensor:
    """Return a window of an image or mask; what lies outside is filled, in masks with void."""
    before = [max(0, -start) for start in starts]
    after = [
        max(0, start + part - whole)
        for start, part, whole in zip(starts, size, t.shape[-2:], strict=True)
    ]
    if any(before) or any(after):
        fill = list(FILL) if isinstance(t, tv_tensors.Image) else IGNORE
        t = functional.pad(t, [before[1], before[0], after[1], after[0]], fill=fill)
    top, left = (start + more for start, more in zip(starts, before, strict=True))
    cut: Tensor = functional.crop(t, top, left, *size)
    return cut
