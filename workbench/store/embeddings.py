"""Vectors of the pool's units as files, one folder per embedding key.

The vectors by the network before training are the same in all cycles: they are stored once beside
the cycles (``untrained/``), under the cycle-0 key of that network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from workbench.observation import Embeddings
from workbench.store import arrays, contents, files, layout, schema
from workbench.store.sealed import SealedFolder
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


def read(sealed: SealedFolder, key: str, labelled: UnitIds) -> Embeddings:
    """Read vectors of a cycle or supplement.

    Args:
        sealed: the files of its folder.
        key: the embedding's key.
        labelled: (L,) units that are labelled now.

    Raises:
        StoreError: if a file is gone or damaged.
    """
    folder = layout.embedding(sealed.folder, key).relative_to(sealed.folder)
    return _read(sealed, folder, labelled)


def _read(sealed: SealedFolder, folder: Path, labelled: UnitIds) -> Embeddings:
    ids = arrays.read_array(sealed.path((folder / layout.VECTOR_IDS).as_posix()))
    vectors = arrays.read_array(sealed.path((folder / layout.VECTORS).as_posix()))
    return Embeddings(ids, vectors, np.isin(ids, labelled))


def has_untrained(folder: Path) -> bool:
    """Whether a folder of :func:`workbench.store.layout.untrained` is published."""
    return files.is_there(folder / layout.UNTRAINED)


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
    manifest = folder / layout.UNTRAINED
    try:
        found = contents.published(manifest, contents.Untrained)
    except FileNotFoundError:
        raise schema.damaged(manifest, "is gone") from None
    return _read(SealedFolder(folder, found.files, manifest), Path(), labelled)


Reader = Callable[[UnitIds], Embeddings]
"""Reads vectors, given the (L,) units that are labelled."""


class StoredEmbeddings(Mapping[str, Embeddings]):
    """A cycle's embeddings by key; each is read at its first use and cached.

    Args:
        readers: key ► the function that reads its vectors.
        labelled: returns the (L,) units that are labelled.
    """

    def __init__(self, readers: Mapping[str, Reader], labelled: Callable[[], UnitIds]) -> None:
        self._readers = dict(readers)
        self._labelled = labelled
        self._read: dict[str, Embeddings] = {}

    def __getitem__(self, key: str) -> Embeddings:
        if key not in self._read:
            self._read[key] = self._readers[key](self._labelled())
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)

    def __contains__(self, key: object) -> bool:
        return key in self._readers  # without reading it
