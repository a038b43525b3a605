"""Random changes to an image and its mask together, drawn from their own random generator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional

from workbench.learning.base import FILL
from workbench.types import IGNORE

SCALES = (0.5, 2.0)
"""Factors of the random scale (Chen et al. IV; the paper does not state their distribution)."""

Around = Literal["labelled", "anywhere"]
"""Where a window is cut out of the image."""

ScaleLaw = Literal["uniform", "log_uniform"]
"""Distribution of the random scale; log_uniform enlarges as often as it reduces."""

_QUICK_DRAWS = 4
"""Pixels drawn anywhere before all labelled ones are listed; most masks are mostly labelled."""

COLOUR_STRENGTH = 0.25
HUE_STRENGTH = 0.05
"""Greatest change of brightness, contrast and saturation, and of hue in turns."""


class Augmentation:
    """Applies scale and crop, flip, colour, in this order, each only if it is named.

    The parameters come from one generator, never from the global random state, so neither dropout
    nor a second training in the process changes them.

    Args:
        kinds: of ``hflip``, ``scale``, ``colour``.
        crop: (H, W) of random crops; ``None`` keeps each sample's size.
        seed: decides all parameters.
        around: ``labelled``: the window that a crop or a scale cuts out of an image holds a
            labelled pixel, drawn at random, if the image has one; ``anywhere``: it lies anywhere.
            With few labelled regions in whole images most windows anywhere would be void.
        scale_law: the distribution of the factors over ``SCALES``.
    """

    def __init__(
        self,
        kinds: tuple[str, ...],
        crop: tuple[int, int] | None,
        seed: int,
        around: Around = "labelled",
        scale_law: ScaleLaw = "uniform",
    ) -> None:
        self._kinds = frozenset(kinds)
        self._crop = crop
        self._rng = np.random.default_rng(seed)
        self._around = around
        self._scale_law = scale_law

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the random generator."""
        return {"random": self._rng.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Restore a state."""
        self._rng.bit_generator.state = dict(state["random"])

    def __call__(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the changed sample.

        Args:
            image: (H, W, 3) uint8.
            mask: (H, W) uint8.

        Returns:
            image and mask in the crop's size, or else their own; pixels outside the image are void.
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
        """Cut a window out of the image and resize it: equals resizing first, but is cheaper."""
        size = self._crop or tuple(labels.shape[-2:])
        factor = 1.0
        if "scale" in self._kinds:
            factor = self._factor()
        window = [max(1, round(side / factor)) for side in size]
        labelled = self._labelled_pixel(labels[0]) or (None, None)
        starts = [
            _start(self._rng, whole, part, pixel)
            for whole, part, pixel in zip(labels.shape[-2:], window, labelled, strict=True)
        ]
        picture, labels = (_window(t, starts, window) for t in (picture, labels))
        if window != list(size):  # bilinear for the image, nearest for the mask
            picture, labels = (
                functional.resize(t, list(size), antialias=True) for t in (picture, labels)
            )
        return picture, labels

    def _factor(self) -> float:
        """Draw the factor by which an image is enlarged."""
        if self._scale_law == "uniform":
            return float(self._rng.uniform(*SCALES))
        return float(np.exp(self._rng.uniform(*np.log(SCALES))))

    def _labelled_pixel(self, labels: Tensor) -> tuple[int, int] | None:
        """Draw a labelled pixel, all equally likely; ``None`` without one or for ``anywhere``.

        Args:
            labels: (H, W) uint8.
        """
        if self._around == "anywhere":
            return None
        width = labels.shape[1]
        for _ in range(_QUICK_DRAWS):
            y, x = divmod(int(self._rng.integers(labels.numel())), width)
            if int(labels[y, x]) != IGNORE:
                return y, x
        labelled = (labels != IGNORE).flatten().nonzero()
        if not len(labelled):
            return None
        y, x = divmod(int(labelled[int(self._rng.integers(len(labelled)))]), width)
        return y, x

    def _recolour(self, picture: Tensor) -> Tensor:
        low, high = 1 - COLOUR_STRENGTH, 1 + COLOUR_STRENGTH
        brightness, contrast, saturation = self._rng.uniform(low, high, 3).tolist()
        picture = functional.adjust_brightness(picture, brightness)
        picture = functional.adjust_contrast(picture, contrast)
        picture = functional.adjust_saturation(picture, saturation)
        hue = float(self._rng.uniform(-HUE_STRENGTH, HUE_STRENGTH))
        recoloured: Tensor = functional.adjust_hue(picture, hue)
        return recoloured


def _start(rng: np.random.Generator, whole: int, part: int, pixel: int | None) -> int:
    """Draw where a window starts; a window larger than the image lies around it at random.

    Args:
        rng: the generator of the draw.
        whole: side of the image, pixels.
        part: side of the window, pixels.
        pixel: row or column that a smaller window must hold; ``None`` for no condition.
    """
    low, high = sorted((0, whole - part))
    if pixel is not None and part < whole:
        low, high = max(low, pixel - part + 1), min(high, pixel)
    return int(rng.integers(low, high + 1))


def _window(t: Tensor, starts: list[int], size: list[int]) -> Tensor:
    """Return a window of an image or mask; pixels outside are filled, in masks with void."""
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
