"""The results of an experiment: metrics by what was labelled, of each class, at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.figures import learning_curve, per_class
from workbench.figures._runs import methods_of
from workbench.html_report._parts import (
    Part,
    Section,
    Text,
    chart,
    number,
    percent,
    shown_or_said,
    table,
)
from workbench.metrics import OVERALL, PER_CLASS

if TYPE_CHECKING:
    import pandas as pd

    from workbench.figures.learning_curve import LearningCurve
    from workbench.figures.per_class import PerClass
    from workbench.store import Run


def results(runs: Sequence[Run]) -> Section:
    """Return learning curves, and the numbers that they are drawn from."""
    return Section("results", "Results", shown_or_said("The learning curve", lambda: _curve(runs)))


def _curve(runs: Sequence[Run]) -> list[Part]:
    x = next(iter(learning_curve.x_choices(runs)))
    curve = learning_curve.read(runs, x=x, y="miou", spread="sd")  # type: ignore[arg-type] # a key
    if curve.summary.empty:
        return [Text("No cycle has been measured yet.", "warning")]
    parts: list[Part] = [
        chart("Learning curve", learning_curve.figure, curve),
        _points(curve, curve.summary, f"{curve.y_title} in % at every cycle"),
    ]
    if len(curve.reported):
        title = f"{curve.y_title} in % at report points, of networks trained for that alone"
        parts.append(_points(curve, curve.reported, title))
    return [*parts, *_others(runs)]


def _points(curve: LearningCurve, points: pd.DataFrame, title: str) -> Part:
    axis = learning_curve.X_TITLES[curve.x]
    headers = ("Method", "Cycle", axis, "Mean", "Standard deviation", "Seeds")
    share = curve.x in {"pool_share", "nominal_share"}
    rows = [
        (
            row["method"],
            int(row["cycle"]),
            f"{percent(row['x'])} %" if share else number(row["x"], ",.6g"),
            percent(row["mean"]),
            percent(row["sd"]),
            int(row["seeds"]),
        )
        for method in curve.methods
        for row in points[points["method"] == method].to_dict("records")
    ]
    return table(title, headers, rows, numbers=range(1, 6))


def _others(runs: Sequence[Run]) -> list[Part]:
    """Return every other metric at the last cycle of each method, mean over its seeds."""
    measured = learning_curve.metrics_table(runs)
    last = measured[measured["cycle"] == measured.groupby("method")["cycle"].transform("max")]
    names = [name for name in OVERALL if name != "miou" and last[name].notna().any()]
    if not names:
        return []
    means = last.groupby("method")[["cycle", *names]].mean()
    means = means.loc[[name for name in methods_of(runs) if name in means.index]]
    rows = [
        (method, int(values["cycle"]), *(percent(values[name]) for name in names))
        for method, values in zip(means.index, means.to_dict("records"), strict=True)
    ]
    headers = ("Method", "Cycle", *(OVERALL[name] for name in names))
    title = "Other metrics in % at the last cycle, mean over seeds"
    return [table(title, headers, rows, numbers=range(1, len(headers)))]


def classes(runs: Sequence[Run]) -> Section:
    """Return the metric of every class, at the last cycle that all runs share."""
    parts = shown_or_said("The classes", lambda: _classes(runs))
    return Section("classes", "Classes", parts)


def _classes(runs: Sequence[Run]) -> list[Part]:
    begun = [run for run in runs if run.published]
    parts: list[Part] = []
    for reported in (False, True):
        if reported and not per_class.report_points(begun):
            continue
        data = per_class.read(begun, reported=reported)
        if data.table.empty:
            parts.append(Text("No cycle that all runs share has been measured yet."))
            continue
        where = "at the last report point" if reported else "at the last cycle that all runs have"
        title = f"{PER_CLASS[data.metric]} of every class {where}"
        parts += [chart(title, per_class.figure, data), _table_of(data)]
    return parts


def _table_of(data: PerClass) -> Part:
    rows = [
        (row["method"], row["class"], percent(row[data.metric]), percent(row["sd"]), row["seeds"])
        for row in data.table.to_dict("records")
    ]
    headers = ("Method", "Class", f"{PER_CLASS[data.metric]} in %", "Standard deviation", "Seeds")
    return table("The same as a table", headers, rows, numbers=(2, 3, 4), closed=True)
