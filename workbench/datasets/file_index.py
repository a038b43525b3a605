"""What the heads and ends of files said, kept so that unchanged files need not be opened again.

To open 80,000 files takes up to minutes, to ask for their sizes and times seconds. An entry counts
for a file of the same name, size, inode and times, that of its content and that of its inode.
"""

from __future__ import annotations

import io
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from workbench.datasets.tree import TAIL_BYTES, FileFacts, Header
from workbench.reading import open_regular

SETTLED_NS = 2 * 10**9
"""A file that changed within this time before it was looked at is looked at again: the clocks of
file systems tick so slowly that it may change once more without a sign."""

_VERSION = 1
_ENTRY = np.dtype(
    [
        ("size", "<i8"),
        ("changed", "<i8"),
        ("status", "<i8"),
        ("inode", "<u8"),
        ("height", "<i4"),
        ("width", "<i4"),  # 0 × 0: there is no header
        ("coloured", "?"),
        ("tail", f"V{TAIL_BYTES}"),
    ]
)


@dataclass
class FileIndex:
    """What is known of the files below one folder, by their paths from there.

    Attributes:
        root: the folder.
        grown: whether something was added since it was read.
    """

    root: Path
    grown: bool = False
    _entries: dict[str, Any] = field(default_factory=dict)
    _prefix: int = 0

    def __post_init__(self) -> None:
        self._prefix = len(str(self.root)) + 1

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, path: Path, about: os.stat_result) -> tuple[FileFacts, Header | None] | None:
        """Return facts and header of a file, or ``None`` if it is new or has changed.

        Args:
            path: the file, below the root.
            about: its size, times and inode now.
        """
        entry = self._entries.get(str(path)[self._prefix :])
        if entry is None or entry[:4] != _stamp(about):
            return None
        height, width, coloured, tail = entry[4:]
        identity = about.st_dev, about.st_ino
        facts = FileFacts(path, about.st_size, tail, identity, about.st_mtime_ns)
        return facts, Header((height, width), coloured) if height else None

    def add(self, facts: FileFacts, header: Header | None, about: os.stat_result) -> None:
        """Add what a file was found to be, unless it changed just now.

        Args:
            facts: what it is.
            header: what its header says, if it has one.
            about: size, times and inode when it was opened.
        """
        if max(about.st_mtime_ns, about.st_ctime_ns) > time.time_ns() - SETTLED_NS:
            return
        size, coloured = header or ((0, 0), False)
        name = str(facts.path)[self._prefix :]
        self._entries[name] = (*_stamp(about), *size, coloured, facts.tail)
        self.grown = True

    def to_bytes(self) -> bytes:
        """Return the index as the content of a file."""
        rows = [
            (*entry[:-1], entry[-1].ljust(TAIL_BYTES, b"\0")) for entry in self._entries.values()
        ]
        names = b"\0".join(os.fsencode(name) for name in self._entries)
        out = io.BytesIO()
        np.savez(
            out,
            version=_VERSION,
            names=np.frombuffer(names, dtype=np.uint8),
            table=np.array(rows, dtype=_ENTRY),
        )
        return out.getvalue()

    @classmethod
    def read(cls, file: Path, root: Path) -> FileIndex:
        """Read an index; one that is not there, damaged or of another version is empty.

        Args:
            file: its file.
            root: the folder whose files it is about.
        """
        try:
            with open_regular(file) as stream, np.load(stream, allow_pickle=False) as stored:
                if int(stored["version"]) != _VERSION:
                    return cls(root)
                names = [os.fsdecode(name) for name in stored["names"].tobytes().split(b"\0")]
                rows = stored["table"].astype(_ENTRY, casting="no").tolist()
            entries = dict(zip(names, map(_entry, rows), strict=True)) if rows else {}
        except Exception:  # whatever is wrong with it, the files that it is about are there
            return cls(root)
        return cls(root, _entries=entries)


def _entry(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row of the table with an end as long as the file's."""
    *rest, tail = row
    return *rest, bytes(tail)[: min(TAIL_BYTES, rest[0])]


def _stamp(about: os.stat_result) -> tuple[int, int, int, int]:
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino
