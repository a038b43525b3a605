"""Mode collapse as numbers: how far the picks of each method spread over the pool.

All methods are measured in one embedding, that of cycle 0, which methods with the same seed share:
distances between different networks' features would say nothing. Distances are given in units of
the pool's spread in that embedding (root mean square distance of a unit to the mean of all), so
that seeds, whose networks differ in scale, can be averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from workbench.errors import unknown_name
from workbench.figures._embedded import LastPool, seed_by_seed
from workbench.figures._query_panels import mean_line
from workbench.figures._runs import methods_of, over_seeds
from workbench.figures._style import THEMES, ThemeName, blank, note, styles
from workbench.figures._style import sentence as sentence_figure

if TYPE_CHECKING:
    from workbench.store import Run

Spread = Literal["range", "sd"]

MEASURES: dict[str, tuple[str, str]] = {
    "coverage_radius": (
        "Coverage radius",
        "Distance from the worst covered unit of the pool to the nearest labelled one, the new "
        "picks counted as labelled, in units of the pool's spread. Smaller covers better.",
    ),
    "neighbour_distance": (
        "Neighbour distance",
        "Mean distance of a pick to the nearest other pick of the same batch, in units of the "
        "pool's spread. Larger means less crowding.",
    ),
    "same_sequence_share": (
        "Same-sequence share",
        "Share of picks whose nearest other pick of the batch comes from the same sequence. "
        "Smaller means less repetition.",
    ),
}
"""Column ► title and what it says."""

_SPREADS = {"range": "min–max", "sd": "±1 standard deviation"}
_KEYS = ["experiment", "method", "seed", "cycle"]


@dataclass(frozen=True)
class Collapse:
    """How far each batch spreads.

    Attributes:
        table: one row a run and cycle that selected something: ``experiment``, ``method``,
            ``seed``, ``cycle``, ``picks``, the columns of ``MEASURES`` (NaN where a batch of one
            has no neighbour, or images are of no sequence) and ``pool_spread`` (in the embedding's
            own unit). Runs without embeddings have no row.
        summary: one row an experiment, method, cycle and ``measure``: ``mean``, ``low``, ``high``
            and ``seeds``.
        spread: what ``low`` and ``high`` are: ``range`` or ``sd``.
        methods: every method of the experiments read, which fixes the colours.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    spread: Spread
    methods: tuple[str, ...]

    @property
    def overall(self) -> pd.DataFrame:
        """One row an experiment and method: mean of each measure over all cycles and seeds."""
        return self.table.groupby(["experiment", "method"], sort=False)[list(MEASURES)].mean()


def read(runs: Sequence[Run], *, spread: Spread = "range") -> Collapse:
    """Measure every published selection of some runs.

    Raises:
        ConfigError: for an unknown spread.
    """
    if spread not in _SPREADS:
        raise unknown_name("spread", spread, _SPREADS)
    known = LastPool()
    rows = [row for run in seed_by_seed(runs) for row in _measure(run, known)]
    table = pd.DataFrame(rows, columns=[*_KEYS, "picks", *MEASURES, "pool_spread"])
    table = table.sort_values(_KEYS, ignore_index=True)
    return Collapse(table, over_seeds(table, MEASURES, spread), spread, methods_of(runs))


def _measure(run: Run, known: LastPool) -> list[dict[str, Any]]:
    pool = known.of(run)
    if pool is None:
        return []
    return [
        {
            "experiment": run.experiment.id,
            "method": run.method.name,
            "seed": run.seed,
            "cycle": batch.cycle.number,
            "picks": len(batch.vectors),
            **batch.measures,
            "pool_spread": pool.spread,
        }
        for batch in pool.batches(run)
    ]


def figure(data: Collapse, theme: ThemeName = "light") -> go.Figure:
    """Draw one panel a measure, a line a method, a bar at each cycle for the spread over seeds."""
    if data.summary.empty:
        return sentence_figure(
            "No batch has been selected yet: the first one appears when cycle 0 is done.", theme
        )
    look, base = THEMES[theme], blank(theme)
    titles = [title for title, _ in MEASURES.values()]
    drawn = make_subplots(1, len(MEASURES), subplot_titles=titles, horizontal_spacing=0.17)
    headings = drawn.layout.annotations
    drawn.update_layout(base.layout)
    drawn.layout.annotations = [heading.update(font={"size": 14}) for heading in headings]
    axis = base.layout.xaxis.to_plotly_json()
    drawn.update_xaxes(axis | {"title": {"text": "Cycle", "standoff": 8}, "dtick": 1})
    drawn.update_yaxes(axis | {"rangemode": "tozero", "title": {"standoff": 4}})
    several = data.summary["experiment"].nunique() > 1
    looks = styles(data.methods)
    shown: set[str] = set()
    for column, measure in enumerate(MEASURES, start=1):
        points = data.summary[data.summary["measure"] == measure]
        for method in data.methods:
            for experiment, line in points[points["method"] == method].groupby("experiment"):
                name = f"{method} · {experiment}" if several else method
                colour = look.colours[looks[method].colour]
                trace = mean_line(name, line, colour, looks[method].marker)
                drawn.add_trace(trace.update(showlegend=name not in shown), row=1, col=column)
                shown.add(name)
    drawn.update_yaxes(tickformat=".0%", col=3)
    drawn.update_yaxes(title_text="Pool spreads", col=1)
    drawn.update_yaxes(title_text="Pool spreads", col=2)
    drawn.update_yaxes(title_text="Share of picks (%)", col=3)
    drawn.update_layout(margin={"t": 110}, legend={"y": 1.2}, height=420)
    note(drawn, _caption(data), theme, y=1.11)
    return drawn


def _caption(data: Collapse) -> str:
    seeds = sorted(set(data.summary["seeds"]))
    n = f"n = {seeds[0]}" if len(seeds) == 1 else f"n = {seeds[0]}–{seeds[-1]}"
    if seeds[-1] == 1:
        return "One seed a method. Measured in the embedding of cycle 0."
    return (
        f"Line: mean over seeds ({n}). Bar: {_SPREADS[data.spread]}. "
        "Measured in the embedding of cycle 0."
    )
