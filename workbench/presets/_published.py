"""The numbers that the papers print, as data: which preset, method and budget each belongs to.

``published/PAPER.yaml`` holds the tables of a paper as rows and columns. A table names what its
cells share, a column or a row what differs; a row goes before its column, a column before its
table. A cell is a number, ``[value, spread]``, ``null`` where the paper has none, or ``unresolved``
where the paper has one that our text of it does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from workbench import yaml_text
from workbench.errors import ConfigError, unknown_name

_FOLDER = Path(__file__).parent / "published"

PAPERS = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
"""Names of the papers with published numbers."""

Unit = Literal["fraction", "percent", "images", "nats"]
Where = Literal["report", "last", "curve", "selection", "text"]
_SHARED = ("metric", "unit", "preset", "method", "reference", "budget", "measured")


@dataclass(frozen=True)
class Cell:
    """One printed number.

    Attributes:
        paper: a name of ``PAPERS``.
        table: where it stands, e.g. ``Table 3``, or a section.
        row: as printed.
        column: as printed.
        value: in ``unit``; ``None`` if it is unresolved.
        spread: the standard deviation over runs in the same unit; ``None`` if none is printed.
        unit: what value and spread are in: a fraction, a percentage, images (ALC) or nats.
            AUC@B is in percent times the labelled fraction, told as percent.
        metric: ``miou``, ``mean_dice``, ``iou:CLASS``, ``alc``, ``auc@B``, ``miou@B`` with the
            budget B in %, ``class_entropy``, ``labelled_share``, ``clicks_to_95_percent``.
        preset: the preset that measures it; ``None`` if no preset does.
        method: the method of that preset; ``None`` for a reference, if no preset runs it, or if it
            holds of all methods.
        reference: a network trained on everything, e.g. ``supervised``; ``None`` for a method.
        budget: what is labelled then, as in ``report.at`` (``12%``), or with its unit (``288
            units``); empty where the metric says it or the paper does not. A reference has the
            whole pool labelled, ``100%``, in whichever row of a budget it is printed.
        measured: ``report``: at a report point; ``last``: by the last network of a run; ``curve``:
            a number of the whole curve; ``selection``: of what is labelled; ``text``: said in the
            text alone.
        unresolved: whether our text of the paper lacks the number that the paper has.
        note: what is odd about this number, or empty.
    """

    paper: str
    table: str
    row: str
    column: str
    value: float | None
    spread: float | None
    unit: Unit
    metric: str
    preset: str | None
    method: str | None
    reference: str | None
    budget: str
    measured: Where
    unresolved: bool
    note: str

    @property
    def fraction(self) -> float | None:
        """The value of a share, such as an mIoU, as a fraction; ``None`` if it is unresolved.

        Raises:
            ConfigError: if it is no share.
        """
        if self.unit not in ("fraction", "percent"):
            raise ConfigError(f"{self.table} of {self.paper} is in {self.unit}, which is no share.")
        if self.value is None:
            return None
        return self.value / 100 if self.unit == "percent" else self.value


@dataclass(frozen=True)
class Table:
    """A table of a paper.

    Attributes:
        name: e.g. ``Table 3``, or the section whose text holds the numbers.
        title: what it shows, in our words.
        note: slips of the paper and what our text of it lacks, or empty.
        cells: row by row.
    """

    name: str
    title: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Published:
    """The printed numbers of a paper.

    Attributes:
        name: one of ``PAPERS``.
        paper: authors, year and title.
        tables: in the order of the paper.
    """

    name: str
    paper: str
    tables: tuple[Table, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of all tables."""
        return tuple(cell for table in self.tables for cell in table.cells)


@cache
def published(paper: str) -> Published:
    """Return the printed numbers of a paper.

    Raises:
        ConfigError: if there is no such paper, or its file is not as described above.
    """
    if paper not in PAPERS:
        raise unknown_name("paper", paper, PAPERS)
    values = yaml_text.read(_FOLDER / f"{paper}.yaml", "file of published numbers")
    tables = [_table(paper, table) for table in values["tables"]]
    return Published(paper, values["paper"], tuple(tables))


def cells_of(preset: str) -> tuple[Cell, ...]:
    """Return the published cells that a preset measures, of whichever paper; none for others."""
    return tuple(
        cell for paper in PAPERS for cell in published(paper).cells if cell.preset == preset
    )


def _table(paper: str, table: Mapping[str, Any]) -> Table:
    cells = tuple(_cells(paper, table))
    return Table(table["table"], table["title"], table.get("note", ""), cells)


def _cells(paper: str, table: Mapping[str, Any]) -> Iterator[Cell]:
    shared = {"budget": "", "preset": None, "method": None, "reference": None}
    for row in table["rows"]:
        columns = table["columns"]
        if len(row["values"]) != len(columns):
            raise ConfigError(
                f"{table['table']} of {paper}, {row['row']}, has {len(row['values'])} values for "
                f"{len(columns)} columns; write null where there is none."
            )
        for column, given in zip(columns, row["values"], strict=True):
            if given is None:
                continue
            parts = {**shared}
            for source in (table, column, row):
                parts.update({key: source[key] for key in _SHARED if key in source})
            if parts["reference"] is not None:
                parts["budget"] = "100%"
            yield _cell(paper, table["table"], row, column["column"], parts, given)


def _cell(
    paper: str,
    table: str,
    row: Mapping[str, Any],
    column: str,
    parts: Mapping[str, Any],
    given: Any,
) -> Cell:
    value, spread = given if isinstance(given, list) else (given, None)
    unresolved = value == "unresolved"
    for key, kinds in (("unit", get_args(Unit)), ("measured", get_args(Where))):
        if parts.get(key) not in kinds:
            raise unknown_name(f"{key} in {table} of {paper}", str(parts.get(key)), kinds)
    return Cell(
        paper=paper,
        table=table,
        row=row["row"],
        column=column,
        value=None if unresolved else float(value),
        spread=None if spread is None else float(spread),
        unresolved=unresolved,
        note=row.get("note", ""),
        **parts,
    )


__all__ = ["PAPERS", "Cell", "Published", "Table", "cells_of", "published"]
