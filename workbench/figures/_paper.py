"""Paper beside ours: each printed number of an experiment's preset, and what was measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.figures._paper_ours import TO_95_PERCENT, Ours
from workbench.figures._paper_places import cells_for, cycle_of, preset_of
from workbench.figures._references import whole_pool_clicks, whole_pool_of
from workbench.figures._runs import one_experiment

if TYPE_CHECKING:
    from workbench.presets import Cell
    from workbench.store import ExperimentRecord, Run

_OF_CELL = (
    *("paper", "table", "row", "column", "metric", "method", "reference", "budget", "unit"),
    *("unresolved", "note"),
)
_COLUMNS = [
    *(*_OF_CELL, "value", "spread", "cycle", "at", "ours", "sd", "seeds", "difference"),
    *("scaled", "missing"),
]


@dataclass(frozen=True)
class BesidePaper:
    """The printed numbers of an experiment's preset, and its own.

    Attributes:
        table: one row per number, in the papers' order: ``paper``, ``table``, ``row``, ``column``,
            ``metric``, ``method`` (None: of all methods, or of a reference), ``reference``,
            ``budget`` (the paper's), ``unit`` (of all numbers of the row), ``unresolved``,
            ``note``, ``value`` (NaN if unresolved), ``spread`` (NaN if none is printed), ``cycle``
            (where it is measured here; −1: nowhere), ``at`` (its nominal budget in words, else the
            paper's; a reference has the whole pool),
            ``ours`` (mean over seeds), ``sd`` (n − 1; NaN for fewer than two seeds), ``seeds``,
            ``difference`` (ours − value), ``scaled`` (whether the experiment is a smaller form),
            ``missing`` (why there is no difference, in words, else empty).
        preset: the preset; ``None`` if the experiment is of none, and then the table is empty.
    """

    table: pd.DataFrame
    preset: str | None

    def of(self, y: str, methods: Sequence[str] = ()) -> pd.DataFrame:
        """Return the rows of a metric, and of what is measured of whole curves and labelled sets.

        Args:
            y: the metric; those of other single classes are left out.
            methods: the methods wanted, all if left out. What belongs to no method stays.
        """
        metric, method = self.table["metric"].astype(str), self.table["method"]
        wanted = ~metric.str.contains(":") | (metric == y)
        if methods:
            wanted &= method.isna() | method.isin(methods)
        return self.table[wanted]


def beside_paper(runs: Sequence[Run], full: Mapping[str, float] | None = None) -> BesidePaper:
    """Put the printed numbers of an experiment's preset beside those of its runs.

    Args:
        runs: of one experiment, finished or not.
        full: metric ► its value with the whole pool labelled, 0–1; ALC needs that of ``miou``, the
            clicks to 95 % of it ``labelled_clicks`` besides, what labelling the pool took. Left
            out: those of the experiment's first reference that is measured.

    Raises:
        ConfigError: if the runs belong to several experiments.
    """
    record = one_experiment(runs, "A table of paper and ours")
    if record is None:
        return BesidePaper(pd.DataFrame(columns=_COLUMNS), None)
    ours = Ours(runs, full or _own(record))
    rows = [_row(record, cell, ours) for cell in cells_for(record)]
    return BesidePaper(pd.DataFrame(rows, columns=_COLUMNS), preset_of(record))


def _own(record: ExperimentRecord) -> dict[str, float]:
    """Return what the experiment's first reference tells of the whole pool labelled."""
    own, clicks = whole_pool_of(record, "miou"), whole_pool_clicks(record)
    found = {"miou": None if own is None else own.mean, "labelled_clicks": clicks}
    return {name: value for name, value in found.items() if value is not None}


def _row(record: ExperimentRecord, cell: Cell, ours: Ours) -> dict[str, Any]:
    cycle = cycle_of(record, cell)
    values, missing = ours.values(cell, cycle)
    value = np.nan if cell.value is None else cell.value
    mean = float(np.mean(values)) if values else np.nan
    difference = mean - value
    if cell.unresolved:
        missing = "unresolved: our text of the paper lacks the number"
    elif values and cell.metric == "alc" and record.config.scaled is not None:
        difference, missing = np.nan, "an area over another number of images"
    return {
        **{name: getattr(cell, name) for name in _OF_CELL},
        "value": value,
        "spread": np.nan if cell.spread is None else cell.spread,
        "cycle": -1 if cycle is None else cycle,
        "at": _at(record, cell, cycle),
        "ours": mean,
        "sd": _sd(values),
        "seeds": min(len(values), ours.seeds),
        "difference": difference,
        "scaled": record.config.scaled is not None,
        "missing": missing,
    }


def _sd(values: Sequence[float]) -> float:
    """Return the standard deviation, exactly 0 for equal values; NaN for fewer than two."""
    if len(values) < 2:
        return float("nan")
    return float(np.std(values, ddof=1)) if len(set(values)) > 1 else 0.0


def _at(record: ExperimentRecord, cell: Cell, cycle: int | None) -> str:
    if cell.reference is not None:
        return "the whole pool"
    if cell.metric == TO_95_PERCENT:
        return "95 % of full supervision"
    budget = record.config.budget
    return cell.budget if cycle is None else budget.text(budget.nominal(cycle))
