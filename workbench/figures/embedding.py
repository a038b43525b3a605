"""The embedding: the pool in two dimensions, and where in it a method picks.

Panels stand side by side on shared axes. Given one projection they show the same points, so that
only the picks differ from panel to panel: single-sample picks that crowd together are mode
collapse, which :mod:`workbench.figures.query_analysis` puts into numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from workbench.errors import PoolError, ShapeError, unknown_name
from workbench.figures._runs import title_of
from workbench.figures._style import STATE_COLOURS, THEMES, Theme, ThemeName, blank, note, plain
from workbench.figures._style import sentence as sentence_figure
from workbench.store import run_of
from workbench.store.damage import readable
from workbench.types import UNIT_STATES, image_numbers, local_numbers, states_and_ranks, unit_ids

if TYPE_CHECKING:
    from workbench.store import Cycle, Projection

Colour = Literal["state", "sequence"]

COLOURS: dict[str, str] = {"state": "Unlabelled, labelled, selected now", "sequence": "Sequence"}
"""What a point's colour can stand for."""

_STATE_WORDS = {"unlabelled": "unlabelled", "labelled": "labelled", "selected": "selected now"}
_VECTOR_POINTS = 4000
"""Points up to which a panel is drawn as SVG, which is sharper; above, WebGL, which is faster."""
_NAMED_SEQUENCES = 7
"""Sequences with a colour of their own: the largest; the others share one."""


@dataclass(frozen=True)
class EmbeddingFigure:
    """Units in two dimensions, panel by panel.

    Attributes:
        table: one row per panel and unit: ``panel``, ``unit_id``, ``image_id``, ``sequence``,
            ``x``, ``y``, ``state`` (unlabelled, labelled, selected) and ``rank`` (of selected
            units, from 0; −1 for the others).
        panels: the panels' titles, in order.
        axes: name of the projection, for the axis titles.
        shown: units in a panel.
        total: units of the pool.
        hidden: units selected in a panel that the sample left out, summed over the panels.
    """

    table: pd.DataFrame
    panels: tuple[str, ...]
    axes: str
    shown: int
    total: int
    hidden: int = 0

    @property
    def notice(self) -> str:
        """What is shown of how much, if it is not all; otherwise empty."""
        if self.shown >= self.total:
            return ""
        text = f"Showing {self.shown:,} of {self.total:,} units, an even share of each sequence."
        return f"{text} {self.hidden:,} selected units are not among them." if self.hidden else text


def read(cycles: Sequence[Cycle] | Cycle, projection: Projection) -> EmbeddingFigure:
    """Join the points of a projection with what is labelled and selected in each cycle.

    Args:
        cycles: one per panel, all of one experiment; e.g. the same cycle of several methods.
        projection: where the units lie (``workbench.projection``); the same for every panel, so
            that panels compare.

    Raises:
        ShapeError: if the cycles belong to experiments with different pools.
    """
    shown = tuple(cycles) if isinstance(cycles, Sequence) else (cycles,)
    ids = np.asarray(projection.unit_ids, dtype=np.int64)
    points = np.asarray(projection.points)
    panels, tables = [], []
    titles = [title_of(cycle) for cycle in shown]
    read_of = list(readable(zip(titles, shown, strict=True), lambda one: _about(one[1], ids)))
    for (title, _), units in read_of:
        base = pd.DataFrame({"panel": title, "unit_id": ids, "x": points[:, 0], "y": points[:, 1]})
        tables.append(base.assign(**units))
        panels.append(title)
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_COLUMNS)
    about = projection.parameters
    axes, total = str(about.get("title", "Axis")), int(about.get("total", len(ids)))
    hidden = sum(int((~np.isin(cycle.selected, ids)).sum()) for (_, cycle), _ in read_of)
    return EmbeddingFigure(table[_COLUMNS], tuple(panels), axes, len(ids), total, hidden)


_COLUMNS = ["panel", "unit_id", "image_id", "sequence", "x", "y", "state", "rank"]


def _about(cycle: Cycle, ids: npt.NDArray[np.int64]) -> dict[str, Any]:
    experiment = run_of(cycle).experiment
    try:
        rows = experiment.geometry.places(ids)
    except PoolError:
        raise ShapeError(
            f"The projection holds units that the pool of {experiment.id} does not; "
            "panels must come from one experiment."
        ) from None
    state, rank = states_and_ranks(ids, cycle.labelled, cycle.selected)
    return {
        "image_id": rows["image_id"].to_numpy(),
        "sequence": rows["sequence"].to_numpy(),
        "state": state,
        "rank": rank,
    }


def unit_of(customdata: Sequence[int]) -> int:
    """Return the unit id of a point, from the ``customdata`` that plotly returns for it."""
    return int(unit_ids(int(customdata[0]), int(customdata[1])))


