"""Acquisition functions on the simplex: every softmax over three classes, scored, as a triangle.

A corner is a certain prediction, the middle the uniform one, an edge a doubt between two classes.
Colours span the score's fixed range; the lines part the triangle into tenths of its area by score,
which shows the order, all that a ranking sees, also where a high temperature makes every value
nearly the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from plotly import graph_objects as go

from workbench.acquisition import ACQUISITIONS, SOFTMAX_ACQUISITIONS, softmax_score
from workbench.errors import ConfigError, unknown_name
from workbench.figures._scores import odin, words
from workbench.figures._style import THEMES, ThemeName, blank, note

TEMPERATURES = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 20.0, 50.0),
    *(100.0, 200.0, 500.0, 1000.0),
)
"""What a slider offers for ODIN."""

FLOOR = 1e-6
"""Smallest probability drawn: a softmax is never 0, and at high T an exact 0 is a case apart."""

HEIGHT = math.sqrt(3) / 2
"""Height of the triangle, whose sides are 1."""
_ROWS = 96
"""Rows of the picture."""
_STEPS = 30
"""Points per side of the table, at which the mouse reads values too."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """One triangle.

    Attributes:
        name: ``entropy`` …, or ``odin`` for least confidence at the temperature.
        title: in words.
        high: largest value the score can have with three classes; the smallest is 0.
        unit: of the score.
        values: (rows, columns) over the triangle's bounding box, row 0 at the bottom; outside the
            triangle it goes on smoothly and means nothing.
        ranks: (rows, columns) share of the triangle's area with a smaller value, 0–1.
    """

    name: str
    title: str
    high: float
    unit: str
    values: npt.NDArray[np.float32]
    ranks: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Simplex:
    """Scores over three-class softmaxes.

    Attributes:
        table: one row per panel and grid point: ``score``, ``p1``, ``p2``, ``p3`` (probabilities),
            ``value`` in the score's unit.
        panels: in order.
        temperature: T of ODIN.
    """

    table: pd.DataFrame
    panels: tuple[Panel, ...]
    temperature: float


ODIN = "odin"
"""Name of the panel that follows the temperature."""

PANELS: dict[str, str] = {name: words(name) for name in SOFTMAX_ACQUISITIONS} | {
    ODIN: "ODIN (least confidence at T)"
}
"""What there is to draw, in words."""


def read(panels: Sequence[str] = tuple(PANELS), *, temperature: float = 10.0) -> Simplex:
    """Score three-class softmaxes.

    Args:
        panels: some of ``PANELS``.
        temperature: T of ODIN (ε = 0), whose logits are ln P.

    Raises:
        ConfigError: for an unknown panel.
        ScoreError: if T is not above 0.
    """
    points, (x, y) = _grid_points(), _picture()
    picture, inside = _probabilities(x, y)
    tables, drawn = [], []
    for name in panels:
        if name not in PANELS:
            raise unknown_name("panel", name, PANELS)
        tables.append(
            pd.DataFrame(
                {
                    "score": name,
                    **{f"p{i + 1}": points[:, i] for i in range(3)},
                    "value": _score(points, name, temperature),
                }
            )
        )
        drawn.append(_panel(name, _score(picture, name, temperature), inside, temperature))
    if not drawn:
        raise ConfigError(f"No panel was chosen; choose some of {', '.join(PANELS)}.")
    return Simplex(pd.concat(tables, ignore_index=True), tuple(drawn), float(temperature))


def _score(probabilities: Array, name: str, temperature: float) -> Array:
    logits = np.log(np.maximum(probabilities, FLOOR))
    if name == ODIN:
        return softmax_score(logits, "least_confidence", temperature)
    return softmax_score(logits, name)


def _panel(name: str, values: Array, inside: npt.NDArray[np.bool_], temperature: float) -> Panel:
    entry = ACQUISITIONS.entry("least_confidence" if name == ODIN else name)
    ordered = np.sort(values[inside])
    # the middle of equal values, so that a plateau lies between lines and not on one
    left, right = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    ranks = (left + right) / (2 * len(ordered))
    title = words(odin(temperature)) if name == ODIN else PANELS[name]
    high = float(entry.upper(3, 1))
    return Panel(name, title, high, entry.unit, values.astype(np.float32), ranks.astype(np.float32))


def _grid_points() -> Array:
    """Return an even grid over the triangle, (points, 3) probabilities."""
    steps = range(_STEPS + 1)
    whole = [(_STEPS - i - j, i, j) for j in steps for i in steps if i + j <= _STEPS]
    return np.asarray(whole, dtype=np.float64) / _STEPS


def _picture() -> tuple[Array, Array]:
    """Return the picture's coordinates: (columns,) and (rows,)."""
    columns = round(_ROWS / HEIGHT)
    return np.linspace(0, 1, columns), np.linspace(0, HEIGHT, _ROWS)


