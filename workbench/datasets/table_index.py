"""Which row of a table is which image: splits, image ids, sequences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.datasets.table_rows import Rows
from workbench.errors import DatasetError, quoted, shown
from workbench.types import Frame

_MOST_LETTERS = 200
"""Most letters of an image id."""

_MOST_FRAME = 2**63 - 1


@dataclass(frozen=True)
class TableIndex:
    """What the short columns of a table say.

    Attributes:
        rows: split ► image id ► number of its row; ids sorted.
        frames: number of a row ► its place in a recording, of those that have one.
        sequenced: whether the table has a column ``sequence``.
    """

    rows: Mapping[str, Mapping[str, int]]
    frames: Mapping[int, Frame]
    sequenced: bool


def index_of(rows: Rows, root: Path) -> TableIndex:
    """Read the short columns of a table.

    Args:
        rows: the table.
        root: its folder, for messages.

    Raises:
        DatasetError: for a row without split, an id that cannot be one or is there twice in a
            split, or a frame that is no number.
    """
    count = sum(rows.parts.values())
    found: dict[str, dict[str, int]] = {}
    ids = _optional(rows, "id", count)
    for row, (split, value) in enumerate(zip(_splits(rows), ids, strict=True)):
        if not isinstance(split, str) or not split.isprintable() or not split.strip():
            raise _odd(root, row, "split", split, "the name of a split, e.g. train")
        key = _key(value, row, root)
        if key in found.setdefault(split, {}):
            raise DatasetError(
                f"The table in {shown(root, 80)} has the id {quoted(key, 40)} twice in the split "
                f"{quoted(split, 40)}; wanted each once."
            )
        found[split][key] = row
    sequences, numbers = _optional(rows, "sequence", count), _optional(rows, "frame", count)
    frames = {
        row: _frame(sequence, number, row, root)
        for row, (sequence, number) in enumerate(zip(sequences, numbers, strict=True))
        if sequence is not None
    }
    ordered = {split: dict(sorted(found[split].items())) for split in found}
    return TableIndex(ordered, frames, "sequence" in rows.columns)


def _optional(rows: Rows, name: str, count: int) -> list[Any]:
    return rows.column(name) if name in rows.columns else [None] * count


def _splits(rows: Rows) -> Iterator[Any]:
    """Yield the split of each row: by its part, the column, or the name of its file."""
    if not rows.names_splits and "split" in rows.columns:
        yield from rows.column("split")
        return
    for part, count in rows.parts.items():
        name = part if rows.names_splits else part.split("-")[0]  # train-00000-of-00002
        yield from [name] * count


def _key(value: Any, row: int, root: Path) -> str:
    if value is None:
        return f"row_{row:08d}"
    key = str(value)
    fits = isinstance(value, str | int) and key.isprintable() and 0 < len(key) <= _MOST_LETTERS
    if not fits or not key.strip() or set(key) & set("/\\"):
        raise _odd(
            root, row, "id", value, f"a number, or up to {_MOST_LETTERS} letters without slashes"
        )
    return key


def _frame(sequence: Any, number: Any, row: int, root: Path) -> Frame:
    if not isinstance(sequence, str | int) or not str(sequence).isprintable():
        raise _odd(root, row, "sequence", sequence, "the name of a sequence")
    if number is None:
        number = 0
    if not isinstance(number, int) or not 0 <= number <= _MOST_FRAME:
        raise _odd(root, row, "frame", number, "a whole number from 0")
    return Frame(str(sequence), number)


def _odd(root: Path, row: int, column: str, value: Any, wanted: str) -> DatasetError:
    return DatasetError(
        f"Row {row} of the table in {shown(root, 80)} has {quoted(value, 40)} in the column "
        f"{column}; wanted {wanted}."
    )
