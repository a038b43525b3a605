"""The version in every record, and the reading of records.

A record is a JSON object with ``schema`` (a whole number), ``kind`` and, last, ``sha256``: the
digest of the bytes before it. For another version reading raises an error with what to do
(``docs/decisions/store-format.md``); every version from 3 on ends its records with the digest.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import StoreError, StoreVersionError
from workbench.store import files

SCHEMA_VERSION = 3
"""Version of the store's format that this package writes."""

REPAIR = "run `workbench repair` with this --store, which sets it aside"
"""The advice for damage inside a store."""

_DIGEST = "sha256"
_SEAL = b',\n "sha256": "%s"\n}\n'
_VERSIONS = 10**6
_LARGEST_BYTES = 256 * 1024**2
"""A larger record is refused unread; one with a million files would have about 130 MB."""


def damaged(path: Path, found: str) -> StoreError:
    """Return the error for a damaged file of a store: its name, what was found, the advice.

    Args:
        path: the file.
        found: the rest of the sentence, e.g. ``"is gone"``.
    """
    return StoreError(f"{files.shown(path)} {found}; {REPAIR}.")


def forbidden(path: Path) -> StoreError:
    """Return the error for a file of a store that may not be read."""
    return StoreError(
        f"{files.shown(path)} may not be read (permission denied); give yourself the right to read "
        "it, or name another --store."
    )


def record(kind: str, **values: Any) -> dict[str, Any]:
    """Return a record of this version.

    Args:
        kind: the kind of record, e.g. ``"cycle"``.
        values: its content, JSON-ready.
    """
    return {"schema": SCHEMA_VERSION, "kind": kind, **values}


def manifest(kind: str, **values: Any) -> dict[str, Any]:
    """Return the record of a folder that is published once and then never changes.

    ``fence`` is reserved: the number of the lease under which the folder was written, for stores
    that several machines write to.

    Args:
        kind: the kind of record.
        values: its content, JSON-ready; publishing adds the list of its files.
    """
    return record(kind, created=time.time(), revision=uuid.uuid4().hex, fence=0, **values)


def plain(value: Any) -> Any:
    """Return a value as JSON types, also of numpy's numbers and arrays; NaN and ∞ become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool | None) else str(value)


def to_bytes(values: dict[str, Any]) -> bytes:
    """Encode a record as UTF-8 JSON that ends with its digest.

    Keys keep their order, since the order of splits counts.
    """
    content = plain({key: value for key, value in values.items() if key != _DIGEST})
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    # half a surrogate pair, e.g. of a file name that is not UTF-8, has no UTF-8 form
    head = text.removesuffix("\n}").encode(errors="backslashreplace")
    return head + _SEAL % hashlib.sha256(head).hexdigest().encode()


def parse(data: bytes, path: Path, kind: str) -> dict[str, Any]:
    """Decode a record and check its digest, version and kind.

    Args:
        data: the file's content.
        path: the file, for error messages.
        kind: the expected kind.

    Raises:
        StoreVersionError: if another version of this package wrote it.
        StoreError: if it is damaged, or not a record of that kind.
    """
    values: dict[str, Any]
    try:
        values = json.loads(data)
        version = values["schema"]
    except (ValueError, RecursionError, TypeError, KeyError):
        version = None
    if type(version) is not int or not 0 < version < _VERSIONS:
        raise damaged(path, "is not a whole record of a run store")
    if _DIGEST in values and not _is_whole(data):
        raise damaged(path, "does not fit its own digest: a bit flipped, or it was edited")
    _check_version(version, path)
    if values.pop(_DIGEST, None) is None:
        raise damaged(path, "has no digest of its own")
    if values.get("kind") != kind:
        raise StoreError(
            f"{files.shown(path)} is a record of kind {values.get('kind')!r:.60}; wanted {kind!r}. "
            "Name the store's own folder, not one inside it."
        )
    return values


def _is_whole(data: bytes) -> bool:
    """Whether a record ends with the digest of the bytes before."""
    head = data[: -len(_SEAL % (b"0" * 64))]
    return data == head + _SEAL % hashlib.sha256(head).hexdigest().encode()


def _check_version(version: int, path: Path) -> None:
    if version > SCHEMA_VERSION:
        raise StoreVersionError(
            f"{files.shown(path)} was written with store format {version}, this version of "
            f"al-workbench reads {SCHEMA_VERSION}; upgrade it with "
            "`pip install --upgrade al-workbench`."
        )
    if version < SCHEMA_VERSION:
        raise StoreVersionError(
            f"{files.shown(path)} was written with store format {version}, which this version "
            f"of al-workbench (format {SCHEMA_VERSION}) does not read; name another --store and "
            "run the experiment again, or read this one with the version that wrote it."
        )


def read(path: Path, kind: str) -> dict[str, Any]:
    """Read and check a record.

    Raises:
        FileNotFoundError: if there is no such file.
        StoreVersionError: if another version of this package wrote it.
        StoreError: if it cannot be read.
    """
    return parse(read_bytes(path), path, kind)


def read_bytes(path: Path) -> bytes:
    """Return the content of a small file of the store; a FIFO or a device is never waited for.

    Raises:
        FileNotFoundError: if there is no such file.
        StoreError: if it is no file, too large, or may not be read.
    """
    try:
        return files.read_bytes(path, _LARGEST_BYTES)
    except FileNotFoundError:
        raise
    except PermissionError as error:
        raise forbidden(path) from error
    except OSError as error:
        raise damaged(path, f"cannot be read ({error.strerror})") from error
