"""Pictures that were decoded once: uint8 arrays of a split in one file, mapped into memory.

A folder holds one split: ``images.bin`` and ``masks.bin``, the arrays one after another,
``table.npy``, a row an image, and ``decoded.json``, which says what it is. It may be deleted at any
time: what cannot be read from it is decoded from the dataset's own files.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.datasets.base import Image, Mask, SegmentationDataset
from workbench.datasets.wrapped import Wrapped
from workbench.reading import open_regular

if TYPE_CHECKING:
    from workbench.datasets.survey import Facts
    from workbench.datasets.tree import FileFacts

VERSION = 1
"""Format of the folder; another one is another folder."""

IMAGES, MASKS, TABLE, RECORD = "images.bin", "masks.bin", "table.npy", "decoded.json"
CHANNELS = {IMAGES: 3, MASKS: 1}
BYTES_PER_PIXEL = sum(CHANNELS.values())

ROW = np.dtype(
    [
        ("height", "<i4"),
        ("width", "<i4"),
        ("start", "<i8"),  # pixels before the image
        (IMAGES, "<u4"),  # CRC-32 of its bytes
        (MASKS, "<u4"),
        (f"{IMAGES} there", "?"),  # not if the file could not be decoded
        (f"{MASKS} there", "?"),
    ]
)


class Name(NamedTuple):
    """The name of the folder of a split, in two parts.

    Attributes:
        of: digest of dataset, settings, meaning of the labels, split and decoders.
        state: digest of what each file is: its name, size, time and end.
    """

    of: str
    state: str

    def __str__(self) -> str:
        """Return the name of the folder."""
        return f"{self.of}-{self.state}"


def name_of(
    dataset: SegmentationDataset, settings: Mapping[str, Any], split: str, facts: Facts
) -> Name | None:
    """Return the name of the folder that holds a split decoded, as its files are now.

    Args:
        dataset: the dataset.
        settings: what of the experiment the split depends on, JSON-ready; the folder of the files
            is added.
        split: the split.
        facts: what its files are.

    Returns:
        ``None`` for images without files.
    """
    if not all(facts.values()):
        return None
    import cv2
    import PIL

    decoders = [VERSION, cv2.__version__, PIL.__version__]
    root = os.path.realpath(dataset.root) if dataset.root else None
    of = [decoders, settings, root, dataset.label_rule(), split]
    state = [
        [
            key,
            dataset.size(split, key),
            [(f.path.name, f.size, f.changed, f.tail.hex()) for f in fs],
        ]
        for key, fs in facts.items()
    ]
    return Name(_digest(of), _digest(state))


def _state(file: FileFacts) -> tuple[str, int, int, str]:
    return file.path.name, file.size, file.changed, file.tail.hex()


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


class Decoded(Wrapped):
    """A dataset whose images and masks are read from folders of decoded splits.

    What a folder does not hold, or does not hold as it was written, is decoded as without it. Masks
    of a split are not touched before the first is asked for, which in the training split only the
    pool's label source does.

    Args:
        original: the dataset.
        folders: split ► folder.
    """

    def __init__(self, original: SegmentationDataset, folders: Mapping[str, Path]) -> None:
        super().__init__(original)
        self._stored = {
            (split, file): _Arrays(folder, file, original.keys(split))
            for split, folder in folders.items()
            for file in CHANNELS
        }

    def image(self, split: str, key: str) -> Image:
        """Return an image, (H, W, 3) uint8 RGB, read-only."""
        found = self._found(IMAGES, split, key)
        return self._original.image(split, key) if found is None else found

    def mask(self, split: str, key: str) -> Mask:
        """Return the ground truth, (H, W) uint8 training ids with void = ``IGNORE``, read-only.

        In the training split only the pool's label source may call this.
        """
        found = self._found(MASKS, split, key)
        return self._original.mask(split, key) if found is None else found[..., 0]

    def _found(self, file: str, split: str, key: str) -> npt.NDArray[np.uint8] | None:
        stored = self._stored.get((split, file))
        return None if stored is None else stored.get(key, self.size(split, key))


class _Arrays:
    """The arrays of one file, mapped at the first use; each is checked at its first use."""

    def __init__(self, folder: Path, file: str, keys: list[str]) -> None:
        self._folder, self._file = folder, file
        self._keys = keys
        self._opened: tuple[mmap.mmap, npt.NDArray[Any], dict[str, int]] | None = None
        self._missing = False
        self._right = bytearray(len(keys))

    def get(self, key: str, size: tuple[int, int]) -> npt.NDArray[np.uint8] | None:
        """Return (H, W, channels) of an image; ``None`` if it is not there as it was written."""
        opened = self._open()
        if opened is None or (row := opened[2].get(key)) is None:
            return None
        pixels, table, _ = opened
        entry = table[row]
        if (entry["height"], entry["width"]) != size or not entry[f"{self._file} there"]:
            return None
        shape = (*size, CHANNELS[self._file])
        start, count = int(entry["start"]) * shape[2], shape[0] * shape[1] * shape[2]
        if not 0 <= start <= len(pixels) - count:
            return None
        array = np.frombuffer(pixels, np.uint8, count, start)
        if not self._right[row]:
            if zlib.crc32(array.data) != entry[self._file]:
                return None
            self._right[row] = 1
        return array.reshape(shape)

    def _open(self) -> tuple[mmap.mmap, npt.NDArray[Any], dict[str, int]] | None:
        if self._opened is None and not self._missing:
            try:
                table = read_table(self._folder)
                with open_regular(self._folder / self._file) as stream:
                    pixels = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
                if len(table) != len(self._keys):
                    raise ValueError("it is of other images")
            except Exception:  # deleted, damaged in any way, or no room to map it
                self._missing = True
            else:
                self._opened = pixels, table, {key: row for row, key in enumerate(self._keys)}
        return self._opened


def read_table(folder: Path) -> npt.NDArray[Any]:
    """Return the table of a folder.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is damaged.
    """
    with open_regular(folder / TABLE) as stream:
        table: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    if table.dtype != ROW:
        raise ValueError("it is no table of decoded images")
    return table
