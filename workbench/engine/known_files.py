"""What a store knows of the files of a dataset, so that a start opens only those that changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.datasets.file_index import FileIndex
from workbench.store import files, layout

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset


def index_of(store: Path, dataset: SegmentationDataset) -> FileIndex | None:
    """Return what the store knows of the files of a dataset; ``None`` for one without files."""
    if dataset.root is None:
        return None
    return FileIndex.read(_index_file(store, dataset.root), dataset.root)


def keep_index(store: Path, index: FileIndex | None) -> None:
    """Write what was found, if anything is new."""
    if index is not None and index.grown:
        files.make_folder(layout.decoded(store))
        files.write_bytes(_index_file(store, index.root), index.to_bytes(), durable=False)


def _index_file(store: Path, root: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:16]
    return layout.decoded(store) / f"files-{name}.npz"
