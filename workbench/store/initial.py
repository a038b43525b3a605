"""The pool's vectors from the network as it is before cycle 0's training: once, for all cycles."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.store import arrays, files, layout, schema
from workbench.store.records import Embeddings
from workbench.types import UnitIds


def exists(folder: Path) -> bool:
    """Whether the vectors are there, all of them."""
    return (folder / layout.INITIAL).exists()


def write(folder: Path, unit_ids: UnitIds, vectors: npt.NDArray[np.float32]) -> None:
    """Write the vectors aside and let them be seen at once.

    Args:
        folder: of :func:`workbench.store.layout.initial`; its writer holds the cycle-0 lock.
        unit_ids: (P,) in any order.
        vectors: (P, D).

    Raises:
        StoreError: if the disk refuses.
    """
    files.make_folder(folder.parent)
    files.remove_asides(folder.parent, of=folder.name)
    aside = files.aside(folder)
    order = np.argsort(unit_ids, kind="stable")
    try:
        files.make_folder(aside)
        arrays.write_array(aside / layout.EMBEDDING_IDS, np.asarray(unit_ids, np.int64)[order])
        arrays.write_array(aside / layout.EMBEDDINGS, np.asarray(vectors, np.float32)[order])
        manifest = schema.record("initial embeddings", created=time.time())
        files.write_bytes(aside / layout.INITIAL, schema.to_bytes(manifest))
        files.sync_tree(aside)
        with files.disk_errors(folder):
            aside.rename(folder)
            files.sync_folder(folder.parent)
    finally:
        files.remove(aside)


def read(folder: Path, labelled: UnitIds) -> Embeddings:
    """Read the vectors.

    Args:
        folder: where :func:`write` put them.
        labelled: units that are labelled by now.

    Raises:
        StoreError: if they are gone or damaged.
    """
    schema.read(folder / layout.INITIAL, "initial embeddings")
    ids = arrays.read_array(folder / layout.EMBEDDING_IDS)
    vectors = arrays.read_array(folder / layout.EMBEDDINGS)
    return Embeddings(ids, vectors, np.isin(ids, labelled))
