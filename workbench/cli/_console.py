"""Printing for people on a terminal, and aligned plain columns for everything else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH = 400
"""Columns of an output without a width: a table is never cut for a file or a pipe."""


class _Console(Console):
    """A rich console that raises for a broken pipe."""

    def on_broken_pipe(self) -> None:
        """Raise the error; rich would end the process with exit code 1."""
        raise BrokenPipeError


def console() -> Console:
    """Return a console on stdout as it is now."""
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
        rows: cells; ``None`` is shown as –.
        title: a line above it.
        numbers: the headers whose columns are numbers and stand to the right.
        prose: the headers whose columns may be broken over several lines where the terminal is
            narrow; the others hold names and numbers, which stay whole.
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
            Text(header),
            justify="right" if header in numbers else "left",
            no_wrap=header not in prose,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text("–" if cell is None else str(cell)) for cell in row))
    if title:
        out.print(Text(title))
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as printed:
        out.print(table)
    say(*(line.rstrip() for line in printed.get().splitlines()))


def say(*lines: str) -> None:
    """Print lines as they are."""
    out = console()
    for line in lines:
        out.print(Text(line))


def percent(fraction: float) -> str:
    """Show a stored fraction as a percentage; an absent one as –."""
    return "–" if math.isnan(fraction) else f"{100 * fraction:.1f} %"


def byte_size(count: float) -> str:
    """Show a number of bytes in the largest unit that keeps it above one."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
