"""Datasets of files on disk: lists, decodes and checks them."""

from __future__ import annotations

import glob
import os
from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from workbench.datasets.base import Image, Mask, SegmentationDataset
from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.decode import header_of, read_raw_mask, read_rgb
from workbench.datasets.faults import swapped_files
from workbench.datasets.file_index import FileIndex
from workbench.datasets.tree import FileFacts, FileTree, Header, facts_of
from workbench.errors import DatasetError, quoted, shown
from workbench.types import IGNORE, Frame

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})

_UNKNOWN = 254
"""Value in a lookup table of a raw id that the card does not have."""


_MOST_DIGITS = 18
"""Frame numbers are 64-bit integers."""


def frame_of(sequence: str | None, number: str | None, key: str) -> Frame:
    """Return the sequence and frame number that were read from an image's name.

    Args:
        sequence: the name of the sequence; the name of the image belongs to none if it is empty.
        number: the digits of the frame number; 0 without.
        key: the image, for the message.

    Raises:
        DatasetError: if the frame number is not one.
    """
    if number and not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise DatasetError(
            f"The name {quoted(key)} has {quoted(number, 40)} where its frame number is looked "
            f"for; wanted 1 to {_MOST_DIGITS} digits: mend the pattern `sequence`, or the name."
        )
    return Frame(sequence or "", int(number) if number else 0)


