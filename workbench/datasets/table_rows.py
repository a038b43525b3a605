"""Rows of a table on disk: Parquet files, or what Hugging Face ``datasets`` saved."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.datasets.tree import FileTree
from workbench.errors import DatasetError, quoted, shown

_HELD_BYTES = 128 * 1024**2
"""Bytes of row groups that are held; the one that was read last always is."""

_SAVED = ("dataset_dict.json", "state.json")
"""What marks a folder that Hugging Face ``datasets`` saved: of several splits, of one."""

_FILES = frozenset({".parquet"})


class Rows(ABC):
    """The rows of a table, numbered from 0 over all its parts.

    Attributes:
        parts: name of a part ► number of its rows, in their order: a file, or a split.
        columns: the names of the columns.
    """

    parts: Mapping[str, int]
    columns: tuple[str, ...]

    @abstractmethod
    def column(self, name: str) -> list[Any]:
        """Return a column of short values, in the order of the rows."""

    @abstractmethod
    def is_text(self, name: str) -> bool:
        """Return whether a column holds text."""

    @abstractmethod
    def cell(self, row: int, name: str) -> Any:
        """Return one value.

        Raises:
            DatasetError: if it cannot be read.
        """

    @property
    def names_splits(self) -> bool:
        """Whether the parts are splits by their names, whatever the columns say."""
        return False


def open_rows(tree: FileTree) -> Rows | None:
    """Open the table in a folder; ``None`` if there is none.

    Raises:
        DatasetError: if it cannot be read, or ``datasets`` is needed and not installed.
    """
    root = tree.root
    if any((root / name).is_file() for name in _SAVED):
        return SavedRows(tree)
    for folder in (root, root / "data"):
        if tree.holds(folder) and (files := tree.files(folder, _FILES)):
            return ParquetRows(files)
    return None


class ParquetRows(Rows):
    """The rows of Parquet files of the same columns, by the order of the files' names.

    A value is read with its column's whole row group, of which the last ones are held.

    Args:
        files: the files by name without ending.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        import pyarrow.parquet as pq

        self._paths = list(files.values())
        with _readable(self._paths[0]):
            self._schema = pq.read_schema(self._paths[0])
        self.columns = tuple(self._schema.names)
        self._starts: list[int] = []
        self._groups: list[tuple[Path, int]] = []
        self.parts = {name: self._add(path) for name, path in files.items()}
        self._held: OrderedDict[tuple[int, str], Any] = OrderedDict()
        self._lock = threading.Lock()

    def _add(self, path: Path) -> int:
        """Add the row groups of a file and return the number of its rows."""
        import pyarrow.parquet as pq

        with _readable(path):
            about = pq.read_metadata(path)
            schema = pq.read_schema(path)
        if not schema.equals(self._schema):
            raise DatasetError(
                f"{shown(path, 80)} has other columns than {shown(self._paths[0].name, 40)}; "
                "wanted the same names and types in all files."
            )
        end = self._end
        for group in range(about.num_row_groups):
            self._starts.append(end)
            self._groups.append((path, group))
            end += about.row_group(group).num_rows
        self._end = end
        return int(about.num_rows)

    _end = 0

    def column(self, name: str) -> list[Any]:
        """Return a column of all files."""
        import pyarrow.parquet as pq

        found: list[Any] = []
        for path in self._paths:
            with _readable(path):
                found += pq.read_table(path, columns=[name], partitioning=None)[name].to_pylist()
        return found

    def is_text(self, name: str) -> bool:
        """Return whether a column holds text."""
        return _is_text(self._schema.field(name).type)

    def cell(self, row: int, name: str) -> Any:
        """Return one value, from a row group that is held or is read now."""
        group = bisect_right(self._starts, row) - 1
        return self._column_of(group, name)[row - self._starts[group]].as_py()

    def _column_of(self, group: int, name: str) -> Any:
        import pyarrow.parquet as pq

        with self._lock:
            if (group, name) in self._held:
                self._held.move_to_end((group, name))
                return self._held[group, name]
        path, number = self._groups[group]
        with _readable(path), pq.ParquetFile(path) as file:
            values = file.read_row_group(number, columns=[name])[name]
        with self._lock:
            self._held[group, name] = values
            while len(self._held) > 1 and sum(v.nbytes for v in self._held.values()) > _HELD_BYTES:
                self._held.popitem(last=False)
        return values


