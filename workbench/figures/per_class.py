"""IoU of every class, method against method, at one cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from workbench.figures._runs import last_shared, one_experiment
from workbench.figures._seeds import over_seeds
from workbench.figures._style import THEMES, ThemeName, blank, note, plain
from workbench.figures._style import sentence as sentence_figure

if TYPE_CHECKING:
    from workbench.store import Cycle, Run


@dataclass(frozen=True)
class PerClass:
    """IoU per class at one cycle.

    Attributes:
        table: one row per method and class, classes in the card's order: ``method``, ``class``,
            ``iou`` (mean over seeds, 0–1, NaN where the class is absent), ``sd`` (NaN for one seed)
            and ``seeds``. ``mean`` stands after the classes: the mIoU.
        cycle: the cycle; ``None`` if there is none that all runs have.
    """

    table: pd.DataFrame
    cycle: int | None


_COLUMNS = ["method", "class", "iou", "sd", "seeds"]


def read(runs: Sequence[Run], cycle: int | None = None) -> PerClass:
    """Read the IoU per class of runs of one experiment.

    Args:
        runs: all of one experiment.
        cycle: a published cycle; by default the last that all the runs have.

    Raises:
        ConfigError: if the runs belong to several experiments.
    """
    experiment = one_experiment(runs, "The table per class")
    shared = last_shared(runs)
    number = shared if cycle is None else cycle
    if experiment is None or number < 0:
        return PerClass(pd.DataFrame(columns=_COLUMNS), None)
    names = [*experiment.card.classes, "mean"]
    values = [
        {"method": run.method.name, "class": name, "value": value}
        for run in runs
        if number in run.cycle_numbers
        for name, value in zip(names, _values(run.cycle(number)), strict=True)
    ]
    table = over_seeds(pd.DataFrame(values), ["method", "class"]).rename(columns={"mean": "iou"})
    return PerClass(table[_COLUMNS], number)


def _values(cycle: Cycle) -> list[float]:
    return [*cycle.metrics.iou, cycle.metrics.miou]


def figure(data: PerClass, theme: ThemeName = "light") -> go.Figure:
    """Draw the table as a map: a row per method, a column per class, colour and number the IoU."""
    if data.table.empty:
        return sentence_figure("No cycle that all these runs share has been measured yet.", theme)
    look, drawn = THEMES[theme], blank(theme)
    classes = list(dict.fromkeys(data.table["class"]))
    methods = list(dict.fromkeys(data.table["method"]))
    grid = data.table.pivot(index="method", columns="class", values="iou").loc[methods, classes]
    values = grid.to_numpy(float)
    drawn.add_heatmap(
        z=values,
        x=list(map(plain, classes)),
        y=list(map(plain, methods)),
        text=[["–" if np.isnan(v) else f"{v * 100:.1f}" for v in row] for row in values],
        texttemplate="%{text}",
        zmin=0,
        zmax=1,
        colorscale="Cividis",
        xgap=2,
        ygap=2,
        showscale=False,  # every cell shows its number
        hovertemplate="%{y}, %{x}: %{z:.1%}<extra></extra>",
    )
    drawn.update_xaxes(side="top", showgrid=False, ticks="", showline=False, title_text="Class")
    drawn.update_yaxes(autorange="reversed", showgrid=False, ticks="", showline=False)
    drawn.update_layout(height=170 + 44 * len(methods), margin={"t": 96, "b": 48})
    seeds = int(data.table["seeds"].max())
    text = f"IoU in %, cycle {data.cycle}, mean over seeds (n = {seeds}). Dash: class absent."
    note(drawn, text, theme, y=0, yanchor="top", yshift=-10)
    drawn.update_yaxes(tickfont={"color": look.ink})
    return drawn