class FileDataset(SegmentationDataset):
    """A dataset whose images and masks are one file each, paired by name.

    A subclass sets ``card``, and returns the files of a split and the raw ids of masks.
    """

    root: Path

    def __init__(self, root: Path, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        super().__init__(root, cache_bytes)
        self.tree = FileTree(root)
        self._listed: dict[str, tuple[dict[str, Path], dict[str, Path]]] = {}
        self._sizes: dict[tuple[str, str], tuple[int, int]] = {}
        self._known = FileIndex(root)

    @abstractmethod
    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return a split's image files and mask files, each by key."""

    def raw_ids(self) -> dict[int, int]:
        """Return raw id ► training id (``IGNORE`` for void); by default in the card's order."""
        return {**{i: i for i in range(self.card.n_classes)}, self.card.void_id: IGNORE}

    def label_rule(self) -> dict[str, Any]:
        """Return classes, void and the raw ids that stand for them."""
        return {**super().label_rule(), "raw_ids": sorted(self.raw_ids().items())}

    @cached_property
    def _lookup(self) -> npt.NDArray[np.uint8]:
        table = np.full(256, _UNKNOWN, dtype=np.uint8)
        for raw, train in self.raw_ids().items():
            table[raw] = train
        return table

    def files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return a split's image files and mask files by key, listed once."""
        if split not in self._listed:
            if split not in (*self.splits, *self.unlabelled):
                raise self.no_split(split)
            images, masks = self.list_files(split)
            if not images:
                raise DatasetError(
                    f"The split {quoted(split, 40)} of {shown(self.card.name, 40)} in "
                    f"{shown(self.root, 60)} "
                    "holds no images; wanted PNG, JPEG or WebP files, laid out as "
                    f"data/README.md#{self.section} shows."
                )
            self._listed[split] = images, masks
        return self._listed[split]

    def keys(self, split: str) -> list[str]:
        """Return the keys of a split: file names without ending, sorted."""
        return list(self.files(split)[0])

    def read_image(self, split: str, key: str) -> Image:
        """Decode an image file."""
        path = self.image_path(split, key)
        image = read_rgb(self.tree.content(path), path, self._sizes.get((split, key)))
        height, width, _ = image.shape
        self._sizes[split, key] = height, width
        return image

    def image_path(self, split: str, key: str) -> Path:
        """Return the file of an image."""
        images = self.files(split)[0]
        if key not in images:
            raise DatasetError(
                f"There is no image {quoted(key)} in the split {quoted(split)} of "
                f"{shown(self.root)}."
            )
        return images[key]

    def mask_path(self, split: str, key: str) -> Path:
        """Return the file of an image's mask.

        Raises:
            DatasetError: if the image has none.
        """
        masks = self.files(split)[1]
        if key not in masks:
            raise self._no_mask(split, key)
        return masks[key]

    def content(self, path: Path) -> bytes:
        """Return the bytes of one of its files."""
        return self.tree.content(path)

    @abstractmethod
    def mask_folder(self, split: str) -> Path:
        """Return the folder in which a split's masks lie."""

    def mask_name(self, split: str, key: str) -> str:  # noqa: ARG002 - some need the split
        """Return the place of an image's mask within the folder of masks."""
        return f"{key}.png"

    def size(self, split: str, key: str) -> tuple[int, int]:
        """Return (H, W) from the image file's header."""
        if (split, key) not in self._sizes:
            path = self.image_path(split, key)
            with self.tree.open(path) as file:
                self._sizes[split, key] = header_of(file, path).size
        return self._sizes[split, key]

    def facts(self, split: str, key: str) -> tuple[FileFacts, ...]:
        """Return what an image's file and its mask's are, without decoding them.

        Raises:
            DatasetError: if one is missing, broken or no regular file inside the dataset's folder,
                or they differ in size.
        """
        image, mask = self.image_path(split, key), self.mask_path(split, key)
        found, seen = self.look(image, header_of)
        assert seen is not None
        self._sizes[split, key] = seen.size
        labels, header = self.look(mask, self.mask_header)
        if header is not None:
            self.check_kinds(image, seen, mask, header)
            if header.size != seen.size:
                raise self._other_size(mask, header.size, split, key)
        return found, labels

    def look_up(self, index: FileIndex) -> None:
        """Look files up in an index from now on, and add to it what it lacks."""
        self._known = index

    def look(
        self, path: Path, read: Callable[[BinaryIO, Path], Header | None]
    ) -> tuple[FileFacts, Header | None]:
        """Return facts and header of a file; one that the index knows is not opened.

        Args:
            path: the file.
            read: reads the header, if it has one.

        Raises:
            DatasetError: if it is missing, broken or no regular file inside the dataset's folder.
        """
        about = self.tree.about(path) if len(self._known) else None
        if about is not None and (known := self._known.find(path, about)) is not None:
            return known
        with self.tree.open(path) as file:
            about = os.fstat(file.fileno())
            header, facts = read(file, path), facts_of(path, file)
        self._known.add(facts, header, about)
        return facts, header

    def check_kinds(self, image: Path, of_image: Header, mask: Path, of_mask: Header) -> None:
        """Refuse files whose headers say that they are no image or no mask of this dataset.

        Raises:
            DatasetError: if they are.
        """
        if self.grey_masks and of_mask.coloured and not of_image.coloured:
            raise swapped_files(image, mask)

    @property
    def grey_masks(self) -> bool:
        """Whether mask files hold one number a pixel, so that one of colours is no mask."""
        return True

    def mask_header(self, file: BinaryIO, path: Path) -> Header | None:
        """Return a mask file's header; ``None`` for one that tells nothing until it is decoded."""
        return header_of(file, path)

    def raw_mask(self, path: Path) -> npt.NDArray[Any]:
        """Return the content of a mask file: (H, W) raw ids, or (H, W, 3) colours."""
        return read_raw_mask(self.tree.content(path), path)

    def read_mask(self, split: str, key: str) -> Mask:
        """Decode a mask file into training ids, checked against its image and the card."""
        path = self.mask_path(split, key)
        raw = self.decode_mask(self.raw_mask(path), path)
        if raw.shape != self.size(split, key):
            raise self._other_size(path, raw.shape, split, key)
        mask = self._lookup[raw]
        if (unknown := mask == _UNKNOWN).any():
            raise self._unknown_id(path, raw, unknown)
        return mask

    def remarks(self) -> list[str]:
        """Return a sentence for each split with masks that belong to no image."""
        found = []
        for split in self.splits:
            images, masks = self.files(split)
            spare = sorted(set(masks) - set(images))
            if spare:
                found.append(
                    f"{len(spare)} masks of the split {split!r} belong to no image, "
                    f"{shown(masks[spare[0]].name)} first; they are not read."
                )
        return found

    def decode_mask(self, raw: npt.NDArray[Any], path: Path) -> npt.NDArray[np.uint8]:
        """Return (H, W) raw ids from a mask file's content."""
        if raw.ndim != 2:
            raise DatasetError(
                f"The mask {shown(path)} holds colours; wanted one class id per pixel (grey or "
                "palette)."
            )
        if raw.dtype.kind == "f":
            raise DatasetError(
                f"The mask {shown(path)} holds numbers with fractions; wanted one class id per "
                "pixel, 0 to 255, as a grey or palette file."
            )
        if raw.dtype != np.uint8:
            if raw.size and (raw.max() > 255 or raw.min() < 0):
                raise DatasetError(
                    f"The mask {shown(path)} holds ids from {raw.min()} to {raw.max()}; wanted 0 "
                    "to 255."
                )
            raw = raw.astype(np.uint8)
        return raw

    def _no_mask(self, split: str, key: str) -> DatasetError:
        if split in self.unlabelled:
            return DatasetError(
                f"The split {quoted(split, 40)} of {shown(self.card.name, 40)} has images and no "
                f"labels, so nothing can be measured on it; wanted {' or '.join(self.splits[1:])}."
            )
        images, masks = self.files(split)
        without = len(images.keys() - masks.keys())
        wanted = self.mask_folder(split) / self.mask_name(split, key)
        there = ""
        if not wanted.parent.is_dir():
            there = ", a folder that is not there"
        elif others := sorted(path.name for path in wanted.parent.glob(f"{glob.escape(key)}*")):
            there = f", where there is {shown(', '.join(others), 80)}"
        return DatasetError(
            f"The image {shown(self.image_path(split, key), 80)} has no mask, as {without:,} of "
            f"{len(images):,} images of {quoted(split, 40)}; wanted {shown(wanted.name, 60)} in "
            f"{shown(wanted.parent, 60)}{there}: add the masks or remove the images."
        )

    def _other_size(self, mask: Path, found: tuple[int, ...], split: str, key: str) -> DatasetError:
        height, width = self.size(split, key)
        return DatasetError(
            f"The mask {shown(mask, 80)} is {found[0]}×{found[1]} (height×width) and its image "
            f"{shown(self.image_path(split, key), 80)} is {height}×{width}; wanted the same size."
        )

    def _unknown_id(
        self, path: Path, raw: npt.NDArray[np.uint8], where: npt.NDArray[np.bool_]
    ) -> DatasetError:
        y, x = (int(v) for v in np.argwhere(where)[0])
        ids = shown(", ".join(map(str, sorted(self.raw_ids()))), 40)
        return DatasetError(
            f"The mask {shown(path, 80)} holds the label id {int(raw[y, x])} (first at row {y}, "
            "column "
            f"{x}; {int(where.sum())} such pixels), which the card of {shown(self.card.name, 40)} "
            f"does not have; wanted one of {ids}: mend the mask, or the card."
            f"{self.hint_of(path, int(raw[y, x]))}"
        )

    def hint_of(self, path: Path, raw: int) -> str:  # noqa: ARG002 - nothing is known by default
        """Return what an id that the card does not have may come from, as a sentence."""
        return ""
