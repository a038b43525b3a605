"""One look for all figures: colour and marker of each method, colours of states, light and dark.

Colours follow Okabe & Ito (2008, *Color universal design*), which stay apart under the common
colour-vision deficiencies; yellow is left out (it vanishes on white), and some are shifted a little
so that each keeps a contrast of about 3:1 with its theme's background.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any, Literal

from plotly import graph_objects as go

from workbench.methods import METHODS
from workbench.printable import printable

ThemeName = Literal["light", "dark"]

FONT = "Source Sans, Segoe UI, Roboto, Helvetica, Arial, sans-serif"


@dataclass(frozen=True)
class Theme:
    """Colours of everything that is not data.

    Attributes:
        paper: background; Streamlit's own, so that a figure does not stand in a box.
        ink: text.
        muted: secondary text and axis lines.
        grid: grid lines.
        colours: of methods and categories, in order.
        faint: points that are there for context only.
    """

    paper: str
    ink: str
    muted: str
    grid: str
    colours: tuple[str, ...]
    faint: str


_LIGHT = Theme(
    paper="#ffffff",
    ink="#262730",
    muted="#5f6270",
    grid="#e3e5ea",
    colours=(
        "#6f6f6f",  # grey
        "#d55e00",  # vermillion
        "#0072b2",  # blue
        "#c2609a",  # reddish purple
        "#c28500",  # orange
        "#2f97d4",  # sky blue
        "#009e73",  # bluish green
        "#7a4a1e",  # brown
    ),
    faint="#b3b7c2",
)
_DARK = Theme(
    paper="#0e1117",
    ink="#fafafa",
    muted="#a9adb8",
    grid="#2a2e39",
    colours=(
        "#a6a6a6",
        "#f07b22",
        "#3f8fd9",
        "#dd8fbc",
        "#e9b000",
        "#7cc8f2",
        "#1fb98d",
        "#b98556",
    ),
    faint="#7a8090",
)
THEMES: dict[ThemeName, Theme] = {"light": _LIGHT, "dark": _DARK}

_MARKERS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "triangle-down",
    "cross",
    "pentagon",
    "star",
    "hexagon",
    "hourglass",
)
_PLACES = len(_MARKERS) * len(_LIGHT.colours)

GREY, VERMILLION, BLUE, GREEN = 0, 1, 2, 6
"""Places in ``Theme.colours``."""

STATE_COLOURS = {"labelled": BLUE, "selected": VERMILLION}
"""Colour of a unit's state, here and in the viewer; unlabelled units take ``Theme.faint``."""


@dataclass(frozen=True)
class Style:
    """How one method looks, in every figure.

    Attributes:
        colour: place in ``Theme.colours``.
        marker: plotly's name of the symbol.
    """

    colour: int
    marker: str


def styles(methods: Sequence[str]) -> dict[str, Style]:
    """Give every method a colour and a marker.

    Each method has a place of its own, a registered one by its position in the registry, any other
    by its name's hash, and keeps it everywhere unless it meets another of the same colour; then the
    one registered first keeps it. Up to eight methods differ in colour alone.

    Args:
        methods: all methods of the experiments shown, also those hidden for the moment; otherwise
            hiding one could change another's colour. Their order does not matter.
    """
    registered = {name: place for place, name in enumerate(METHODS.names())}
    order = sorted(set(methods), key=lambda m: (registered.get(m, len(registered)), m))
    taken: dict[str, int] = {}
    for method in order:
        hashed = int.from_bytes(hashlib.sha256(method.encode()).digest()[:4], "big")
        taken[method] = _free_place(registered.get(method, hashed), set(taken.values()))
    return {method: _style(taken[method]) for method in methods}


def _free_place(start: int, used: set[int]) -> int:
    colours = len(_LIGHT.colours)
    places = [(start + step) % _PLACES for step in range(_PLACES)]
    used_colours = {place % colours for place in used}
    fresh = [place for place in places if place % colours not in used_colours]
    return next((place for place in [*fresh, *places] if place not in used), places[0])


def _style(place: int) -> Style:
    row, colour = divmod(place, len(_LIGHT.colours))
    return Style(colour, _MARKERS[(colour + row) % len(_MARKERS)])


def rgba(colour: str, alpha: float) -> str:
    """Return ``#rrggbb`` with an alpha of 0–1, as CSS."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def plain(text: object) -> str:
    """Return text that plotly shows letter by letter: no tags, no values of points, no TeX.

    Names of classes, sequences and images, messages and whatever else was written elsewhere goes
    through this wherever it meets a figure.
    """
    return escape(printable(text), quote=False).replace("%", "&#37;").replace("$", "&#36;")


def blank(theme: ThemeName, **layout: Any) -> go.Figure:
    """Return a figure without data in one of the two looks."""
    look = THEMES[theme]
    figure = go.Figure()
    figure.update_layout(
        template="none",
        paper_bgcolor=look.paper,
        plot_bgcolor=look.paper,
        font={"family": FONT, "size": 14, "color": look.ink},
        colorway=look.colours,
        margin={"l": 64, "r": 24, "t": 56, "b": 56},
        hoverlabel={"font": {"family": FONT, "size": 13}, "namelength": -1},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": look.muted, "activecolor": look.ink},
        **layout,
    )
    axis = {
        "gridcolor": look.grid,
        "zeroline": False,
        "linecolor": look.muted,
        "showline": True,
        "ticks": "outside",
        "tickcolor": look.muted,
        "tickfont": {"color": look.muted},
        "title": {"standoff": 12},
        "automargin": True,
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def sentence(text: str, theme: ThemeName) -> go.Figure:
    """Return a figure that holds a sentence instead of data."""
    figure = blank(theme)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    note(figure, text, theme, x=0.5, y=0.5, xanchor="center", yanchor="middle", size=15)
    return figure


_NOTE_WIDTH = 120
"""Characters per line of a remark."""

_LINE = 17
"""Pixels per line of a remark."""

_LEAST_INSIDE = 290
"""Pixels between the axes of a figure of the usual height whose legend has a few rows."""


def caption(figure: go.Figure, text: str, theme: ThemeName) -> None:
    """Write a remark over the axes and the legend over the remark, however long that is."""
    note(figure, text, theme, y=1, yshift=6)
    above = 12 + _LINE * len(wrap(text, _NOTE_WIDTH))
    figure.update_layout(margin={"t": 96}, legend={"y": 1 + above / _LEAST_INSIDE})


def note(
    figure: go.Figure,
    text: str,
    theme: ThemeName,
    *,
    size: int = 12,
    width: int = _NOTE_WIDTH,
    **position: Any,
) -> None:
    """Write a remark into a figure, in paper coordinates; after width characters a line ends."""
    place = {"x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", **position}
    figure.add_annotation(
        text="<br>".join(map(plain, wrap(text, width))),
        xref="paper",
        yref="paper",
        showarrow=False,
        align="left",
        font={"size": size, "color": THEMES[theme].muted},
        **place,
    )
