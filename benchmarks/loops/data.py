"""The data of a minimal loop, all in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.models import SegmentationModel

VOID = 255

Losses = Mapping[str, float]


@dataclass(frozen=True)
class Data:
    """What the loops train on.

    Attributes:
        build: name ► a network with its initial weights, on the device.
        images: (N, H, W, 3) uint8, the labelled images.
        masks: (N, H, W) uint8 class ids, void = 255.
        pool: (M, H, W, 3) uint8, the unlabelled images.
        pseudo: (M, H, W) uint8, the classes that a network before predicted there.
        batch_size: images per batch.
    """

    build: Callable[[str], SegmentationModel]
    images: Tensor
    masks: Tensor
    pool: Tensor
    pseudo: Tensor
    batch_size: int = 8

    @property
    def device(self) -> torch.device:
        """The device of the data, and of the networks."""
        return self.images.device

    def batches(self, count: int | None = None) -> Iterator[Tensor]:
        """Yield positions without end: every one of ``count`` (default N) once, then again."""
        while True:
            order = torch.randperm(count or len(self.images), device=self.device)
            yield from order.split(self.batch_size)


def numbers(losses: Mapping[str, Tensor]) -> Losses:
    """Return losses as numbers, in one read."""
    return dict(zip(losses, torch.stack(list(losses.values())).tolist(), strict=True))
