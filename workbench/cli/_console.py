"""Prints tables and lines: formatted on a terminal, in aligned plain columns elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workbench.printable import printable

PLAIN_WIDTH = 400
"""Width in characters for a file or a pipe, so that no table is cut."""


class _Console(Console):
    """A rich console that raises for a broken pipe."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError; rich would end the process with exit code 1."""
        raise BrokenPipeError


def console() -> Console:
    """Return a console on the current stdout."""
    found = _Console(highlight=False)
    return found if found.is_terminal else _Console(width=PLAIN_WIDTH, highlight=False)


def print_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    numbers: Sequence[str] = (),
    prose: Sequence[str] = (),
) -> None:
    """Print a table.

    Args:
        headers: column names.
        rows: cells; ``None`` is printed as –.
        title: a line above the table.
        numbers: the headers of columns of numbers, which are aligned to the right.
        prose: the headers of columns that may be wrapped on a narrow terminal; the other columns
            hold names and numbers, which are not wrapped.
    """
    out = console()
    table = Table(
        box=box.SIMPLE_HEAD if out.is_terminal else None,
        show_edge=False,
        header_style="bold",
        pad_edge=False,
    )
    for header in headers:
        table.add_column(
            Text(printable(header)),
            justify="right" if header in numbers else "left",
            no_wrap=header not in prose,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text("–" if cell is None else printable(cell)) for cell in row))
    if title:
        out.print(Text(printable(title)))
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as printed:
        out.print(table)
    print_lines(*(line.rstrip() for line in printed.get().splitlines()))


def print_lines(*lines: str) -> None:
    """Print lines without markup or wrapping marks."""
    out = console()
    for line in lines:
        out.print(Text(printable(line)))


def percent(fraction: float) -> str:
    """Return a stored fraction as a percentage; – for NaN."""
    return "–" if math.isnan(fraction) else f"{100 * fraction:.1f} %"


def span(seconds: float) -> str:
    """Return a length of time in words: ``45 s``, ``7 min``, ``3.5 h``, ``12 days``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    if hours < 72:
        return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"
    return f"{hours / 24:,.0f} days"
