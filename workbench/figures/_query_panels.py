"""How :mod:`workbench.figures.query_analysis` is drawn: two panels side by side, on any screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures._seeds import SPREADS, Spread, count_text
from workbench.figures._style import THEMES, Theme, ThemeName, blank, note, plain, styles

_COLUMNS = 2
_ROW, _GAP, _HEAD = 190, 84, 76
"""CSS pixels: a panel, the space between two rows, what stands above all but for the legend."""

_LEGEND_ROW, _IN_A_ROW = 22, 4
"""CSS pixels of a row of the legend, and how many methods it holds on a small screen."""


@dataclass(frozen=True)
class Measure:
    """A measure in words.

    Attributes:
        title: its name.
        axis: what its axis shows, with the unit.
        meaning: what a value means and which way is better.
        pool: whether the pool's own value is drawn beside it.
        from_zero: whether its axis starts at 0.
    """

    title: str
    axis: str
    meaning: str
    pool: bool = False
    from_zero: bool = True


def draw(
    summary: pd.DataFrame,
    methods: Sequence[str],
    measures: Mapping[str, Measure],
    spread: Spread,
    theme: ThemeName,
) -> go.Figure:
    """Draw one panel for each measure.

    Args:
        summary: one row per experiment, method, cycle and ``measure``: ``mean``, ``low``, ``high``,
            ``seeds``; the pool's own values as the measure ``pool_…``.
        methods: every method of the experiments, which fixes the colours.
        measures: what to draw, in order.
        spread: what ``low`` and ``high`` are.
        theme: look.
    """
    columns = min(_COLUMNS, len(measures))
    rows = -(-len(measures) // columns)
    titles = [measure.title for measure in measures.values()]
    legend = _LEGEND_ROW * -(-(summary["method"].nunique() + 1) // _IN_A_ROW)
    drawn = _panels(rows, columns, titles, theme, head=_HEAD + legend)
    look, looks = THEMES[theme], styles(methods)
    several = summary["experiment"].nunique() > 1
    shown: set[str] = set()

    def add(trace: go.Scatter, place: int) -> None:
        trace.showlegend = trace.name not in shown
        shown.add(trace.name)
        drawn.add_trace(trace, row=place // columns + 1, col=place % columns + 1)

    for place, (name, measure) in enumerate(measures.items()):
        if measure.pool:
            own = summary[summary["measure"] == f"pool_{name}"]
            pool = own.groupby("cycle")["mean"].mean()
            if len(pool):
                add(_pool(pool, look), place)
        points = summary[summary["measure"] == name]
        for method in methods:
            for experiment, line in points[points["method"] == method].groupby("experiment"):
                title = plain(f"{method} · {experiment}" if several else method)
                style = looks[method]
                add(_mean_line(title, line, look.colours[style.colour], style.marker), place)
        axis = {"row": place // columns + 1, "col": place % columns + 1}
        percent = ".0%" if measure.axis.endswith("(%)") else None
        drawn.update_yaxes(title_text=measure.axis, tickformat=percent, **axis)
        drawn.update_yaxes(rangemode="tozero" if measure.from_zero else "normal", **axis)
    note(drawn, _caption(summary, spread), theme, y=1, yshift=30)
    return drawn


def _panels(
    rows: int, columns: int, titles: list[str], theme: ThemeName, *, head: int
) -> go.Figure:
    """Return empty panels with their titles."""
    cells: list[dict[str, Any] | None] = [
        {} if n < len(titles) else None for n in range(rows * columns)
    ]
    inside = rows * _ROW + (rows - 1) * _GAP
    drawn = make_subplots(
        rows,
        columns,
        specs=[cells[n : n + columns] for n in range(0, len(cells), columns)],
        subplot_titles=titles,
        horizontal_spacing=0.16,
        vertical_spacing=_GAP / inside if rows > 1 else 0,
    )
    base = blank(theme)
    headings = drawn.layout.annotations
    drawn.update_layout(base.layout)
    drawn.layout.annotations = [heading.update(font={"size": 15}) for heading in headings]
    axis = base.layout.xaxis.to_plotly_json()
    drawn.update_xaxes(axis | {"title": {"text": "Cycle", "standoff": 4}, "dtick": 1})
    drawn.update_yaxes(axis | {"title": {"standoff": 4}})
    drawn.update_layout(
        height=inside + head + 60,
        margin={"t": head, "b": 60, "l": 56, "r": 12},
        legend={"y": 1 + 52 / inside},  # above the caption, whatever the height
    )
    return drawn


def _pool(points: pd.Series, look: Theme) -> go.Scatter:
    return go.Scatter(
        x=points.index.to_numpy(),
        y=points.to_numpy(),
        mode="lines+markers" if len(points) == 1 else "lines",
        line={"color": look.muted, "width": 1.6, "dash": "dot"},
        marker={"symbol": "line-ew-open", "size": 14},
        name="the pool itself",
        legendgroup="the pool itself",
        hovertemplate="<b>the pool itself</b>, cycle %{x}: %{y:.3f}<extra></extra>",
    )


def _mean_line(name: str, points: pd.DataFrame, colour: str, marker: str) -> go.Scatter:
    """Return a method's means over seeds as a line, with a bar from ``low`` to ``high``."""
    return go.Scatter(
        x=points["cycle"],
        y=points["mean"],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": points["high"] - points["mean"],
            "arrayminus": points["mean"] - points["low"],
            "thickness": 1.2,
            "width": 4,
        },
        customdata=points["seeds"].to_numpy(),
        mode="lines+markers",
        line={"color": colour, "width": 2.2},
        marker={"symbol": marker, "size": 8},
        name=name,
        legendgroup=name,
        hovertemplate=f"<b>{name}</b>, cycle %{{x}}: %{{y:.3f}} (n = %{{customdata}})"
        "<extra></extra>",
    )


def _caption(summary: pd.DataFrame, spread: Spread) -> str:
    if summary["seeds"].max() == 1:
        return "One seed for each method. Embedding: that of cycle 0."
    n = count_text(summary["seeds"])
    return f"Line: mean over seeds ({n}). Bar: {SPREADS[spread]}. Embedding: that of cycle 0."
