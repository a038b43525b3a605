"""Opens files that a person or a stranger named: regular ones, and never waits for another kind."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


def resolved(path: Path) -> Path:
    """Return an absolute path with its links followed; links in a circle stay as they are.

    ``Path.resolve`` raises for those, and what is done with the path then refuses it in a sentence.
    """
    return Path(os.path.realpath(path))


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading without ever waiting for a FIFO or a device.

    Raises:
        OSError: if it is no regular file, or cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no regular file")
    return os.fdopen(handle, "rb")


def read_bytes(path: Path, most: int) -> bytes:
    """Return the content of a regular file without ever waiting for a FIFO or a device.

    Args:
        path: the file.
        most: the largest size that is read, in bytes.

    Raises:
        OSError: if it is no regular file, larger than that, or cannot be read.
    """
    with open_regular(path) as stream:
        if (size := os.fstat(stream.fileno()).st_size) > most:
            raise OSError(errno.EFBIG, f"it has {size} bytes")
        return stream.read(most)
