"""Printed numbers as markers over learning curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.figures._measured import SHARES
from workbench.figures._paper_places import cells_for, cycle_of
from workbench.figures._style import Style, Theme, plain
from workbench.pool import nominal_shares

if TYPE_CHECKING:
    from plotly import graph_objects as go

    from workbench.store import ExperimentRecord, Run

_COLUMNS = ["experiment", "method", "x", "value", "spread", "about", "scaled"]

CAPTION = "Crosses: the paper's numbers."


def cells_on(runs: Sequence[Run], x: str, y: str) -> pd.DataFrame:
    """Return the printed numbers of the runs' presets that a learning curve can show.

    Args:
        runs: of one or several experiments.
        x: the x axis. A number stands at the nominal budget of its cycle, so an axis of another
            unit than the budget's has none; axes of shares and of images have all but clicks.
        y: the metric; mIoU@B is mIoU.

    Returns:
        One row per number: ``experiment``, ``method``, ``x`` (in the axis's unit), ``value`` and
        ``spread`` (0–1; NaN if none is printed), ``about`` (paper, table, row, column), ``scaled``.
    """
    shown = {(run.experiment.id, run.method.name) for run in runs}
    records = {run.experiment.id: run.experiment for run in runs}.values()
    rows = [row for record in records for row in _rows(record, x, y)]
    rows = [row for row in rows if (row["experiment"], row["method"]) in shown]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _rows(record: ExperimentRecord, x: str, y: str) -> Iterator[dict[str, Any]]:
    cells = [
        cell
        for cell in cells_for(record)
        if cell.metric.partition("@")[0] == y and cell.unit in ("fraction", "percent")
    ]
    places = _places(record, x) if cells else ()
    for cell in cells:
        cycle = cycle_of(record, cell)
        if cycle is None or cell.fraction is None or not len(places):
            continue
        percent = 100.0 if cell.unit == "percent" else 1.0
        yield {
            "experiment": record.id,
            "method": cell.method,
            "x": float(places[cycle]),
            "value": cell.fraction,
            "spread": np.nan if cell.spread is None else cell.spread / percent,
            "about": f"{cell.paper}, {cell.table}, {cell.row}, {cell.column}",
            "scaled": record.config.scaled is not None,
        }


def _places(record: ExperimentRecord, x: str) -> Sequence[float]:
    """Return where the nominal budget of each cycle is on an axis; none if it is not on it."""
    budget = record.config.budget
    if x == "cycle":
        return range(budget.cycles)
    if x == f"labelled_{budget.unit}":
        return [float(budget.nominal(cycle)) for cycle in range(budget.cycles)]
    if x in {*SHARES, "labelled_images"} and budget.unit != "clicks":
        whole = record.geometry.n_images if x == "labelled_images" else 1
        return [whole * float(share) for share in nominal_shares(record.geometry, budget)]
    return ()


def add_cells(
    drawn: go.Figure, cells: pd.DataFrame, looks: Mapping[str, Style], look: Theme, several: bool
) -> None:
    """Draw printed numbers as crosses in their method's colour, with their spread as bars.

    Args:
        drawn: a figure of learning curves, whose legend groups are methods.
        cells: as of :func:`cells_on`.
        looks: method ► its look.
        look: the theme.
        several: whether the legend tells experiments apart.
    """
    for (experiment, method), rows in cells.groupby(["experiment", "method"], sort=False):
        group = plain(f"{method} · {experiment}" if several else str(method))
        colour = look.colours[looks[str(method)].colour]
        ours = "; ours is scaled" if rows["scaled"].any() else ""
        drawn.add_scatter(
            x=rows["x"],
            y=rows["value"],
            error_y={
                "array": rows["spread"].fillna(0.0),
                "color": colour,
                "thickness": 1,
                "width": 3,
            },
            customdata=[[plain(about), _spread(of)] for about, of in _texts(rows)],
            mode="markers",
            marker={
                "symbol": "x-thin",
                "size": 10,
                "color": colour,
                "line": {"width": 2.5, "color": colour},
            },
            hovertemplate=(
                f"<b>{plain(str(method))}</b> in the paper{ours}: %{{y:.1%}}%{{customdata[1]}}<br>"
                "%{customdata[0]}<extra></extra>"
            ),
            name=f"{group}, the paper's",
            legendgroup=group,
            showlegend=False,
        )


def _texts(rows: pd.DataFrame) -> list[tuple[str, float]]:
    return list(zip(rows["about"], rows["spread"], strict=True))


def _spread(spread: float) -> str:
    return "" if np.isnan(spread) else f" ± {100 * spread:.1f} %"