def _probabilities(x: Array, y: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the softmax at every place of the picture, and which places lie in the triangle."""
    across, up = np.meshgrid(x, y)
    third = up / HEIGHT
    second = across - third / 2
    probabilities = np.stack([1 - second - third, second, third], axis=-1)
    inside: npt.NDArray[np.bool_] = np.all(probabilities >= -1e-9, axis=-1)
    probabilities = np.maximum(probabilities, FLOOR)
    return probabilities / probabilities.sum(axis=-1, keepdims=True), inside


def figure(
    data: Simplex, theme: ThemeName = "light", *, columns: int = 3, caption: bool = True
) -> go.Figure:
    """Draw the triangles side by side; one alone takes the width it is given.

    Args:
        data: what ``read`` returned.
        theme: ``light`` or ``dark``.
        columns: most triangles in a row.
        caption: write what colours and lines mean (``CAPTION``); off where the page does.
    """
    across = min(columns, len(data.panels))
    rows = -(-len(data.panels) // across)
    drawn = blank(theme)
    for place, panel in enumerate(data.panels):
        _draw(drawn, data, panel, place, (rows, across), theme)
    top = 40 if caption else 4
    drawn.update_layout(
        height=top + 8 + 265 * rows,
        width=340 * across if across > 1 else None,  # bars and titles need their room
        margin={"l": 8, "r": 8, "t": top, "b": 8},
        showlegend=False,
    )
    if caption:
        note(drawn, CAPTION, theme, y=1, yshift=16)
    return drawn


CAPTION = "Colour: the score's whole range. Lines: tenths of the triangle's area, by score."
_COLOURS = "Viridis"
_BAR = 0.24
"""Share of a panel's width that its colour bar takes."""


def _draw(
    drawn: go.Figure,
    data: Simplex,
    panel: Panel,
    place: int,
    shape: tuple[int, int],
    theme: ThemeName,
) -> None:
    rows, across = shape
    row, column = divmod(place, across)
    left, right = column / across, (column + 1 - _BAR) / across
    bottom, top = (rows - 1 - row) / rows, (rows - row - 0.04) / rows
    number = "" if place == 0 else str(place + 1)
    axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
    hidden = {"visible": False, "fixedrange": True}
    drawn.update_layout(
        {
            f"xaxis{number}": {**hidden, "domain": [left, right], "range": [-0.16, 1.16]},
            f"yaxis{number}": {
                **hidden,
                "domain": [bottom, top],
                "range": [-0.12, HEIGHT + 0.22],
                "scaleanchor": f"x{number}",
            },
        }
    )
    for trace in _traces(data, panel, theme):
        drawn.add_trace(trace.update(axes, meta=panel.name))
    drawn.data[-_TRACES].colorbar.update(x=right, y=(bottom + top) / 2, len=0.62 / rows)
    for text, x, y, anchor in (
        (f"<b>{panel.title}</b>", 0.5, HEIGHT + 0.13, "bottom"),
        ("class 1", 0.0, -0.02, "top"),
        ("class 2", 1.0, -0.02, "top"),
        ("class 3", 0.5, HEIGHT + 0.01, "bottom"),
    ):
        muted = THEMES[theme].ink if text.startswith("<b>") else THEMES[theme].muted
        drawn.add_annotation(
            text=text, x=x, y=y, xref=f"x{number}", yref=f"y{number}", showarrow=False,
            yanchor=anchor, font={"color": muted, "size": 14 if text.startswith("<b>") else 12},
        )  # fmt: skip


_TRACES = 6
"""Traces per panel; the first is the one with the colours."""


def _traces(data: Simplex, panel: Panel, theme: ThemeName) -> list[Any]:
    look = THEMES[theme]
    x, y = (axis.astype(np.float32) for axis in _picture())
    grid = {"x": x, "y": y, "hoverinfo": "skip"}
    colours = go.Heatmap(
        z=panel.values, zmin=0, zmax=panel.high, zsmooth="best", colorscale=_COLOURS, **grid,
        colorbar={
            "title": {"text": panel.unit, "font": {"size": 12}},
            "thickness": 12,
            "outlinewidth": 0,
            "tickfont": {"size": 11, "color": look.muted},
            "tickvals": [0, panel.high / 2, panel.high],
            "tickformat": ".3~g",
            "yanchor": "middle",
            "xanchor": "left",
        },
    )  # fmt: skip
    lines = [  # light under dark, so that they show on every colour
        go.Contour(
            z=panel.ranks, showscale=False, line={"color": colour, "width": width}, **grid,
            contours={"coloring": "none", "start": 0.1, "end": 0.9, "size": 0.1},
        )
        for colour, width in (("rgba(255,255,255,0.55)", 2.0), ("rgba(20,20,20,0.75)", 0.8))
    ]  # fmt: skip
    # what lies outside the triangle is covered, which gives it straight edges
    over = HEIGHT + 0.05
    cover = go.Scatter(
        x=[-0.1, -0.1, 0.5, 0.5, 0, 0, None, 1.1, 1.1, 0.5, 0.5, 1, 1, None, 0, 0, 1, 1],
        y=[-0.05, over, over, HEIGHT, 0, -0.05, None, -0.05, over, over, HEIGHT, 0, -0.05, None,
           -0.05, 0, 0, -0.05],
        mode="lines", fill="toself", fillcolor=look.paper, line={"width": 0}, hoverinfo="skip",
    )  # fmt: skip
    edge = go.Scatter(
        x=[0, 1, 0.5, 0], y=[0, 0, HEIGHT, 0], mode="lines", hoverinfo="skip",
        line={"color": look.muted, "width": 1.2},
    )  # fmt: skip
    return [colours, *lines, cover, edge, _reader(data, panel)]


def _reader(data: Simplex, panel: Panel) -> Any:
    """Return invisible points whose hover text is the value under the mouse."""
    points = data.table[data.table["score"] == panel.name]
    return go.Scatter(
        x=(points["p2"] + points["p3"] / 2).to_numpy(np.float32),
        y=(points["p3"] * HEIGHT).to_numpy(np.float32),
        customdata=points[["p1", "p2", "p3", "value"]].to_numpy(np.float32),
        mode="markers",
        marker={"size": 12, "opacity": 0},
        hovertemplate=(
            "P = (%{customdata[0]:.2f}, %{customdata[1]:.2f}, %{customdata[2]:.2f})<br>"
            f"%{{customdata[3]:.4g}} {panel.unit}<extra>{panel.title}</extra>"
        ),
    )
