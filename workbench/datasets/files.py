"""Datasets of files on disk: lists, decodes and checks them."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from workbench.datasets.base import Image, Mask, SegmentationDataset
from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.errors import DatasetError
from workbench.types import IGNORE

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})

_UNKNOWN = 254
"""Value in a lookup table of a raw id that the card does not have."""


def files_by_stem(folder: Path, accept: frozenset[str] = SUFFIXES) -> dict[str, Path]:
    """Return the image files of a folder by name without ending, sorted.

    Raises:
        DatasetError: if two files differ only in the ending.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in accept or path.name.startswith("."):
            continue
        if path.stem in found:
            raise DatasetError(
                f"{folder} holds both {found[path.stem].name} and {path.name}; wanted one file "
                "per image, so remove one of them."
            )
        found[path.stem] = path
    return dict(sorted(found.items()))


def read_rgb(path: Path) -> Image:
    """Decode an image file into (H, W, 3) uint8 RGB, in the stored orientation."""
    # Orientation tags are ignored, as the masks drawn on the stored pixels have none.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    data = np.frombuffer(_bytes_of(path), dtype=np.uint8)
    decoded = cv2.imdecode(data, flags) if data.size else None
    if decoded is None:
        raise broken(path)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def read_raw_mask(path: Path) -> npt.NDArray[Any]:
    """Decode a mask file: (H, W) ids of a grey or palette file, or (H, W, 3) colours."""
    try:
        with PillowImage.open(path) as file:
            if file.mode in {"RGBA", "CMYK", "LA", "YCbCr"}:
                return np.asarray(file.convert("L" if file.mode == "LA" else "RGB"))
            return np.asarray(file)
    except FileNotFoundError:
        raise DatasetError(f"The mask {path} is not there any more; put it back.") from None
    except (OSError, SyntaxError, ValueError):
        raise broken(path) from None


def header_size(path: Path) -> tuple[int, int]:
    """Return (H, W) from an image file's header."""
    try:
        with PillowImage.open(path) as file:
            return file.height, file.width
    except FileNotFoundError:
        raise DatasetError(f"The image {path} is not there any more; put it back.") from None
    except (OSError, SyntaxError, ValueError):
        raise broken(path) from None


def broken(path: Path) -> DatasetError:
    """Return the error for a file that cannot be decoded."""
    return DatasetError(
        f"The file {path} cannot be decoded as an image ({_length(path)}); wanted a whole "
        "PNG, JPEG or WebP: fetch it again or remove it together with its partner."
    )


def _length(path: Path) -> str:
    return f"{path.stat().st_size} bytes" if path.exists() else "it is gone"


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DatasetError(f"The image {path} is not there any more; put it back.") from None
    except OSError as error:
        raise DatasetError(f"The image {path} cannot be read: {error.strerror}.") from None


class FileDataset(SegmentationDataset):
    """A dataset whose images and masks are one file each, paired by name.

    A subclass sets ``card``, and returns the files of a split and the raw ids of masks.
    """

    root: Path

    def __init__(self, root: Path, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        super().__init__(root, cache_bytes)
        self._listed: dict[str, tuple[dict[str, Path], dict[str, Path]]] = {}
        self._sizes: dict[tuple[str, str], tuple[int, int]] = {}

    @abstractmethod
    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return a split's image files and mask files, each by key."""

    def raw_ids(self) -> dict[int, int]:
        """Return raw id ► training id (``IGNORE`` for void); by default in the card's order."""
        return {**{i: i for i in range(self.card.n_classes)}, self.card.void_id: IGNORE}

    @cached_property
    def _lookup(self) -> npt.NDArray[np.uint8]:
        table = np.full(256, _UNKNOWN, dtype=np.uint8)
        for raw, train in self.raw_ids().items():
            table[raw] = train
        return table

    def files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return a split's image files and mask files by key, listed once."""
        if split not in self._listed:
            if split not in self.splits:
                raise self.no_split(split)
            images, masks = self.list_files(split)
            if not images:
                raise DatasetError(
                    f"The split {split!r} of {self.card.name} in {self.root} holds no images; "
                    "wanted PNG, JPEG or WebP files, laid out as data/README.md#"
                    f"{self.section} shows."
                )
            self._listed[split] = images, masks
        return self._listed[split]

    def keys(self, split: str) -> list[str]:
        """Return the keys of a split: file names without ending, sorted."""
        return list(self.files(split)[0])

    def read_image(self, split: str, key: str) -> Image:
        """Decode an image file."""
        return read_rgb(self.image_path(split, key))

    def image_path(self, split: str, key: str) -> Path:
        """Return the file of an image."""
        images = self.files(split)[0]
        if key not in images:
            raise DatasetError(f"There is no image {key!r} in the split {split!r} of {self.root}.")
        return images[key]

    def mask_path(self, split: str, key: str) -> Path:
        """Return the file of an image's mask.

        Raises:
            DatasetError: if the image has none.
        """
        masks = self.files(split)[1]
        if key not in masks:
            raise DatasetError(
                f"The image {self.image_path(split, key)} has no mask; wanted {key}.png in "
                f"{self.mask_folder(split)}: add the mask or remove the image."
            )
        return masks[key]

    @abstractmethod
    def mask_folder(self, split: str) -> Path:
        """Return the folder in which a split's masks lie."""

    def size(self, split: str, key: str) -> tuple[int, int]:
        """Return (H, W) from the image file's header."""
        if (split, key) not in self._sizes:
            self._sizes[split, key] = header_size(self.image_path(split, key))
        return self._sizes[split, key]

    def read_mask(self, split: str, key: str) -> Mask:
        """Decode a mask file into training ids, checked against its image and the card."""
        path = self.mask_path(split, key)
        raw = self.decode_mask(read_raw_mask(path), path)
        wanted = self.size(split, key)
        if raw.shape != wanted:
            raise DatasetError(
                f"The mask {path} is {raw.shape[0]}×{raw.shape[1]} (height×width) and its image "
                f"{self.image_path(split, key)} is {wanted[0]}×{wanted[1]}; wanted the same size."
            )
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
                    f"{masks[spare[0]].name} first; they are not read."
                )
        return found

    def decode_mask(self, raw: npt.NDArray[Any], path: Path) -> npt.NDArray[np.uint8]:
        """Return (H, W) raw ids from a mask file's content."""
        if raw.ndim != 2:
            raise DatasetError(
                f"The mask {path} holds colours; wanted one class id per pixel (grey or palette)."
            )
        if raw.dtype != np.uint8:
            if raw.size and (raw.max() > 255 or raw.min() < 0):
                raise DatasetError(
                    f"The mask {path} holds ids from {raw.min()} to {raw.max()}; wanted 0 to 255."
                )
            raw = raw.astype(np.uint8)
        return raw

    def _unknown_id(
        self, path: Path, raw: npt.NDArray[np.uint8], where: npt.NDArray[np.bool_]
    ) -> DatasetError:
        y, x = (int(v) for v in np.argwhere(where)[0])
        ids = sorted(self.raw_ids())
        return DatasetError(
            f"The mask {path} holds the label id {int(raw[y, x])} (first at row {y}, column {x}; "
            f"{int(where.sum())} such pixels), which the card of {self.card.name} does not have; "
            f"wanted one of {', '.join(map(str, ids))}: mend the mask, or the card."
        )
