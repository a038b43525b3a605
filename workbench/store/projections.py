"""Embeddings projected to two dimensions, stored under a key of everything they depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.store import arrays, contents, files, layout, locks, schema
from workbench.store.aside import publish_folder
from workbench.store.sealed import SealedFolder
from workbench.types import UnitIds


@dataclass(frozen=True)
class Projection:
    """Points in the plane.

    Attributes:
        key: everything that the points depend on, as text.
        unit_ids: (P,) int64.
        points: (P, 2) float64.
        parameters: method, title, settings, seed, number of units projected and in all.
    """

    key: str
    unit_ids: UnitIds
    points: npt.NDArray[np.float64]
    parameters: Mapping[str, Any]


def projection_lock(store: Path, key: str) -> locks.Lock:
    """Return the lock of the process that computes a projection, so that no second one starts."""
    path = _path(store, key)
    return locks.Lock(path.with_suffix(".lock"), "This projection")


def projection_running(store: Path, key: str) -> bool:
    """Whether a process computes a projection now."""
    return locks.is_held(_path(store, key).with_suffix(".lock"))


def write_projection(store: Path, projection: Projection) -> None:
    """Write a projection in one step; it replaces one under the same key.

    The caller holds :func:`projection_lock`.

    Raises:
        StoreError: if writing fails.
    """
    path = _path(store, projection.key)
    files.make_folder(path.parent)
    files.remove_asides(path.parent, of=path.name)
    x, y = np.asarray(projection.points, np.float64).T
    table = pd.DataFrame({"unit_id": np.asarray(projection.unit_ids, np.int64), "x": x, "y": y})
    about = schema.manifest(
        "projection", key=projection.key, parameters=dict(projection.parameters)
    )
    aside = files.aside(path)
    try:
        files.make_folder(aside)
        arrays.write_table(aside / layout.POINTS, table)
        (path / layout.PROJECTION).unlink(missing_ok=True)
        publish_folder(aside, path, about, layout.PROJECTION)
    finally:
        files.remove(aside)


def read_projection(store: Path, key: str) -> Projection | None:
    """Return a stored projection, or ``None`` if there is none under this key.

    Raises:
        StoreVersionError: if another version of this package wrote it.
        StoreError: if it is damaged.
    """
    path = _path(store, key)
    manifest = path / layout.PROJECTION
    try:
        found = contents.published(manifest, contents.Projection)
    except FileNotFoundError:
        if files.is_there(path / layout.POINTS) and not projection_running(store, key):
            raise schema.damaged(manifest, "is gone") from None
        return None
    table = arrays.read_table(SealedFolder(path, found.files, manifest).path(layout.POINTS))
    points = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], axis=1)
    return Projection(key, table["unit_id"].to_numpy(), points, found.parameters)


def _path(store: Path, key: str) -> Path:
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return layout.projections(store) / name
