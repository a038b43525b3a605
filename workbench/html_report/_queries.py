"""What was queried: how far picks spread, what they hold, how methods agree, what a score sums."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from workbench.figures import (
    class_distribution,
    entropy_distribution,
    method_overlap,
    query_analysis,
)
from workbench.html_report._parts import Part, Section, Text, chart, number, shown_or_said, table

if TYPE_CHECKING:
    from workbench.store import Cycle, Run

_MOST_CURVES = 3
"""Cycles whose entropy distribution is drawn: every further one reads all its maps."""


def queries(runs: Sequence[Run]) -> Section:
    """Return the measures of every query."""
    parts = [
        *shown_or_said("The measures of the queries", lambda: _analysis(runs)),
        *shown_or_said("The classes of the labelled sets", lambda: _distribution(runs)),
        *shown_or_said("The agreement of methods", lambda: _overlap(runs)),
    ]
    return Section("queries", "Queries", tuple(parts))


def _analysis(runs: Sequence[Run]) -> list[Part]:
    data = query_analysis.read(runs, spread="sd")
    if data.summary.empty:
        return [Text("No query can be measured yet.")]
    measures = query_analysis.MEASURES
    overall = data.overall.droplevel("experiment").dropna(axis=1, how="all")
    overall = overall.reindex([name for name in data.methods if name in overall.index])
    names = [str(name) for name in overall]
    headers = ("Method", *(measures[name].title for name in names))
    rows = [(method, *map(number, values)) for method, values in overall.iterrows()]
    meanings = [(measures[name].title, measures[name].meaning) for name in names]
    return [
        chart("Every query, measured in the embedding of cycle 0", query_analysis.figure, data),
        table("Mean over cycles and seeds", headers, rows, numbers=range(1, len(headers))),
        table("What the measures mean", ("Measure", "Meaning"), meanings, closed=True),
    ]


def _distribution(runs: Sequence[Run]) -> list[Part]:
    begun = [run for run in runs if run.published]
    data = class_distribution.read(begun)
    if data.table.empty:
        return []
    title = f"Classes of the labelled sets at cycle {data.cycle}"
    entropy = [
        (row["set"], number(row["entropy"], ".3f"), number(row["sd"], ".3f"), row["seeds"])
        for row in data.entropy.to_dict("records")
    ]
    headers = ("Set", "Class entropy (nats)", "Standard deviation", "Seeds")
    return [
        chart(title, class_distribution.figure, data),
        table("Entropy of these classes", headers, entropy, numbers=(1, 2, 3)),
    ]


def _overlap(runs: Sequence[Run]) -> list[Part]:
    data = method_overlap.read([run for run in runs if run.published])
    kinds = [kind for kind in method_overlap.KINDS if len(data.matrix(kind))]
    return [
        chart(method_overlap.KINDS[kind][0], method_overlap.figure, data, kind=kind)
        for kind in kinds
    ]


def distributions(runs: Sequence[Run]) -> Section:
    """Return which pixels the sums of the scores come from, for a few methods' first cycles."""
    cycles = {}
    for run in runs:
        numbers = run.cycle_numbers
        if numbers and run.method.name not in cycles:
            cycles[run.method.name] = run.cycle(numbers[-1])
    parts: list[Part] = []
    for cycle in list(cycles.values())[:_MOST_CURVES]:
        title = f"{cycle.origin.method}, seed {cycle.origin.seed}, cycle {cycle.number}"
        parts += shown_or_said(f"The distribution of {title}", partial(_curves, cycle, title))
    if len(cycles) > _MOST_CURVES:
        parts.append(Text(f"Drawn for the first {_MOST_CURVES} of {len(cycles)} methods."))
    text = "No score map has been stored yet."
    return Section("entropy", "Entropy distribution", tuple(parts) or (Text(text),))


def _curves(cycle: Cycle, title: str) -> list[Part]:
    return [chart(title, entropy_distribution.figure, entropy_distribution.read_cycle(cycle))]
