"""A comparison as rows of text, which the command line and the report show alike."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.figures._verdicts import UNITS, amount, words

if TYPE_CHECKING:
    from workbench.figures.comparison import Comparison
    from workbench.figures.win_matrix import WinMatrix

METHODS_TITLE = "Mean over seeds [95 % interval]; mIoU and its like in %"
WINS_TITLE = "Budgets at which the row is ahead of the column, of those compared (significant)"

Cells = tuple[object, ...]


def methods_rows(found: Comparison) -> tuple[tuple[str, ...], list[Cells]]:
    """Return headers and rows of what each method reached at the budget, with its seeds."""
    titles = found.titles()
    measures = [m for m in titles if (found.methods["measure"] == m).any()]
    rows = {(r["method"], r["measure"]): r for r in found.methods.to_dict("records")}
    cells = [
        (
            method,
            rows[method, "value"]["seeds"] if (method, "value") in rows else 0,
            *(_mean(rows.get((method, m)), m) for m in measures),
        )
        for method in found.order
    ]
    return ("method", "seeds", *(titles[m] for m in measures)), cells


def _mean(row: Mapping[Hashable, Any] | None, measure: str) -> str | None:
    if row is None:
        return None
    text = amount(measure, row["mean"])
    if row["seeds"] > 1:
        text += f" {_interval(row, measure)}"
    share = row["share_of_full"]
    return text if math.isnan(share) else f"{text}, {100 * share:.1f} % of full"


PAIRS_HEADERS = (
    *("First − second", "Measure", "Difference", "95 % interval", "Seeds", "p", "p by Holm"),
    *("Pairs", "Replay floor", "In words"),
)


def pairs_rows(found: Comparison) -> Iterator[Cells]:
    """Yield the paired differences at the budget, with their tests and verdicts, as a row each."""
    titles = found.titles()
    for row in found.table.to_dict("records"):
        measure = row["measure"]
        where = titles[measure]
        yield (f"{row['first']} − {row['second']}", where, *_tested(row, measure), words(row))


BUDGETS_HEADERS = (PAIRS_HEADERS[0], "Cycle", *PAIRS_HEADERS[2:])


def budgets_rows(found: Comparison) -> Iterator[Cells]:
    """Yield the paired differences to the baseline at every budget, as a row each."""
    for row in found.budgets.to_dict("records"):
        if found.baseline in {row["first"], row["second"]}:
            told = words({**row, "measure": "value"})
            pair = f"{row['first']} − {row['second']}"
            yield (pair, row["cycle"], *_tested(row, "value"), told)


def _tested(row: Mapping[Hashable, Any], measure: str) -> Cells:
    """Return difference, interval, seeds, p, p by Holm, pairs, floor; None where there is none."""
    known = row["seeds"] > 0
    return (
        f"{amount(measure, row['difference'], sign=True)} {UNITS[measure]}" if known else None,
        None if math.isnan(row["low"]) else _interval(row, measure, sign=True),
        row["seeds"],
        *(None if math.isnan(row[p]) else f"{row[p]:.2g}" for p in ("p", "p_holm")),
        int(row["tests"]) or None,
        None if math.isnan(row["floor"]) else amount(measure, row["floor"]),
    )


def _interval(row: Mapping[Hashable, Any], measure: str, *, sign: bool = False) -> str:
    return f"[{', '.join(amount(measure, row[end], sign=sign) for end in ('low', 'high'))}]"


def wins_rows(matrix: WinMatrix) -> list[Cells]:
    """Return one row per method: at how many budgets it is ahead of each of the methods."""
    cells = {(r["method"], r["against"]): r for r in matrix.table.to_dict("records")}
    return [
        (m, *(None if m == other else _wins(cells[m, other]) for other in matrix.methods))
        for m in matrix.methods
    ]


def _wins(row: Mapping[Hashable, Any]) -> str | None:
    if not row["budgets"]:
        return None
    return f"{row['ahead']} of {row['budgets']} ({row['wins']})"
