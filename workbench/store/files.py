"""Atomic writing: every file is written aside and then renamed, so no reader reads half a file.

Every byte of the store is written by this module, except the chunks that zarr writes into folders
that are not published yet. A full disk, a quota and a size limit are reported in one sentence.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.errors import StoreError
from workbench.errors import shown as shown  # noqa: PLC0414 - the store reads through this module
from workbench.reading import open_regular as open_regular  # noqa: PLC0414
from workbench.reading import read_bytes as read_bytes  # noqa: PLC0414

ASIDE = ".aside-"
"""Start of the name of everything that is not published yet; readers never open it."""

_UNIQUE = "-[0-9a-f]{12}"
STORE_OPTION = "--store"
_IMPOSSIBLE = {
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, errno.EILSEQ),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def aside(path: Path) -> Path:
    """Return a new name in the folder of ``path``, to write its content under."""
    return path.with_name(f"{ASIDE}{path.name}-{uuid.uuid4().hex[:12]}")


def digest_of(path: Path, size: int) -> str:
    """Return the SHA-256 of a regular file's content, which stays out of memory.

    Args:
        path: the file.
        size: the size it should have, in bytes; one of another size is not read.

    Raises:
        OSError: if it is no regular file, has another size, or cannot be read.
    """
    with open_regular(path) as stream:
        if (found := os.fstat(stream.fileno()).st_size) != size:
            raise OSError(errno.EINVAL, f"it has {found} bytes, its record says {size}")
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_there(path: Path) -> bool:
    """Whether something has this name, readable or not; a name that cannot exist does not."""
    try:
        path.lstat()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def is_folder(path: Path) -> bool:
    """Whether there is a folder of this name; a name that cannot exist is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def entries(folder: Path) -> list[Path]:
    """Return what lies in a folder, by name; nothing if it is no folder or cannot be listed."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def stamp(path: Path) -> tuple[int, int, int]:
    """Return size, time of the last change and inode: a file with the same is not read again."""
    about = path.stat()
    return about.st_size, about.st_mtime_ns, about.st_ino


def write_bytes(
    path: Path, data: bytes, *, durable: bool = True, option: str = STORE_OPTION
) -> None:
    """Replace a file's content in one step.

    Args:
        path: the file; its folder exists.
        data: the new content.
        durable: whether to sync the file and its folder, so that they survive a power cut.
        option: the option that chose the place, for the error's advice.

    Raises:
        StoreError: if writing fails; the old content stays.
    """
    temporary = aside(path)
    with disk_errors(path, option):
        try:
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.flush()
                if durable:
                    os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durable:
            sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Sync a folder, so that the names in it survive a power cut."""
    if os.name == "nt":  # pragma: no cover - Windows cannot open folders
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        # some network file systems cannot sync a folder; the rename itself still is atomic
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def seal_tree(path: Path) -> dict[str, dict[str, Any]]:
    """Sync every file below a folder, so that it survives a power cut.

    Returns:
        path relative to the folder ► ``size`` in bytes and ``sha256`` of each file, by path.
    """
    found = {}
    with disk_errors(path):
        for folder, _, names in os.walk(path):
            for name in names:
                file = Path(folder) / name
                found[file.relative_to(path).as_posix()] = sealed(file)
            sync_folder(Path(folder))
    return dict(sorted(found.items()))


def sealed(file: Path) -> dict[str, Any]:
    """Sync one file, so that it survives a power cut; return ``size`` in bytes and ``sha256``."""
    with disk_errors(file):
        handle = os.open(file, os.O_RDONLY)
        with os.fdopen(handle, "rb") as stream:
            os.fsync(handle)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return {"size": stream.tell(), "sha256": digest}


def make_folder(path: Path, option: str = STORE_OPTION) -> None:
    """Make a folder and its parents.

    Raises:
        StoreError: if the folder cannot be made.
    """
    with disk_errors(path, option):
        path.mkdir(parents=True, exist_ok=True)


def remove_asides(folder: Path, of: str | None = None) -> int:
    """Remove what killed writers left in a folder, and return the number of entries removed.

    Only the holder of the lock may call this: then nothing that is aside has a writer.

    Args:
        folder: the folder.
        of: remove only what was written aside for the file or folder of this name; left out:
            everything.
    """
    pattern = re.compile(re.escape(ASIDE) + (".*" if of is None else re.escape(of)) + _UNIQUE)
    entries = list(folder.iterdir()) if folder.is_dir() else []
    leftovers = [entry for entry in entries if pattern.fullmatch(entry.name)]
    for entry in leftovers:
        remove(entry)
    return len(leftovers)


def remove(path: Path) -> None:
    """Remove a file, or a folder with its content; do nothing if it does not exist."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """Make a folder that is removed at the end, but stays after an error or a kill."""
    make_folder(path)
    yield path
    remove(path)


@contextlib.contextmanager
def disk_errors(path: Path, option: str = STORE_OPTION) -> Iterator[None]:
    """Raise the operating system's errors as a StoreError: one sentence with what to do."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        number, text = getattr(error, "errno", None), getattr(error, "strerror", None)
        raise StoreError(_sentence(path, number, text or str(error), option)) from error


def disk_error(path: Path, error: BaseException) -> StoreError:
    """Return the StoreError for an error of a library that writes for the store.

    Libraries in other languages (safetensors) put the system's error number into their text only.
    """
    if isinstance(error, StoreError):
        return error
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (found := re.search(r"(?:os error|code:) (\d+)", str(error))):
        number = int(found.group(1))
    return StoreError(_sentence(path, number, str(error)))


def _sentence(path: Path, number: int | None, text: str, option: str = STORE_OPTION) -> str:
    name = shown(path)
    if number in _FULL:
        stays = ": finished cycles stay" if option == STORE_OPTION else ""
        return (
            f"There is no room to write {name} ({os.strerror(number)}); free disk space or choose "
            f"another {option}, then run the same command again{stays}."
        )
    if number in {errno.EACCES, errno.EPERM, errno.EROFS}:
        why = os.strerror(number)
        return f"{name} may not be written ({why}); choose a {option} you may write to."
    what = shown(text)
    if number in _IMPOSSIBLE:
        return f"{name} cannot be written ({what}); choose another {option}."
    return f"{name} cannot be written ({what}); check the disk, then run the same command again."
