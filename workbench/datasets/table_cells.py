"""Cells of a table as files: bytes of image files, or paths of image files below the root."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from workbench.datasets.table_rows import Rows
from workbench.datasets.tree import MOST_BYTES, TAIL_BYTES, FileFacts, FileTree, facts_of
from workbench.errors import DatasetError, quoted, shown

_TABLES = ("*.parquet", "data/*.parquet", "*.arrow", "*/*.arrow")

_ROW = "row "
"""How the name of a row begins in the path of one of its cells: ``root/row 12/image``."""


class CellTree(FileTree):
    """The cells of a table, and the files inside the table's folder that they name.

    Args:
        root: the folder of the table.
        rows: the table.
    """

    def __init__(self, root: Path, rows: Rows) -> None:
        super().__init__(root)
        self._rows = rows
        self._texts = cache(rows.column)

    def path_of(self, row: int, column: str) -> Path:
        """Return the path under which a cell is opened: that of the file that it names, if so.

        Raises:
            DatasetError: if it names a file that is not inside the root.
        """
        if not self._rows.is_text(column):
            return self.root / f"{_ROW}{row}" / column
        return self._file(self._texts(column)[row], self.root / f"{_ROW}{row}" / column)

    @contextmanager
    def open(self, path: Path) -> Iterator[BinaryIO]:
        """Open a cell or a file.

        Raises:
            DatasetError: if the cell is empty or holds something else, or the file cannot be read.
        """
        value = self._value(path)
        if isinstance(value, bytes):
            if len(value) > MOST_BYTES:
                raise DatasetError(
                    f"The cell {shown(path)} has {len(value):,} bytes; wanted at most "
                    f"{MOST_BYTES:,}: cut it into smaller images."
                )
            yield io.BytesIO(value)
            return
        with super().open(value) as file:
            yield file

    def facts(self, path: Path, file: BinaryIO) -> FileFacts:
        """Return the facts of a cell or file that is open."""
        if not isinstance(file, io.BytesIO):
            return facts_of(path, file)
        content = file.getvalue()
        row, column = int(path.parent.name.removeprefix(_ROW)), path.name
        identity = -1 - self._rows.columns.index(column), row  # no device has such a number
        return FileFacts(path, len(content), content[-TAIL_BYTES:], identity, self._changed)

    @cached_property
    def _changed(self) -> int:
        """When a file of the table was last changed, nanoseconds."""
        found = [path for pattern in _TABLES for path in self.root.glob(pattern)]
        return max((path.stat().st_mtime_ns for path in found), default=0)

    def _value(self, path: Path) -> bytes | Path:
        """Return the bytes of a cell, or the file that it names or that the path is of."""
        row, column = path.parent.name, path.name
        if path.parent.parent != self.root or not row.startswith(_ROW):
            return path
        if column not in self._rows.columns or self._rows.is_text(column):
            return path
        value = self._rows.cell(int(row.removeprefix(_ROW)), column)
        if isinstance(value, dict):  # the feature Image of Hugging Face
            value = value.get("bytes") or value.get("path")
        return value if isinstance(value, bytes) and value else self._file(value, path)

    def _file(self, name: Any, cell: Path) -> Path:
        """Return the file that a cell names."""
        if not isinstance(name, str) or not name:
            held = "nothing" if not name else f"a value of the type {type(name).__name__}"
            raise DatasetError(
                f"The cell {shown(cell)} holds {held}; wanted the bytes of an image file, or its "
                "path from the table's folder."
            )
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts or "\0" in name:
            raise DatasetError(
                f"The cell {shown(cell, 80)} names the file {quoted(name, 60)}; wanted a path "
                "inside the table's folder, from there, without '..'."
            )
        path = self.root / inside
        if not self.holds(path.parent):
            raise DatasetError(
                f"The cell {shown(cell, 80)} names the file {quoted(name, 60)}, and there is no "
                f"folder {shown(path.parent, 80)}; put the files where the table says they are."
            )
        return path
