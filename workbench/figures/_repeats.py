"""Warnings about queries that repeat themselves, as sentences that name their measure.

Both measures are those of :mod:`workbench.figures.query_analysis`, mean over cycles and seeds. A
share alone says little: the pool repeats itself too, and a large batch must. What the share is held
against therefore stands in the sentence: the pool's own value where it has one, else random's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.figures import query_analysis
from workbench.figures._runs import one_experiment
from workbench.figures.comparison import BASELINE

if TYPE_CHECKING:
    from workbench.figures.query_analysis import QueryAnalysis
    from workbench.store import Run

MOST = 0.8
"""A larger share is always told."""
TIMES = 2.0
"""Of random's share, from which on a share is told that the pool has no value of."""

_SEQUENCE, _ADJACENT = "same_sequence_share", "adjacent_share"
_FINDS = {
    _SEQUENCE: "repeat a sequence: their nearest other pick is of the same one",
    _ADJACENT: "have another pick in the same frame or the one beside it",
}
_COLUMNS = ["method", "measure", "share", "reference", "queries", "sentence"]


@dataclass(frozen=True)
class Repeats:
    """What is told of the queries of one experiment.

    Attributes:
        table: one row per warning, the largest share first: ``method``, ``measure`` (key of
            ``query_analysis.MEASURES``), ``share`` (0–1, mean over queries), ``reference`` (the
            pool's own share, for adjacent picks random's in the same cycles and seeds; NaN: not
            known), ``queries`` (measured), ``sentence``.
    """

    table: pd.DataFrame


def read(runs: Sequence[Run]) -> Repeats:
    """Measure the queries of some runs, and tell which methods repeat themselves.

    In a pool of one sequence every pick repeats it, which is not told.

    Args:
        runs: of one experiment, finished or not.

    Raises:
        ConfigError: for runs of several experiments.
    """
    record = one_experiment(runs, "A warning about queries")
    names = set() if record is None else {*record.geometry.images.sequences} - {""}
    measures = [name for name in _FINDS if name != _SEQUENCE or len(names) > 1]
    return told(query_analysis.read(runs, measures=measures))


def told(data: QueryAnalysis) -> Repeats:
    """Return the warnings about queries that were measured."""
    table = pd.DataFrame([row for m in _FINDS for row in _rows(data, m)], columns=_COLUMNS)
    return Repeats(table.sort_values("share", ascending=False, kind="stable", ignore_index=True))


def _rows(data: QueryAnalysis, measure: str) -> Iterator[dict[str, Any]]:
    measured = data.table.dropna(subset=[measure])
    for method, queries in measured.groupby("method", sort=False):
        share = float(queries[measure].mean())
        if measure == _SEQUENCE:
            whose, reference = "the pool's own", float(queries[f"pool_{measure}"].mean())
            above = share > reference
        else:
            whose, reference = "random's", _of_random(measured, queries, measure)
            above = share > TIMES * reference
        if above or share > MOST:
            row = {"method": method, "measure": measure, "share": share, "reference": reference}
            row["queries"] = len(queries)
            yield row | {"sentence": _sentence(row, whose)}


def _of_random(measured: pd.DataFrame, queries: pd.DataFrame, measure: str) -> float:
    """Return random's mean in the cycles and seeds of another method's queries; NaN without."""
    if (queries["method"] == BASELINE).all():
        return float("nan")
    random = measured[measured["method"] == BASELINE]
    both = random.merge(queries[["seed", "cycle"]], on=["seed", "cycle"])
    return float(both[measure].mean()) if len(both) else float("nan")


def _sentence(row: dict[str, Any], whose: str) -> str:
    title = query_analysis.MEASURES[row["measure"]].title.lower()
    n = row["queries"]
    beside = "" if np.isnan(row["reference"]) else f"; {whose}: {100 * row['reference']:.0f} %"
    return (
        f"{100 * row['share']:.0f} % of {row['method']}'s picks {_FINDS[row['measure']]} "
        f"({title}, {'1 query' if n == 1 else f'mean of {n} queries'}{beside})."
    )
