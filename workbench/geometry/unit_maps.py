"""Unit maps that follow the content of images: computed once, stored compressed, read one by one.

They are an npz archive: a map for each image under its number, unless the image's units are all
rectangles, and ``digests``, the digests of the images that the units were made of.
"""

from __future__ import annotations

import io
import zipfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.datasets.cache import ArrayCache
from workbench.errors import DatasetError, StoreError
from workbench.units.base import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_BYTES = 512 * 1024**2
"""Most bytes of a pool's unit maps in memory: CamVid's 367 training maps of 360×480 are 253 MB."""

_DIGESTS = "digests"


class UnitMaps:
    """Unit maps by image number.

    Args:
        archive: a file, or the archive in memory that :class:`Packing` made.
    """

    def __init__(self, archive: Path | io.BytesIO) -> None:
        self._archive = archive
        self._cache = ArrayCache(CACHE_BYTES)

    def __getitem__(self, number: int) -> npt.NDArray[np.int32]:
        """Return an image's unit map, (H, W) int32, read-only.

        Raises:
            StoreError: if the file is gone or damaged.
        """
        unit_map: npt.NDArray[np.int32] = self._cache.get(
            number, lambda: self._read(str(number)).astype(np.int32)
        )
        return unit_map

    def check(self, number: int, name: str, image: npt.NDArray[Any]) -> None:
        """Check that an image is the one that its map was made of.

        Raises:
            DatasetError: if it is another image; the error names it.
            StoreError: if the file is gone or damaged.
        """
        if self._digests[number] != digest_of(image):
            raise DatasetError(
                f"The image {name} is not the one that the experiment was begun with, and its "
                "units follow the content of that one; restore it, or choose another --store."
            )

    def content(self) -> bytes:
        """Return the bytes of the whole archive, for the store."""
        if isinstance(self._archive, Path):
            return self._archive.read_bytes()
        return self._archive.getvalue()

    @cached_property
    def _digests(self) -> list[str]:
        return [str(digest) for digest in self._read(_DIGESTS)]

    @cached_property
    def _opened(self) -> Mapping[str, npt.NDArray[Any]]:
        opened: Mapping[str, npt.NDArray[Any]] = np.load(self._archive, allow_pickle=False)
        return opened

    def _read(self, name: str) -> npt.NDArray[Any]:
        try:
            return self._opened[name]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise StoreError(
                f"{self._archive} cannot be read ({error}); run `workbench repair` with this "
                "--store, which sets it aside."
            ) from error


class Packing:
    """Packs unit maps image by image, compressed, so that those of a large pool fit into memory."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._archive = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        self._digests: list[str] = []

    def add(self, image: npt.NDArray[Any], unit_map: npt.NDArray[np.int32] | None) -> None:
        """Add the next image with its map; ``None`` if all its units are rectangles."""
        if unit_map is not None:
            narrow = np.int16 if unit_map.max() <= np.iinfo(np.int16).max else np.int32
            self._write(str(len(self._digests)), unit_map.astype(narrow))
        self._digests.append(digest_of(image))

    def finish(self) -> UnitMaps:
        """Return the maps; call it once, after the last :meth:`add`."""
        self._write(_DIGESTS, np.array(self._digests, dtype=np.str_))
        self._archive.close()
        self._buffer.seek(0)
        return UnitMaps(self._buffer)

    def _write(self, name: str, values: npt.NDArray[Any]) -> None:
        with self._archive.open(f"{name}.npy", "w") as member:
            np.lib.format.write_array(member, values, allow_pickle=False)
