"""Method against method, as ``workbench compare`` says it: differences, tests, verdicts, wins."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from workbench.figures import comparison, win_matrix
from workbench.figures._compared_rows import (
    BUDGETS_HEADERS,
    METHODS_TITLE,
    PAIRS_HEADERS,
    WINS_TITLE,
    budgets_rows,
    methods_rows,
    pairs_rows,
    wins_rows,
)
from workbench.html_report._parts import Part, Section, Text, chart, shown_or_said, table

if TYPE_CHECKING:
    from workbench.figures.comparison import Comparison
    from workbench.store import Run

_NUMBERS = range(2, 9)
"""The columns of numbers in tables of pairs."""


def statistics(runs: Sequence[Run]) -> Section:
    """Return the comparison of the methods, at cycles and, where there are any, report points."""
    parts = list(shown_or_said("The comparison", partial(_compared, runs, reported=False)))
    if any(run.reported for run in runs):
        parts.append(Text("The networks of report points, compared in the same way:"))
        what = "The comparison at report points"
        parts += shown_or_said(what, partial(_compared, runs, reported=True))
    return Section("statistics", "Method against method", tuple(parts))


def _compared(runs: Sequence[Run], *, reported: bool) -> list[Part]:
    found = comparison.read(runs, reported=reported)
    if found.at < 0:
        return [Text("Nothing has been measured yet that could be compared.")]
    headers, rows = methods_rows(found)
    headers = ("Method", "Seeds", *headers[2:])  # as the report's other tables have them
    parts: list[Part] = [table(METHODS_TITLE, headers, rows, numbers=range(1, len(headers)))]
    parts += _pairs(found)
    return [*parts, *(Text(sentence) for sentence in (*found.savings, *found.notes))]


def _pairs(found: Comparison) -> list[Part]:
    if found.table.empty:
        return [Text("One method alone has been measured: there is no pair.")]
    wins = win_matrix.counted(found)
    title = f"Paired differences at {found.budget}, and what these seeds can tell"
    every = f"Differences to {found.baseline} at every budget"
    return [
        table(title, PAIRS_HEADERS, pairs_rows(found), numbers=_NUMBERS),
        chart(f"Difference to {found.baseline}", comparison.figure, found),
        table(every, BUDGETS_HEADERS, budgets_rows(found), numbers=_NUMBERS, closed=True),
        chart("Win matrix", win_matrix.figure, wins),
        table(
            WINS_TITLE,
            ("Method", *wins.methods),
            wins_rows(wins),
            numbers=range(1, len(wins.methods) + 1),
        ),
    ]
