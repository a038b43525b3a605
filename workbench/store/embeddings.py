"""Vectors of the pool's units as files, one folder per embedding key.

The vectors by the network before training are the same in all cycles: they are stored once beside
the cycles (``untrained/``), under the cycle-0 key of that network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from workbench.errors import StoreError
from workbench.observation import Embeddings
from workbench.store import arrays, files, layout, schema
from workbench.types import UnitIds


def is_untrained(key: str) -> bool:
    """Whether an embedding key is of the network before training."""
    return key.endswith("-initial")


def write(folder: Path, embeddings: Embeddings) -> None:
    """Write vectors into a folder that is not published yet.

    Raises:
        StoreError: if writing fails.
    """
    files.make_folder(folder)
    arrays.write_array(folder / layout.VECTOR_IDS, embeddings.unit_ids)
    arrays.write_array(folder / layout.VECTORS, embeddings.vectors)


def read(folder: Path, labelled: UnitIds) -> Embeddings:
    """Read vectors.

    Args:
        folder: the folder that :func:`write` wrote.
        labelled: (L,) units that are labelled now.

    Raises:
        StoreError: if a file is gone or damaged.
    """
    ids = arrays.read_array(folder / layout.VECTOR_IDS)
    return Embeddings(ids, arrays.read_array(folder / layout.VECTORS), np.isin(ids, labelled))


def has_untrained(folder: Path) -> bool:
    """Whether a folder of :func:`workbench.store.layout.untrained` is published."""
    return (folder / layout.UNTRAINED).exists()


def write_untrained(folder: Path, embeddings: Embeddings) -> None:
    """Write vectors aside and publish them in one step.

    Args:
        folder: of :func:`workbench.store.layout.untrained`; the caller holds the cycle-0 lock.
        embeddings: the vectors of every unit of the pool.

    Raises:
        StoreError: if writing fails.
    """
    files.make_folder(folder.parent)
    files.remove_asides(folder.parent, of=folder.name)
    aside = files.aside(folder)
    try:
        write(aside, embeddings)
        manifest = schema.manifest("untrained embeddings", files=files.seal_tree(aside))
        files.write_bytes(aside / layout.UNTRAINED, schema.to_bytes(manifest))
        with files.disk_errors(folder):
            aside.rename(folder)
            files.sync_folder(folder.parent)
    finally:
        files.remove(aside)


def read_untrained(folder: Path, labelled: UnitIds) -> Embeddings:
    """Read the vectors by the network before training.

    Raises:
        StoreError: if a file is gone or damaged.
    """
    try:
        schema.read(folder / layout.UNTRAINED, "untrained embeddings")
    except FileNotFoundError:
        raise StoreError(
            f"{folder} holds no embeddings by the network before training; restore it from a "
            "backup, or run the experiment again in another --store."
        ) from None
    return read(folder, labelled)


class StoredEmbeddings(Mapping[str, Embeddings]):
    """A cycle's embeddings by key; each is read at its first use and cached.

    Args:
        folders: key ► the folder of its vectors.
        labelled: returns the (L,) units that are labelled.
    """

    def __init__(self, folders: Mapping[str, Path], labelled: Callable[[], UnitIds]) -> None:
        self._folders = dict(folders)
        self._labelled = labelled
        self._read: dict[str, Embeddings] = {}

    def __getitem__(self, key: str) -> Embeddings:
        if key not in self._read:
            reader = read_untrained if is_untrained(key) else read
            self._read[key] = reader(self._folders[key], self._labelled())
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def __len__(self) -> int:
        return len(self._folders)

    def __contains__(self, key: object) -> bool:
        return key in self._folders  # without reading it
