"""Procedural street scenes in sequences: a pool of known redundancy, without a download."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from workbench.datasets.base import Image, Mask, SegmentationDataset
from workbench.datasets.scenes import palette, street
from workbench.datasets.scenes.style import STYLE_NUMBERS, Style
from workbench.errors import DatasetError
from workbench.seeding import seed_of
from workbench.types import DatasetCard, Frame

_STEP = 70.0
"""Metres between two frames at redundancy 0; they have next to nothing in common."""


class Synthetic(SegmentationDataset):
    """Renders drives through generated streets.

    A sequence of the training split is one drive through one street: the camera goes
    ``70 (1 − redundancy)²`` metres per frame. Light and viewpoint of a frame are a mean of random
    numbers of the drive (weight ``redundancy``) and of the frame (weight ``1 − redundancy``). So
    redundancy 0 gives scenes that have next to nothing in common, and redundancy 1 gives frames
    that differ only by sensor noise and a small shake of the camera.
    Each validation or test image comes from a separate drive, at any redundancy, so that a few
    images suffice for a measurement.

    Args:
        root: always ``None``; every dataset has this argument.
        train: number of images in the pool.
        val: number of images in the split ``val``.
        test: number of images in the split ``test``.
        frames: images per sequence of the pool.
        redundancy: similarity of the frames of a sequence, 0 to 1.
        height: height of the images in pixels.
        width: width of the images in pixels.
        seed: the same seed draws the same scenes, in any process.
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        train: int = 240,
        val: int = 60,
        test: int = 0,
        frames: int = 12,
        redundancy: float = 0.9,
        height: int = 96,
        width: int = 128,
        seed: int = 0,
    ) -> None:
        super().__init__(root)
        counts = {"train": train, "val": val, "test": test}
        self._size = (height, width)
        self._seed = seed
        self._fresh = 1.0 - redundancy
        self._scenes = {
            split: _scenes(split, count, frames if split == "train" else 1)
            for split, count in counts.items()
            if count
        }
        self.card = DatasetCard(
            name="synthetic",
            classes=palette.CLASSES,
            palette=palette.PALETTE,
            void_id=palette.VOID,
            splits={split: len(scenes) for split, scenes in self._scenes.items()},
            source="drawn by workbench.datasets.synthetic",
            image_size=self._size,
        )
        self._drive = lru_cache(maxsize=64)(self._make_drive)
        # an image and its mask are drawn together and mostly read one after the other
        self._drawn = lru_cache(maxsize=8)(self._draw)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits with at least one image."""
        return tuple(self._scenes)

    def keys(self, split: str) -> list[str]:
        """Return keys such as ``s003_f07`` (pool) and ``val_0012``."""
        if split not in self._scenes:
            raise self.no_split(split)
        return list(self._scenes[split])

    def size(self, split: str, key: str) -> tuple[int, int]:  # noqa: ARG002 - all images have one size
        """Return (H, W)."""
        return self._size

    def frame(self, split: str, key: str) -> Frame:
        """Return the drive (as the sequence) and the number of the frame in it."""
        return self._scene(split, key)

    def _scene(self, split: str, key: str) -> Frame:
        if key not in self._scenes.get(split, ()):
            raise DatasetError(f"There is no image {key!r} in the split {split!r} of synthetic.")
        return self._scenes[split][key]

    def read_image(self, split: str, key: str) -> Image:
        """Return an image, drawn at this call unless it is cached."""
        return self._drawn(split, key)[0].copy()

    def read_mask(self, split: str, key: str) -> Mask:
        """Return the mask of an image, drawn at this call unless it is cached."""
        return self._drawn(split, key)[1].copy()

    def _draw(self, split: str, key: str) -> tuple[Image, Mask]:
        frame = self._scene(split, key)
        drive = self._drive(frame.sequence)
        rng = np.random.default_rng(seed_of(self._seed, "frame", key))
        own = rng.random(STYLE_NUMBERS)
        style = (1.0 - self._fresh) * drive.style + self._fresh * own
        position = frame.number * _STEP * self._fresh**2
        return street.render(drive, Style.of(style), position, rng, self._size)

    def _make_drive(self, sequence: str) -> street.Drive:
        return street.Drive.of(np.random.default_rng(seed_of(self._seed, "drive", sequence)))


def _scenes(split: str, count: int, frames: int) -> dict[str, Frame]:
    """Return the drive and the frame number of each key."""
    if split != "train":
        return {(key := f"{split}_{i:04d}"): Frame(key, 0) for i in range(count)}
    digits = max(3, len(str((count - 1) // frames)))
    places = max(2, len(str(frames - 1)))
    scenes = {}
    for i in range(count):
        sequence, number = f"s{i // frames:0{digits}d}", i % frames
        scenes[f"{sequence}_f{number:0{places}d}"] = Frame(sequence, number)
    return scenes