def figure(
    data: EmbeddingFigure, theme: ThemeName = "light", *, colour: Colour = "state"
) -> go.Figure:
    """Draw one panel per cycle.

    Every point's ``customdata`` is two whole numbers, image number and local number
    (:func:`unit_of`): names would make a large figure several times slower.

    Raises:
        ConfigError: if ``colour`` is not one of ``COLOURS``.
    """
    if colour not in COLOURS:
        raise unknown_name("colour", colour, COLOURS)
    if data.table.empty:
        return sentence_figure("No unit has been embedded yet.", theme)
    columns = 2 if len(data.panels) == 4 else min(len(data.panels), 3)
    rows = -(-len(data.panels) // columns)
    drawn = _panels(data, rows, columns, theme)
    # one kind for all: the graphics card's layer lies above all that is drawn without it
    kind = go.Scatter if data.shown <= _VECTOR_POINTS else go.Scattergl
    named = data.table["sequence"].value_counts().index[:_NAMED_SEQUENCES].tolist()
    for place, panel in enumerate(data.panels):
        points = data.table[data.table["panel"] == panel]
        where = {"row": place // columns + 1, "col": place % columns + 1}
        layers = (
            _state_layers(points, THEMES[theme])
            if colour == "state"
            else _sequence_layers(points, sorted(named), THEMES[theme])
        )
        for name, layer, marker in layers:
            trace = kind(showlegend=place == 0, **_points(name, layer, marker))
            drawn.add_trace(trace, **where)
    if data.notice:
        note(drawn, data.notice, theme, y=0, yanchor="top", yshift=-44)
    return drawn


def _panels(data: EmbeddingFigure, rows: int, columns: int, theme: ThemeName) -> go.Figure:
    titles = list(map(plain, data.panels)) if len(data.panels) > 1 else None
    grid = make_subplots(
        rows, columns, shared_xaxes="all", shared_yaxes="all", subplot_titles=titles,
        horizontal_spacing=0.02, vertical_spacing=0.12 / rows,
    )  # fmt: skip
    drawn = blank(theme)
    look = {"layout": drawn.layout.to_plotly_json()}
    annotations = grid.layout.annotations
    grid.update_layout(look["layout"])
    grid.layout.annotations = annotations
    axis = drawn.layout.xaxis.to_plotly_json() | {"showticklabels": False, "ticks": ""}
    grid.update_xaxes(axis | {"mirror": True})
    grid.update_yaxes(axis | {"mirror": True})
    for column in range(1, columns + 1):
        grid.update_xaxes(title_text=plain(f"{data.axes} 1"), row=rows, col=column)
    for row in range(1, rows + 1):
        grid.update_yaxes(title_text=plain(f"{data.axes} 2"), row=row, col=1)
    grid.update_annotations(font={"size": 14})
    grid.update_layout(
        legend={"y": 1.0, "yref": "container", "yanchor": "top", "itemsizing": "constant"},
        margin={"t": 72 if titles else 48, "b": 72},
        height=max(460, 60 + 380 * rows),
        hovermode="closest",
        dragmode="pan",
        uirevision="embedding",
    )
    return grid


Layer = tuple[str, pd.DataFrame, dict[str, Any]]


def _size(points: pd.DataFrame) -> int:
    return 4 if len(points) > _VECTOR_POINTS else 7


def _state_layers(points: pd.DataFrame, look: Theme) -> list[Layer]:
    """Return the states as layers, selected units on top."""
    size = _size(points)
    layers = []
    for state in UNIT_STATES:
        marker: dict[str, Any] = {"size": size, "color": look.faint, "opacity": 0.75}
        if state != "unlabelled":
            marker = {
                "size": size + (4 if state == "labelled" else 6),
                "symbol": "circle" if state == "labelled" else "diamond",
                "color": look.colours[STATE_COLOURS[state]],
                "line": {"width": 1, "color": look.paper},
            }
        layers.append((_STATE_WORDS[state], points[points["state"] == state], marker))
    return layers


def _sequence_layers(points: pd.DataFrame, named: list[Any], look: Theme) -> list[Layer]:
    """Return the sequences as layers, and the selected units once more as open diamonds."""
    size, rest = _size(points), ~points["sequence"].isin(named)
    layers: list[Layer] = []
    if rest.any():
        layers.append(("other sequences", points[rest], {"size": size, "color": look.faint}))
    for colour, sequence in zip(look.colours[1:], named, strict=False):
        members = points[points["sequence"] == sequence]
        layers.append((plain(sequence), members, {"size": size, "color": colour}))
    ring = {"size": 13, "symbol": "diamond-open", "color": look.ink, "line": {"width": 2}}
    layers.append((_STATE_WORDS["selected"], points[points["state"] == "selected"], ring))
    return layers


def _points(name: str, points: pd.DataFrame, marker: dict[str, Any]) -> dict[str, Any]:
    ids = points["unit_id"].to_numpy()
    return {
        "x": points["x"].to_numpy(np.float32),
        "y": points["y"].to_numpy(np.float32),
        "customdata": np.stack([image_numbers(ids), local_numbers(ids)], axis=1).astype(np.int32),
        "mode": "markers",
        "marker": marker,
        "name": name,
        "legendgroup": name,
        "hovertemplate": (
            f"{name}<br>image %{{customdata[0]}}, unit %{{customdata[1]}}<extra></extra>"
        ),
    }
