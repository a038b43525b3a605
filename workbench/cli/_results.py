"""Prints the results of an experiment: a metric by method and cycle, how far the picks spread."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.cli._console import print_lines, print_table

if TYPE_CHECKING:
    import pandas as pd

    from workbench.figures.learning_curve import LearningCurve
    from workbench.figures.query_analysis import QueryAnalysis
    from workbench.store import Run


_MOST_COLUMNS = 12


def print_results(runs: Sequence[Run], metric: str = "miou") -> None:
    """Print the results of runs of one experiment, finished or not.

    Raises:
        ConfigError: if there is no such metric.
    """
    from workbench.figures import learning_curve, query_analysis

    curve = learning_curve.read(runs, x="labelled_units", y=metric, spread="sd")
    if curve.table.empty:
        print_lines("No cycle has been measured yet.")
        return
    if curve.summary.empty:
        print_lines(f"{curve.y_title} was measured in no cycle.")
        return
    _print_curve(curve)
    print_lines("")
    _print_spreading(query_analysis.read(runs, measures=query_analysis.SPREADING))


def _print_curve(curve: LearningCurve) -> None:
    print_points(curve.summary, curve.table, curve.methods, curve.y_title)
    if len(curve.reported):
        print_lines("")
        title = f"Report points, of networks trained for that alone: {curve.y_title}"
        print_points(curve.reported, curve.reports, curve.methods, title)
    if len(curve.references):
        print_lines("")
        rows = [
            (one["reference"], one["seeds"], _mean_and_sd(one))
            for one in curve.references.to_dict("records")
        ]
        header = f"{curve.y_title} in %"
        title = "References, trained on the whole pool; mean ± standard deviation over seeds"
        print_table(("reference", "seeds", header), rows, title=title, numbers=("seeds", header))


def print_points(
    summary: pd.DataFrame,
    table: pd.DataFrame,
    methods: Sequence[str],
    title: str,
    of: str = "units",
) -> None:
    """Print mean ± standard deviation over seeds, method by cycle.

    Args:
        summary: of the curves, as of ``learning_curve.read``.
        table: their points.
        methods: the rows.
        title: what is measured.
        of: ``units`` or ``images``: in what the headers tell how much is labelled.
    """
    points = {(p["method"], p["cycle"]): p for p in summary.to_dict("records")}
    cycles = _some(sorted({cycle for _, cycle in points}))
    headers = [f"cycle {cycle}{_labelled(table, cycle, of)}" for cycle in cycles]
    rows = [
        [method, *(_mean_and_sd(points.get((method, cycle))) for cycle in cycles)]
        for method in methods
    ]
    seeds = max(p["seeds"] for p in points.values())
    spread = f", mean ± standard deviation over {seeds} seeds" if seeds > 1 else ", one seed"
    print_table(["method", *headers], rows, title=f"{title} in %{spread}", numbers=headers)


def _some(cycles: list[int]) -> list[int]:
    """Return all of a few cycles, or some from the first to the last, evenly spaced."""
    if len(cycles) <= _MOST_COLUMNS:
        return cycles
    step = (len(cycles) - 1) / (_MOST_COLUMNS - 1)
    return [cycles[round(n * step)] for n in range(_MOST_COLUMNS)]


def _labelled(table: pd.DataFrame, cycle: int, of: str) -> str:
    """Return what is labelled for a header, if it is as much for all methods."""
    here = table.loc[table["cycle"] == cycle, f"labelled_{of}"]
    amounts = {f"{amount:.12g}" for amount in here.astype(float).round(2)}
    return f"\n{amounts.pop()} {of}" if len(amounts) == 1 else ""


def _mean_and_sd(point: Mapping[Hashable, Any] | None) -> str | None:
    if point is None:
        return None
    mean, sd = 100 * point["mean"], 100 * point["sd"]
    return f"{mean:.1f}" if math.isnan(sd) else f"{mean:.1f} ± {sd:.1f}"


def _print_spreading(data: QueryAnalysis) -> None:
    from workbench.figures.query_analysis import MEASURES, SPREADING

    measures = {name: MEASURES[name] for name in SPREADING}
    found = data.overall[list(SPREADING)].dropna(how="all").droplevel("experiment")
    if found.empty:
        return
    overall = found.to_dict("index")
    headers = [measure.title for measure in measures.values()]
    rows = [
        [method, *(_measure(name, overall[method][name]) for name in measures)]
        for method in data.methods
        if method in overall
    ]
    title = "How far the picks spread, mean over cycles and seeds (in the embedding of cycle 0)"
    print_table(["method", *headers], rows, title=title, numbers=headers)
    print_lines("")
    meanings = [(measure.title, measure.meaning) for measure in measures.values()]
    print_table(("measure", "meaning"), meanings, prose=("meaning",))


def _measure(name: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{100 * value:.0f} %" if name.endswith("share") else f"{value:.2f}"
