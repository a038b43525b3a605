"""The files of a published folder, compared with its manifest before they are read.

First the size, then the SHA-256, once per process for each file in the state that it has on disk:
pages that are drawn again and choices that are made again pay for a look at the file, no more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from workbench.errors import StoreError
from workbench.store import files, schema
from workbench.store.fields import FileFacts

_REMEMBERED = 100_000
"""Files whose digests are not worked out again; one takes about 300 bytes."""


class SealedFolder:
    """Gives the paths of files that are what a manifest says.

    Args:
        folder: the folder.
        listed: its files: path relative to the folder ► size and SHA-256.
        manifest: the file of the manifest, for errors.
    """

    def __init__(self, folder: Path, listed: Mapping[str, FileFacts], manifest: Path) -> None:
        self.folder = folder
        self._listed = listed
        self._manifest = manifest

    def path(self, name: str) -> Path:
        """Return a file whose content has the listed digest.

        Args:
            name: its path relative to the folder.

        Raises:
            StoreError: if it is not listed, gone, damaged, or cannot be read.
        """
        facts = self._facts(name)
        _compare(self.folder / name, facts)
        return self.folder / name

    def holds(self, name: str) -> bool:
        """Whether a file is listed."""
        return name in self._listed

    def check_sizes(self, prefix: str) -> None:
        """Compare the sizes of all listed files whose path starts so, without reading them.

        Raises:
            StoreError: if one is gone or has another size.
        """
        for name, facts in self._listed.items():
            if name.startswith(prefix):
                path = self.folder / name
                size = _stamp(path)[0]
                if size != facts.size:
                    raise schema.damaged(path, f"has {size} bytes, its record says {facts.size}")

    def _facts(self, name: str) -> FileFacts:
        facts = self._listed.get(name)
        if facts is None:
            raise schema.damaged(self._manifest, f"does not list the file {name:.80}")
        return facts


_SEEN: OrderedDict[tuple[Path, tuple[int, int, int], str], None] = OrderedDict()
_LOCK = threading.Lock()


def _compare(path: Path, facts: FileFacts) -> None:
    key = (path, _stamp(path), facts.sha256)
    with _LOCK:
        if key in _SEEN:
            _SEEN.move_to_end(key)
            return
    try:
        found = files.digest_of(path, facts.size)
    except OSError as error:
        raise _unreadable(path, error) from error
    if found != facts.sha256:
        raise schema.damaged(path, "has other content than its digest says")
    with _LOCK:
        _SEEN[key] = None
        if len(_SEEN) > _REMEMBERED:
            _SEEN.popitem(last=False)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        return files.stamp(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> StoreError:
    if isinstance(error, FileNotFoundError):
        return schema.damaged(path, "is gone")
    if isinstance(error, PermissionError):
        return schema.forbidden(path)
    return schema.damaged(path, f"cannot be read ({error.strerror})")
