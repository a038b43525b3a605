"""Decodes images and masks of a bounded size from the bytes of their files."""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from workbench.datasets.base import Image
from workbench.datasets.tree import Header
from workbench.errors import DatasetError, shown

MOST_PIXELS = 2**27
"""Most pixels of an image: 11,585 × 11,585, which take 400 MB as RGB."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
"""What the headers are read as, so that no other decoder runs (one starts a PostScript engine)."""

_PNG = b"\x89PNG\r\n\x1a\n"

_ONE_NUMBER = frozenset({"1", "L", "LA", "P", "PA", "I", "I;16", "I;16B", "F"})
"""The modes of files with one number a pixel, whatever colours a palette gives them."""

# The bound is MOST_PIXELS, for both decoders; Pillow's own is lower in a warning, higher in force.
PillowImage.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", module=r"PIL\.")  # what is wrong with a file is one sentence
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def read_rgb(data: bytes, path: Path, size: tuple[int, int] | None = None) -> Image:
    """Decode an image file into (H, W, 3) uint8 RGB, in the stored orientation.

    Args:
        data: the bytes of the file.
        path: the file, for messages.
        size: (H, W) from its header, where that was read before.

    Raises:
        DatasetError: if it cannot be decoded or has too many pixels.
    """
    wanted = size or header_size(io.BytesIO(data), path)
    # Orientation tags are ignored, as the masks drawn on the stored pixels have none.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        decoded = None if _cut(data) else cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flags)
    except (cv2.error, MemoryError):
        decoded = None
    if decoded is None or decoded.shape[:2] != wanted:
        if size is not None and header_size(io.BytesIO(data), path) != size:
            raise DatasetError(
                f"The image {shown(path)} was of another size when the dataset was opened; leave "
                "the files as they are while they are read."
            )
        raise broken(path, len(data))
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def read_raw_mask(data: bytes, path: Path) -> npt.NDArray[Any]:
    """Decode a mask file: (H, W) ids of a grey or palette file, or (H, W, 3) colours.

    Raises:
        DatasetError: as :func:`read_rgb`.
    """
    with _opened(io.BytesIO(data), path) as file:
        if file.mode in {"LA", "PA"}:
            return np.asarray(file)[..., 0]
        if len(file.getbands()) > 1 and file.mode != "RGB":
            return np.asarray(file.convert("RGB"))
        return np.asarray(file)


def header_of(file: BinaryIO, path: Path) -> Header:
    """Read an image file's header.

    Raises:
        DatasetError: if there is no such header, or it has no pixels or too many.
    """
    with _opened(file, path) as image:
        return Header((image.height, image.width), image.mode not in _ONE_NUMBER)


def header_size(file: BinaryIO, path: Path) -> tuple[int, int]:
    """Return (H, W) from an image file's header; raises as :func:`header_of` does."""
    return header_of(file, path).size


@contextmanager
def _opened(file: BinaryIO, path: Path) -> Iterator[PillowImage.Image]:
    try:
        with PillowImage.open(file, formats=_FORMATS) as image:
            if not 0 < image.width * image.height <= MOST_PIXELS:
                raise DatasetError(
                    f"The image {shown(path)} has {image.height:,} × {image.width:,} pixels; "
                    f"wanted 1 to {MOST_PIXELS:,}: cut it into smaller ones."
                )
            yield image
    except DatasetError:
        raise
    except Exception:  # a decoder raises anything at bytes that are not what they seem
        raise broken(path, file.seek(0, io.SEEK_END)) from None


def broken(path: Path, size: int) -> DatasetError:
    """Return the error for a file of some bytes that cannot be decoded."""
    return DatasetError(
        f"The file {shown(path, 100)} cannot be decoded as an image ({size:,} bytes); wanted a "
        "whole "
        "PNG, JPEG, WebP, BMP or TIFF: fetch it again or remove it together with its partner."
    )


def _cut(data: bytes) -> bool:
    """Return whether a PNG is not whole, of which its decoder would write to stderr itself."""
    if not data.startswith(_PNG):
        return False
    view, at = memoryview(data), len(_PNG)
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(view[at : at + 4], "big")
        kind = bytes(view[at + 4 : at + 8])
        if zlib.crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            return True
        if kind == b"IEND":
            return False
        at = end + 4
    return True
