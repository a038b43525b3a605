"""The append-only log of a run: one JSON object per line, numbered from 1.

A process that is killed while it writes leaves an incomplete last line: readers skip it, the next
writer removes it.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from workbench.store import files
from workbench.store.schema import SCHEMA_VERSION, plain


class EventLog:
    """Appends events to a log; the caller holds the run's lock.

    Args:
        path: the log's file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = _repair(path)

    def append(self, event: dict[str, Any]) -> None:
        """Write an event with its number ``n`` and its ``time`` (seconds since 1970, UTC).

        Raises:
            StoreError: if writing fails; the incomplete line is removed.
        """
        head = {"schema": SCHEMA_VERSION, "n": self._count + 1, "time": round(time.time(), 3)}
        values = plain({**head, **event, **head})
        line = json.dumps(values, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        with files.disk_errors(self._path):
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                size = os.fstat(handle).st_size
                try:
                    _write_all(handle, line)
                except OSError:
                    os.ftruncate(handle, size)
                    raise
            finally:
                os.close(handle)
        self._count += 1


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def read_events(path: Path, after: int = 0) -> list[dict[str, Any]]:
    """Read the whole events of a log.

    Args:
        path: the log's file.
        after: number of the last event that was read before.

    Returns:
        The events with ``n > after``; none if there is no log.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    lines = data.split(b"\n")[:-1]  # what follows the last line end is incomplete or empty
    return [_decode(line, number) for number, line in enumerate(lines, 1) if number > after]


def _decode(line: bytes, number: int) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError:
        values = None
    # a line that a broken disk damaged still counts, so that numbers never shift
    return values if isinstance(values, dict) else {"n": number, "event": "unreadable"}


def _repair(path: Path) -> int:
    """Remove an incomplete last line and return the number of complete lines."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return 0
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with files.disk_errors(path):
            os.truncate(path, whole)
    return data.count(b"\n")
