"""Locks of the operating system, which releases them when the process that holds them ends.

A killed run leaves no lock behind, so nothing depends on the age of a heartbeat. A record of the
holder is written beside the lock, for the error that a second process gets.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from workbench.errors import StoreLockedError
from workbench.store import files, schema

_PATIENCE = 1.0
"""Seconds before a lock counts as held: a reader's check holds it for some microseconds."""


class Lock:
    """An exclusive lock on a part of the store.

    Args:
        path: the lock's file, e.g. ``…/run.lock``.
        what: the part in words, e.g. ``"run demo-1234/entropy-s0"``.
    """

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self.what = what
        self._lock = FileLock(str(path), thread_local=False)

    def acquire(self, waiting: Callable[[str], None] | None = None) -> None:
        """Take the lock.

        Args:
            waiting: if given, wait until the lock is free and call this about twice per second with
                a sentence that names the holder; it may raise to stop waiting. If not given, a lock
                that is held is an error.

        Raises:
            StoreLockedError: if another process holds it and ``waiting`` was not given.
        """
        files.make_folder(self.path.parent)
        if is_no_lock(self.path):
            raise schema.damaged(self.path, "is no file that can be locked")
        with files.disk_errors(self.path):
            while True:
                try:
                    self._lock.acquire(timeout=_PATIENCE, poll_interval=0.05)
                    break
                except Timeout:
                    sentence = f"{self.what} is in use by {_holder(self.path)}"
                    if waiting is None:
                        raise StoreLockedError(
                            f"{sentence}; wait until it ends or stop it, then try again."
                        ) from None
                    waiting(f"{sentence}; waiting for it.")
        try:
            files.write_bytes(
                _beside(self.path),
                json.dumps({"pid": os.getpid(), "host": _host(), "since": time.time()}).encode(),
                durable=False,
            )
        except BaseException:
            self._lock.release()
            raise

    def release(self) -> None:
        """Release the lock; do nothing if it is not held."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                _beside(self.path).unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def is_no_lock(path: Path) -> bool:
    """Whether something lies at a lock's path that no process can have locked, e.g. a folder."""
    return files.is_there(path) and not path.is_file()


def is_held(path: Path) -> bool:
    """Whether a process holds a lock; creates and changes no file.

    Args:
        path: the lock's file.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows: read the record of the holder
        return _beside(path).exists()
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO is not waited for
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def holder_pid(path: Path) -> int | None:
    """Return the id of the process that holds a lock; ``None`` if it is free or not recorded."""
    pid = _record(path).get("pid") if is_held(path) else None
    return int(pid) if pid is not None else None


def _beside(path: Path) -> Path:
    return path.with_suffix(".holder.json")


def _record(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(_beside(path).read_bytes())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _holder(path: Path) -> str:
    values = _record(path)
    if "pid" not in values:
        return "another process"
    elsewhere = f" on {values['host']}" if values.get("host") != _host() else ""
    return f"process {values['pid']}{elsewhere}"


def _host() -> str:
    return os.uname().nodename if hasattr(os, "uname") else "this machine"
