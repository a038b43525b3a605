"""The version in every record, and the reading of records.

A record is a JSON object with ``schema`` (a whole number) and ``kind``. For another version reading
raises an error with what to do (``docs/decisions/store-format.md``).
"""

from __future__ import annotations

import json
import math
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import StoreError, StoreVersionError

SCHEMA_VERSION = 2
"""Version of the store's format that this package writes."""


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
    """Encode a record as UTF-8 JSON; keys keep their order, since the order of splits counts."""
    text = json.dumps(plain(values), indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def parse(data: bytes, path: Path, kind: str) -> dict[str, Any]:
    """Decode a record and check its version and kind.

    Args:
        data: the file's content.
        path: the file, for error messages.
        kind: the expected kind.

    Raises:
        StoreVersionError: if another version of this package wrote it.
        StoreError: if it is not a record of that kind.
    """
    try:
        values = json.loads(data)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not isinstance(values.get("schema"), int):
        raise StoreError(
            f"{path} is not a record of a run store; restore it from a backup or move its folder "
            "away and run the experiment again."
        )
    if values["schema"] > SCHEMA_VERSION:
        raise StoreVersionError(
            f"{path} was written with store format {values['schema']}, this version of "
            f"al-workbench reads {SCHEMA_VERSION}; upgrade it with "
            "`pip install --upgrade al-workbench`."
        )
    if values["schema"] < SCHEMA_VERSION:
        raise StoreVersionError(
            f"{path} was written with store format {values['schema']}, which this version of "
            f"al-workbench (format {SCHEMA_VERSION}) does not read; name another --store and run "
            "the experiment again, or read this one with the version that wrote it."
        )
    if values.get("kind") != kind:
        raise StoreError(
            f"{path} is a record of kind {values.get('kind')!r}; wanted {kind!r}. "
            "Name the store's own folder, not one inside it."
        )
    return values


def read(path: Path, kind: str) -> dict[str, Any]:
    """Read and check a record.

    Raises:
        FileNotFoundError: if there is no such file.
        StoreVersionError: if another version of this package wrote it.
        StoreError: if it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}); check its rights.") from error
    return parse(data, path, kind)