class SavedRows(Rows):
    """The rows of a dataset that Hugging Face ``datasets`` saved by ``save_to_disk``.

    Any row is read directly: its files are mapped into memory. Images are not decoded by the
    library.

    Args:
        tree: the files of its folder.

    Raises:
        DatasetError: if the library is not installed, or cannot read the folder.
    """

    def __init__(self, tree: FileTree) -> None:
        try:
            import datasets
        except ImportError:
            raise DatasetError(
                f"{shown(tree.root, 80)} was saved by Hugging Face datasets, which is not "
                "installed; install it by: pip install 'al-workbench[huggingface]'."
            ) from None
        for folder in (tree.root, *(tree.root / name for name in tree.folders(tree.root))):
            tree.files(folder, frozenset({".arrow", ".json"}))  # regular files inside it alone
        try:
            found = datasets.load_from_disk(str(tree.root))
        except Exception as error:  # the library raises many kinds
            raise DatasetError(
                f"{shown(tree.root, 80)} cannot be read as a dataset that Hugging Face datasets "
                f"saved ({shown(error, 60)}); it may be half copied: copy it again."
            ) from None
        splits = dict(found) if isinstance(found, datasets.DatasetDict) else {"table": found}
        self._several = isinstance(found, datasets.DatasetDict)
        if not splits or any(
            t.features != next(iter(splits.values())).features for t in splits.values()
        ):
            raise DatasetError(
                f"The splits in {shown(tree.root, 80)} have different columns, or there are none; "
                "wanted the same names and types in all."
            )
        self._tables = [_undecoded(table) for table in splits.values()]
        self.parts = {name: len(table) for name, table in splits.items()}
        self._starts = [sum(list(self.parts.values())[:i]) for i in range(len(self.parts))]
        self.columns = tuple(self._tables[0].column_names)

    @property
    def names_splits(self) -> bool:
        """Whether it was saved as a ``DatasetDict``."""
        return self._several

    def column(self, name: str) -> list[Any]:
        """Return a column of all splits."""
        return [value for table in self._tables for value in table.select_columns([name])[name]]

    def is_text(self, name: str) -> bool:
        """Return whether a column holds text."""
        return _is_text(self._tables[0].features.arrow_schema.field(name).type)

    def cell(self, row: int, name: str) -> Any:
        """Return one value."""
        part = bisect_right(self._starts, row) - 1
        table = self._tables[part].select_columns([name])
        return table[row - self._starts[part]][name]


def _undecoded(table: Any) -> Any:
    """Return a table whose images are bytes and paths."""
    import datasets

    for name, feature in table.features.items():
        if isinstance(feature, datasets.Image):
            table = table.cast_column(name, datasets.Image(decode=False))
    return table


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what a reader raises at a Parquet file into one sentence."""
    try:
        yield
    except DatasetError:
        raise
    except Exception as error:  # Arrow raises many kinds
        raise DatasetError(
            f"The file {shown(path, 80)} cannot be read as Parquet ({shown(error, 60)}); it may be "
            "half copied: copy it again."
        ) from None


def require_columns(rows: Rows, wanted: Sequence[str], root: Path) -> None:
    """Check that a table has some columns.

    Raises:
        DatasetError: if one is missing.
    """
    missing = [name for name in wanted if name not in rows.columns]
    if missing:
        raise DatasetError(
            f"The table in {shown(root, 80)} has no column {quoted(missing[0], 40)}; it has "
            f"{shown(', '.join(rows.columns), 80)}: name the column by its setting, as "
            "data/README.md#table shows."
        )
