"""Batches of labelled samples: their order, and samples padded to one size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.datasets.ahead import READERS, InOrder, ahead
from workbench.errors import TrainingError
from workbench.learning.base import FILL, LabelledSamples
from workbench.types import IGNORE

if TYPE_CHECKING:
    from workbench.learning._augment import Augmentation

_CACHED_BYTES = 1 << 30
"""Decoded samples cached for the whole training; the others are read again for each batch."""

_AHEAD = 4 * READERS
"""Samples that are read ahead of the training."""


class Order:
    """The order of the samples: every sample is drawn once before any is drawn again.

    Args:
        n: number of samples.
        batch_size: samples per step; the last step of an epoch may have fewer.
        steps_per_epoch: ``None`` for as many steps as read every sample once. With a number all
            batches are full: where an epoch ends within a permutation, the next epoch goes on in
            it.
        seed: the seed of the permutations.
    """

    def __init__(self, n: int, batch_size: int, steps_per_epoch: int | None, seed: int) -> None:
        self._n = n
        self._batch_size = batch_size
        self._whole_epochs = steps_per_epoch is None
        self.steps_per_epoch = steps_per_epoch or -(-n // batch_size)
        self._rng = np.random.default_rng(seed)
        self._rest = np.empty(0, dtype=np.int64)

    def epoch(self) -> Iterator[list[int]]:
        """Yield the positions of the next epoch's batches."""
        if self._whole_epochs:
            positions = self._rng.permutation(self._n)
        else:
            positions = self._stream(self.steps_per_epoch * self._batch_size)
        for start in range(0, len(positions), self._batch_size):
            yield positions[start : start + self._batch_size].tolist()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the order between two epochs."""
        return {"random": self._rng.bit_generator.state, "rest": self._rest}

    def coming(self) -> list[int]:
        """Return the positions that are certain to come next, after those that were drawn."""
        return self._rest.tolist()

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Restore a state."""
        self._rng.bit_generator.state = dict(state["random"])
        self._rest = np.asarray(state["rest"], dtype=np.int64)

    def _stream(self, count: int) -> np.ndarray:
        while len(self._rest) < count:
            self._rest = np.concatenate([self._rest, self._rng.permutation(self._n)])
        drawn, self._rest = self._rest[:count], self._rest[count:]
        return drawn


class Batches:
    """Makes the batch of given positions on the training's device.

    Samples of one size are stored as one block, so that a batch is a single gather.

    Args:
        samples: the labelled samples.
        n_classes: number of classes; an id from here on, except void, is an error.
        augmentation: flips, scales, colours and crops; ``None`` leaves the samples as they are.
        device: the device of the batches.

    Raises:
        TrainingError: if there is no sample, or one holds an id without an output of the network.
    """

    def __init__(
        self,
        samples: LabelledSamples,
        n_classes: int,
        augmentation: Augmentation | None,
        device: torch.device,
    ) -> None:
        self._samples = samples
        self._n_classes = n_classes
        self._augmentation = augmentation
        self._device = device
        self._cached: list[tuple[Tensor, Tensor]] = []
        self._block: tuple[Tensor, Tensor] | None = None
        self._fill_cache()
        self._others = InOrder(self._read, _AHEAD)

    def _fill_cache(self) -> None:
        room = _CACHED_BYTES
        with closing(ahead(self._read, range(len(self._samples)), _AHEAD)) as samples:
            for image, mask in samples:
                room -= image.numel() + mask.numel()
                if room < 0:
                    return
                self._cached.append((image, mask))
        if len({mask.shape for _, mask in self._cached}) == 1:
            images, masks = zip(*self._cached, strict=True)
            self._block = torch.stack(images).to(self._device), torch.stack(masks).to(self._device)
            self._cached.clear()

    def _read(self, position: int) -> tuple[Tensor, Tensor]:
        image, mask, name = self._samples[position]
        if image.shape[:2] != mask.shape or image.shape[2:] != (3,):
            raise TrainingError(
                f"Sample {name} has an image {image.shape} and a mask {mask.shape}; wanted "
                "(H, W, 3) and (H, W)."
            )
        unknown = mask[(mask >= self._n_classes) & (mask != IGNORE)]
        if unknown.size:
            raise TrainingError(
                f"Sample {name} holds class id {unknown[0]}; this network has {self._n_classes} "
                f"classes, 0 to {self._n_classes - 1}, and void is {IGNORE}."
            )
        # copies: a cached array may be read-only, and torch requires writable memory
        return torch.from_numpy(np.array(image)), torch.from_numpy(np.array(mask))

    def _sample(self, position: int) -> tuple[Tensor, Tensor]:
        if self._block is not None:
            return self._block[0][position], self._block[1][position]
        if position < len(self._cached):
            image, mask = self._cached[position]
        else:
            image, mask = self._others(position)
        return image.to(self._device), mask.to(self._device)

    def expect(self, positions: Iterable[int]) -> None:
        """Read the samples that will be taken next ahead of time, those that are not cached.

        Args:
            positions: in the order in which they will be taken; others may be taken all the same.
        """
        if self._block is None:
            self._others.expect(one for one in positions if one >= len(self._cached))

    def take(self, positions: list[int]) -> tuple[Tensor, Tensor]:
        """Return images (B, H, W, 3) and masks (B, H, W), uint8, on the device.

        Samples of different sizes lie in the middle of a void frame of the largest size.
        """
        if self._augmentation is None and self._block is not None:
            chosen = torch.tensor(positions, device=self._device)
            return self._block[0][chosen], self._block[1][chosen]
        pairs = [self._sample(position) for position in positions]
        if self._augmentation is not None:
            pairs = [self._augmentation(image, mask) for image, mask in pairs]
        height = max(mask.shape[0] for _, mask in pairs)
        width = max(mask.shape[1] for _, mask in pairs)
        framed = [frame(image, mask, height, width) for image, mask in pairs]
        images, masks = zip(*framed, strict=True)
        return torch.stack(images), torch.stack(masks)


def labelled_share(masks: Tensor) -> Tensor:
    """Return the share of pixels of the masks that are not void, a scalar float32."""
    return (masks != IGNORE).mean(dtype=torch.float32)


def frame(image: Tensor, mask: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the sample in the middle of a void frame of at least (height, width).

    Args:
        image: (H, W, 3) uint8.
        mask: (H, W) uint8.
        height: least height of the result, pixels.
        width: least width of the result, pixels.
    """
    down, across = max(0, height - mask.shape[0]), max(0, width - mask.shape[1])
    if not (down or across):
        return image, mask
    sides = (across // 2, across - across // 2, down // 2, down - down // 2)
    framed = image.new_tensor(FILL).expand(mask.shape[0] + down, mask.shape[1] + across, 3).clone()
    framed[sides[2] : sides[2] + mask.shape[0], sides[0] : sides[0] + mask.shape[1]] = image
    return framed, F.pad(mask, sides, value=IGNORE)
