"""Acquisition functions: what each one makes of a softmax over three classes."""

from __future__ import annotations

import streamlit as st

from dashboard import address, controls, loaders
from workbench.acquisition import ACQUISITIONS
from workbench.figures import simplex


def draw() -> None:
    """Draw the triangles. They read no store."""
    st.caption(_READING)
    pickers = st.grid(2, min_column_width=320, vertical_alignment="bottom")
    with pickers.cell():
        words = simplex.PANELS
        panels = controls.several("Functions", words, "functions", format_func=words.__getitem__)
    with pickers.cell():
        temperature = address.one("temperature", "temperature", simplex.TEMPERATURES, 10.0, _short)
        st.select_slider(
            "Temperature T of ODIN",
            simplex.TEMPERATURES,
            format_func=_short,
            key="temperature",
            help=_TEMPERATURE_HELP,
        )
    if not panels:
        controls.nothing("Choose at least one function.")
    triangles = st.grid(3, min_column_width=250)
    for panel in panels:  # one chart each: they wrap on a small screen, and only ODIN's moves
        alone = loaders.simplex((panel,), temperature if panel == simplex.ODIN else 1.0)
        figure = simplex.figure(alone, controls.theme(), caption=False)
        with triangles.cell():
            still = {"displayModeBar": False}
            st.plotly_chart(figure, theme=None, key=f"triangle-{panel}", config=still)
    st.caption(simplex.CAPTION)
    registered, points = st.tabs(["Every acquisition function", "Every point"])
    with registered:
        st.caption(_REGISTERED)
        st.dataframe(_registered(), hide_index=True, row_height=52)
    with points:
        controls.table(loaders.simplex(tuple(panels), temperature).table, "simplex")


def _short(value: float) -> str:
    return f"{value:g}"


def _registered() -> list[dict[str, str]]:
    return [
        {
            "name": entry.name,
            "meaning": entry.summary,
            "unit": entry.unit,
            "needs": ", ".join(need.replace("_", " ") for need in entry.needs),
            "source": entry.source,
        }
        for entry in ACQUISITIONS
    ]


_READING = (
    "Each point of a triangle is one softmax over three classes: a corner is certain, the middle "
    "uniform, an edge a doubt between two classes. Bright is queried first. All functions agree on "
    "corners and middle; they differ in what they make of everything between, and a temperature "
    "moves that."
)
_REGISTERED = (
    "Those with needs read several predictions of a pixel, and ripu the pixels around it; a "
    "triangle cannot show them."
)
_TEMPERATURE_HELP = (
    "ODIN is least confidence of softmax(logits / T): T = 1 is least confidence itself; small T "
    "sees ties alone; large T scores nearly everything alike, and what is left of an order is that "
    "of the largest logit over the mean."
)
