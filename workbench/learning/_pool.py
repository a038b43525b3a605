"""Batches of the images of the pool without their masks, beside those of the labelled samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.learning._samples import Batches, Order
from workbench.learning.base import ImageSamples
from workbench.types import IGNORE

if TYPE_CHECKING:
    from workbench.learning._augment import Augmentation


class _Blank:
    """Images as samples whose masks say only which pixels belong to the image."""

    def __init__(self, images: ImageSamples) -> None:
        self._images = images

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(
        self, position: int, /
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], str]:
        image, name = self._images[position]
        return image, np.zeros(image.shape[:2], dtype=np.uint8), name


class PoolBatches:
    """Batches of unlabelled images without end: every image once before any is drawn again.

    No mask is read. It is ``stateful``: a training sets it among its stateful parts.

    Args:
        images: the images of the pool, at least one.
        batch_size: images per batch.
        augmentation: flips, scales, colours and crops; ``None`` leaves the images as they are. Its
            random state is the training's own to store.
        seed: the seed of the order.
        device: the device of the batches.
    """

    def __init__(
        self,
        images: ImageSamples,
        batch_size: int,
        augmentation: Augmentation | None,
        seed: int,
        device: torch.device,
    ) -> None:
        self._order = Order(len(images), batch_size, 1, seed)
        self._batches = Batches(_Blank(images), 1, augmentation, device)
        self._expected = 0

    def take(self) -> tuple[Tensor, Tensor]:
        """Return the next images (B, H, W, 3) uint8, and (B, H, W) True inside the images.

        It is False in the frame around an image that is smaller than the others of its batch or
        than the crop.
        """
        (positions,) = self._order.epoch()
        if self._expected < len(positions):
            coming = [*positions, *self._order.coming()]
            self._batches.expect(coming)
            self._expected = len(coming)
        self._expected -= len(positions)
        images, masks = self._batches.take(positions)
        return images, masks != IGNORE

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the order."""
        return self._order.state_dict()

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Restore a state."""
        self._order.load_state_dict(state)
