"""Reads the files of one folder, and nothing else: regular files inside it, of a bounded size."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

from workbench.errors import DatasetError, quoted, shown
from workbench.reading import open_regular

MOST_BYTES = 2**30
"""Most bytes of a file that is read: an image of the most pixels, at six bytes a pixel, fits."""

TAIL_BYTES = 64
"""A PNG ends with a check sum over all its pixels; other formats with their last pixels."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


@dataclass(frozen=True)
class FileFacts:
    """What a file of a dataset is, as far as that is known without reading it whole.

    Attributes:
        path: the file.
        size: its bytes.
        tail: the last of them; in a PNG they hold a check sum over all its pixels.
        identity: the same for all names of one file on this machine; what is no file of its own has
            a negative one.
        changed: when its content was last changed, nanoseconds.
    """

    path: Path
    size: int
    tail: bytes
    identity: tuple[int, int]
    changed: int


class Header(NamedTuple):
    """What the header of an image file tells.

    Attributes:
        size: (H, W).
        coloured: whether a pixel has several numbers; grey and palette files have one.
    """

    size: tuple[int, int]
    coloured: bool


class FileTree:
    """The regular files inside one folder.

    A link counts as what it leads to, which must lie inside the folder too; the folder itself may
    be reached by links. Pipes, devices and sockets are refused without being opened.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def _real(self) -> str:
        return os.path.realpath(self.root)

    def holds(self, folder: Path) -> bool:
        """Return whether there is a folder of this name.

        Raises:
            DatasetError: if it is a link to a place outside.
        """
        if not folder.is_dir():
            return False
        self._inside(folder)
        return True

    def folders(self, folder: Path) -> list[str]:
        """Return the names of the folders in a folder, sorted.

        Raises:
            DatasetError: if it cannot be read, or one of them lies outside.
        """
        return sorted(
            entry.name
            for entry in _scanned(folder)
            if not entry.name.startswith(".") and self.holds(folder / _named(entry))
        )

    def files(self, folder: Path, suffixes: frozenset[str]) -> dict[str, Path]:
        """Return the files of a folder by name without ending, sorted; hidden ones are left out.

        Args:
            folder: a folder inside the root.
            suffixes: the endings that count, in lower case.

        Raises:
            DatasetError: if the folder cannot be read, one of them is no regular file inside the
                root, two differ only in the ending or in how letters are composed, or a name holds
                characters that cannot be shown.
        """
        self._inside(folder)
        wanted = [
            entry
            for entry in _scanned(folder)
            if not entry.name.startswith(".")
            and os.path.splitext(entry.name)[1].lower() in suffixes  # noqa: PTH122 - see below
        ]
        found: dict[str, tuple[str, Path]] = {}
        for entry in sorted(wanted, key=lambda entry: entry.name):
            path = folder / _named(
                entry
            )  # the one path that is made: it takes longer than all else
            if not entry.is_file(follow_symlinks=False):
                self._require_regular(path)
            stem = os.path.splitext(entry.name)[0]  # noqa: PTH122
            key = unicodedata.normalize("NFC", stem)
            if key in found:
                raise DatasetError(
                    f"{shown(folder)} holds both {shown(found[key][1].name, 50)} and "
                    f"{shown(path.name, 50)}; wanted one file per image, so remove one of them."
                )
            found[key] = stem, path
        return dict(sorted(found.values()))

    @contextmanager
    def open(self, path: Path) -> Iterator[BinaryIO]:
        """Open a file for reading.

        Raises:
            DatasetError: if it is gone, cannot be read, is no regular file inside the root or is
                larger than ``MOST_BYTES``.
        """
        try:
            self._require_regular(path)
            file = open_regular(path)
        except FileNotFoundError:
            raise DatasetError(
                f"The file {shown(path)} is not there any more; put it back."
            ) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DatasetError(
                f"The file {shown(path)} cannot be read ({reason}); mend it or remove it."
            ) from None
        with file:
            size = os.fstat(file.fileno()).st_size
            if size > MOST_BYTES:
                raise DatasetError(
                    f"The file {shown(path)} has {size:,} bytes; wanted at most {MOST_BYTES:,}: "
                    "cut it into smaller images."
                )
            yield file

    def content(self, path: Path) -> bytes:
        """Return the bytes of a file; raises as :meth:`open` does."""
        with self.open(path) as file:
            return file.read()

    def about(self, path: Path) -> os.stat_result | None:
        """Return size, times and inode of a regular file inside the root.

        Returns:
            ``None`` for what cannot be looked at; :meth:`open` says why.

        Raises:
            DatasetError: if it is no regular file inside the root.
        """
        try:
            return self._require_regular(path)
        except (OSError, ValueError):
            return None

    def _require_regular(self, path: Path) -> os.stat_result:
        """Refuse what is no regular file inside the root; its folder was checked when listed."""
        about = os.lstat(path)
        if stat.S_ISLNK(about.st_mode):
            self._inside(path)
            about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise _irregular(path, about.st_mode)
        return about

    def _inside(self, path: Path) -> None:
        """Refuse a path that leads outside the root, or nowhere."""
        try:
            real = os.path.realpath(path, strict=True)
        except OSError as error:
            raise DatasetError(
                f"{shown(path)} leads nowhere ({error.strerror}); put back what it is a link to, "
                "or remove it."
            ) from None
        if real != self._real and not real.startswith(self._real.rstrip(os.sep) + os.sep):
            raise DatasetError(
                f"{shown(path, 80)} leads out of the dataset's folder {shown(self.root, 60)}; "
                "wanted "
                "regular files inside it: copy them there, or name the folder that holds all of "
                "them."
            )


def facts_of(path: Path, file: BinaryIO) -> FileFacts:
    """Return the facts of a file that is open."""
    found = os.fstat(file.fileno())
    tail = os.pread(file.fileno(), TAIL_BYTES, max(0, found.st_size - TAIL_BYTES))
    identity = found.st_dev, found.st_ino
    return FileFacts(path, found.st_size, tail, identity, found.st_mtime_ns)


def _scanned(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise DatasetError(
            f"The folder {shown(folder)} cannot be read ({error.strerror}); mend its rights or put "
            "it back."
        ) from None


def _named(entry: os.DirEntry[str]) -> str:
    """Return the name of an entry, which becomes an image id or the name of a split."""
    if not entry.name.isprintable():
        raise DatasetError(
            f"The name {quoted(entry.name)} in {shown(Path(entry.path).parent)} holds "
            "characters that cannot be shown or are not UTF-8; rename the file."
        )
    return entry.name


def _irregular(path: Path, mode: int) -> DatasetError:
    kind = _KINDS.get(stat.S_IFMT(mode), "no file")
    return DatasetError(
        f"{shown(path)} is {kind}; wanted a regular file: put the image there or remove it."
    )
