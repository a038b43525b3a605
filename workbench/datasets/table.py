"""A table of images and masks: Parquet files or a Hugging Face dataset, and a card file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.decode import header_of
from workbench.datasets.folder import Folder
from workbench.datasets.table_cells import CellTree
from workbench.datasets.table_index import index_of
from workbench.datasets.table_rows import open_rows, require_columns
from workbench.datasets.tree import FileFacts, FileTree
from workbench.errors import DatasetError, shown
from workbench.types import Frame


class Table(Folder):
    """Reads the rows of ``root/*.parquet``, or of what ``datasets`` saved in ``root``.

    A cell with an image or a mask holds the bytes of an image file, the path of one inside the
    root, or a struct of both, as the feature Image of Hugging Face does. ``root/dataset.yaml`` is a
    card as for a folder of one's own. The bytes of a cell count as a file
    ``root/row <number>/<column>`` in messages.

    Args:
        root: the folder.
        image: the column of the images.
        mask: the column of the masks.
        cache_bytes: most bytes of decoded images in memory.

    Raises:
        DatasetError: if the card is missing or invalid, there is no table, it cannot be read or
            lacks a column.
    """

    tree: CellTree

    def __init__(
        self,
        root: Path,
        image: str = "image",
        mask: str = "mask",
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self._columns = image, mask
        rows = open_rows(FileTree(root))
        if rows is None:
            raise DatasetError(
                f"{shown(root, 80)} holds no table; wanted Parquet files in it or in its folder "
                "data/, or what Hugging Face datasets saved by save_to_disk. See "
                "data/README.md#table."
            )
        self._rows = rows
        super().__init__(root, cache_bytes)
        if "name" not in self.described.model_fields_set:
            self.card = replace(self.card, name="table")

    def arrange(self) -> tuple[str, ...]:
        """Return the splits that the table names; train, val and test first."""
        require_columns(self._rows, self._columns, self.root)
        self.tree = CellTree(self.root, self._rows)
        self._index = index_of(self._rows, self.root)
        first = [name for name in ("train", "val", "test") if name in self._index.rows]
        return (*first, *sorted(set(self._index.rows) - set(first)))

    @property
    def section(self) -> str:
        """Always ``table``, whatever the card's name."""
        return "table"

    def mask_folder(self, split: str) -> Path:  # noqa: ARG002 - all are in one table
        """Return the root."""
        return self.root

    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return the paths of a split's cells, or of the files that they name."""
        rows = self._index.rows[split]
        images, masks = (
            {key: self.tree.path_of(row, column) for key, row in rows.items()}
            for column in self._columns
        )
        return images, masks

    def facts(self, split: str, key: str) -> tuple[FileFacts, ...]:
        """Return what an image's cell and its mask's are, without decoding them.

        Raises:
            DatasetError: if one is empty or broken, they differ in size or are swapped.
        """
        found, headers = [], []
        image, mask = self.image_path(split, key), self.mask_path(split, key)
        for path in (image, mask):
            with self.tree.open(path) as file:
                found.append(self.tree.facts(path, file))
                headers.append(header_of(file, path))
        self._sizes[split, key] = headers[0].size
        self.check_kinds(image, headers[0], mask, headers[1])
        if headers[0].size != headers[1].size:
            raise self._other_size(mask, headers[1].size, split, key)
        return tuple(found)

    def frame(self, split: str, key: str) -> Frame | None:
        """Return what the columns say, or the name by the card's pattern if there are none."""
        if not self._index.sequenced:
            return super().frame(split, key)
        return self._index.frames.get(self._index.rows[split][key])
