"""The part of ``compare`` that puts the paper's numbers beside those of an experiment."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.cli._console import print_lines, print_table

if TYPE_CHECKING:
    import pandas as pd

    from workbench.figures._paper import BesidePaper
    from workbench.store import ExperimentRecord

_HEADERS = (
    *("where", "row", "column", "paper", "ours", "seeds", "difference", "unit", "at", "scaled"),
    "remark",
)


def print_paper(
    found: BesidePaper, record: ExperimentRecord, y: str, methods: Sequence[str] = ()
) -> None:
    """Print what the papers print of an experiment's preset, each beside our mean ± sd.

    Args:
        found: paper and ours.
        record: the experiment.
        y: the metric compared; the numbers of other single classes are left out.
        methods: the methods wanted; left out: all.
    """
    shown = found.of(y, methods)
    if shown.empty:
        return
    print_lines("")
    print_table(
        _HEADERS,
        [_row(row) for row in shown.to_dict("records")],
        title=f"Paper beside ours, preset {found.preset}: value ± spread; mean ± its seeds' sd",
        numbers=("paper", "ours", "seeds", "difference"),
        prose=("remark",),
    )
    left = len(found.table) - len(found.of(y))
    if left:
        print_lines(f"{left} numbers of other single classes are in the file of --out alone.")
    if record.config.scaled is not None:
        print_lines(record.config.scaled.sentence)


def paper_csv(found: BesidePaper) -> pd.DataFrame:
    """Return paper and ours as rows for the file of differences, told apart by ``scope``."""
    names = {"method": "first", "metric": "measure", "missing": "sentence"}
    return found.table.rename(columns=names).assign(scope="paper beside ours")


def _row(row: Mapping[Hashable, Any]) -> tuple[object, ...]:
    value = "unresolved" if row["unresolved"] else _amount(row["value"], row["spread"])
    return (
        f"{row['paper']}, {row['table']}",
        row["row"],
        row["column"],
        value,
        _amount(row["ours"], row["sd"]),
        row["seeds"],
        None if math.isnan(row["difference"]) else f"{row['difference']:+.4g}",
        row["unit"],
        row["at"] or None,
        "yes" if row["scaled"] else "no",
        "; ".join(filter(None, (row["missing"], row["note"]))) or None,
    )


def _amount(value: float, spread: float) -> str | None:
    if math.isnan(value):
        return None
    return f"{value:.4g}" if math.isnan(spread) else f"{value:.4g} ± {spread:.2g}"
