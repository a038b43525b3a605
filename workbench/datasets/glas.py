"""GlaS: glands in colon histology, the Warwick-QU images (Sirinukunwattana et al. 2017)."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.faults import require_pairs, wrong_root
from workbench.datasets.files import FileDataset
from workbench.errors import ConfigError
from workbench.types import IGNORE, DatasetCard

TRAIN, PART_A, PART_B = 85, 60, 20
"""Images of the release by part."""

CARD = DatasetCard(
    name="glas",
    classes=("background", "gland"),
    palette=((236, 214, 228), (106, 42, 120)),
    void_id=IGNORE,
    splits={"train": TRAIN, "testA": PART_A, "testB": PART_B},
    source="Sirinukunwattana et al., Gland Segmentation in Colon Histology Images, Medical Image "
    "Analysis 35, 2017",
    objects=("gland",),
)

_NAME = re.compile(r"(?P<key>(?P<part>train|testA|testB)_(?P<number>\d{1,9}))(?P<mask>_anno)?")
_RELEASED = "Warwick QU Dataset (Released 2016_07_08)"
_BMP = frozenset({".bmp"})


class Glas(FileDataset):
    """Reads ``train_*.bmp``, ``testA_*.bmp`` and ``testB_*.bmp`` with masks ``*_anno.bmp``.

    The release has no validation images. Every ``held_out_every``-th training image by its number
    is held out as the split ``val``, 17 of 85 by default, and is not in the pool; with 0 all 85 are
    in the pool, there is no ``val``, and an experiment has to name another split to validate on.
    The two parts of the test are splits of their own, since the challenge ranks them apart.

    Args:
        root: the folder of the files, or the one that holds the released folder.
        held_out_every: which training images are held out; 0 for none.
        cache_bytes: most bytes of decoded images in memory.

    Raises:
        DatasetError: if ``root`` is another folder.
        ConfigError: if every image is held out.
    """

    def __init__(
        self, root: Path, held_out_every: int = 5, cache_bytes: int = DEFAULT_CACHE_BYTES
    ) -> None:
        super().__init__(root, cache_bytes)
        if held_out_every == 1:
            raise ConfigError(
                "held_out_every is 1, which leaves no image for the pool; wanted 0 for no split "
                "val, or 2 and more."
            )
        released = root / _RELEASED
        self._folder = released if self.tree.holds(released) else root
        self._every = held_out_every
        if not any(self._found.values()):
            raise wrong_root(root, ["train_1.bmp", f"{_RELEASED}/train_1.bmp"], "glas")
        held = TRAIN // held_out_every if held_out_every else 0
        counts = {"train": TRAIN - held, **({"val": held} if held else {})}
        self.card = replace(CARD, splits={**counts, "testA": PART_A, "testB": PART_B})

    @cached_property
    def _found(self) -> dict[bool, dict[str, Path]]:
        """Whether files are masks ► file by key."""
        found: dict[bool, dict[str, Path]] = {False: {}, True: {}}
        for stem, path in self.tree.files(self._folder, _BMP).items():
            if match := _NAME.fullmatch(stem):
                found[match["mask"] is not None][match["key"]] = path
        return found

    def _split_of(self, key: str) -> str:
        part, _, number = key.partition("_")
        held = part == "train" and self._every and int(number) % self._every == 0
        return "val" if held else part

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have an image."""
        there = {self._split_of(key) for key in self._found[False]}
        return tuple(name for name in ("train", "val", "testA", "testB") if name in there)

    def mask_folder(self, split: str) -> Path:  # noqa: ARG002 - all lie in one folder
        """Return the folder of all files."""
        return self._folder

    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return a split's files in pairs.

        Raises:
            DatasetError: if one of a pair is missing.
        """
        images, masks = (
            {key: path for key, path in found.items() if self._split_of(key) == split}
            for found in (self._found[False], self._found[True])
        )
        require_pairs(images, masks, self._folder)
        return images, masks

    def instances(self, split: str, key: str) -> npt.NDArray[np.uint8]:
        """Return the annotated glands one by one, (H, W): 0 is background, n the n-th gland.

        Raises:
            DatasetError: if the file is missing or broken.
        """
        path = self.mask_path(split, key)
        return super().decode_mask(self.raw_mask(path), path)

    def decode_mask(self, raw: npt.NDArray[Any], path: Path) -> npt.NDArray[np.uint8]:
        """Return (H, W) 1 for the pixels of any gland, 0 elsewhere."""
        return (super().decode_mask(raw, path) > 0).astype(np.uint8)

    def raw_ids(self) -> dict[int, int]:
        """Return raw id ► training id, after glands have become one class; nothing is void."""
        return {0: 0, 1: 1}
