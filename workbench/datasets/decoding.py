"""Writes the folder of a decoded split (see :mod:`workbench.datasets.decoded`), part by part.

Several processes may fill parts of one folder at once. Masks of the training split are decoded here
too, as bytes that go from file to file: nothing that scores or selects runs here, and what reads
them is still the label source alone.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.datasets.ahead import ahead
from workbench.datasets.decoded import (
    BYTES_PER_PIXEL,
    CHANNELS,
    IMAGES,
    MASKS,
    RECORD,
    ROW,
    TABLE,
)
from workbench.datasets.decoded import VERSION as FORMAT
from workbench.errors import DatasetError, shown

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.datasets.survey import Facts
    from workbench.datasets.tree import FileFacts

_PART_PIXELS = 2**24
"""Pixels of a part: 64 MiB of images and masks."""

_PART_IMAGES = 512


@dataclass(frozen=True)
class Part:
    """Some images of a split that follow each other.

    Attributes:
        split: the split.
        first: the row of the first one.
        files: of each image its key, and path, bytes and time of its files as they were looked at.
    """

    split: str
    first: int
    files: tuple[tuple[str, tuple[tuple[Path, int, int], ...]], ...]


def lay_out(folder: Path, dataset: SegmentationDataset, split: str, facts: Facts) -> list[Part]:
    """Make the files of a split in an empty folder, and return the parts to be filled.

    Raises:
        OSError: if there is no room.
    """
    table = np.zeros(len(facts), dtype=ROW)
    sizes = np.array([dataset.size(split, key) for key in facts], dtype=np.int64).reshape(-1, 2)
    pixels = sizes.prod(axis=1)
    table["height"], table["width"] = sizes.T
    table["start"] = np.cumsum(pixels) - pixels
    np.save(folder / TABLE, table)
    for file, channels in CHANNELS.items():
        with (folder / file).open("wb") as stream:
            stream.truncate(int(pixels.sum()) * channels)
    record = {
        "version": FORMAT,
        "dataset": dataset.card.name,
        "split": split,
        "images": len(table),
        "bytes": int(pixels.sum()) * BYTES_PER_PIXEL,
    }
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return _parts(split, facts, pixels.tolist())


def _parts(split: str, facts: Facts, pixels: list[int]) -> list[Part]:
    parts, room, first = [], 0, 0
    taken: list[tuple[str, tuple[tuple[Path, int, int], ...]]] = []
    for row, ((key, files), count) in enumerate(zip(facts.items(), pixels, strict=True)):
        if taken and (room < count or len(taken) == _PART_IMAGES):
            parts.append(Part(split, first, tuple(taken)))
            taken = []
        if not taken:
            room, first = _PART_PIXELS, row
        taken.append((key, tuple(_to_check(files))))
        room -= count
    return [*parts, *([Part(split, first, tuple(taken))] if taken else [])]


def _to_check(files: Iterable[FileFacts]) -> Iterator[tuple[Path, int, int]]:
    return ((f.path, f.size, f.changed) for f in files if f.identity[0] >= 0)


def fill(
    folder: Path,
    dataset: SegmentationDataset,
    part: Part,
    readers: int,
    report: Callable[[int], None],
) -> None:
    """Decode the images of a part into the files of a folder.

    An image or mask that cannot be decoded is left out: whoever reads it gets the error.

    Args:
        folder: as :func:`lay_out` left it.
        dataset: the dataset.
        part: the images.
        readers: threads that decode at once.
        report: called with the number of images done after each; it may raise to stop.

    Raises:
        DatasetError: if a file changed since it was looked at.
        OSError: if there is no room.
    """
    table = np.lib.format.open_memmap(folder / TABLE, mode="r+")
    handles = {file: os.open(folder / file, os.O_WRONLY) for file in CHANNELS}

    def decode(row: int) -> dict[str, npt.NDArray[np.uint8]]:
        key, files = part.files[row - part.first]
        found = {
            file: array
            for file, read in ((IMAGES, dataset.read_image), (MASKS, dataset.read_mask))
            if (array := _attempt(read, part.split, key)) is not None
        }
        _require_unchanged(files)
        return found

    rows = range(part.first, part.first + len(part.files))
    try:
        with closing(ahead(decode, rows, 2 * readers, readers)) as decoded:
            for row, arrays in zip(rows, decoded, strict=True):
                for file, array in arrays.items():
                    if array.shape[:2] == (table["height"][row], table["width"][row]):
                        _write(handles[file], int(table["start"][row]) * CHANNELS[file], array)
                        table[file][row] = zlib.crc32(array.data)
                        table[f"{file} there"][row] = True
                report(row - part.first + 1)
    finally:
        for handle in handles.values():
            os.close(handle)


def seal(folder: Path) -> None:
    """Sync the files of a folder, so that they survive a power cut."""
    for path in folder.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())


def _attempt(
    read: Callable[[str, str], npt.NDArray[np.uint8]], split: str, key: str
) -> npt.NDArray[np.uint8] | None:
    try:
        return np.ascontiguousarray(read(split, key))
    except DatasetError:
        return None


def _write(handle: int, start: int, array: npt.NDArray[np.uint8]) -> None:
    """Write an array; never through a map, where a full disk would end the process."""
    left = array.data.cast("B")
    while left:
        done = os.pwrite(handle, left, start)
        left, start = left[done:], start + done


def _require_unchanged(files: Sequence[tuple[Path, int, int]]) -> None:
    for path, size, changed in files:
        about = path.stat()
        if (about.st_size, about.st_mtime_ns) != (size, changed):
            raise DatasetError(
                f"The file {shown(path)} changed since the dataset was opened; leave the files as "
                "they are while they are read, and run the same command again."
            )
