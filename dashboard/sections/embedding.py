"""Embedding: the pool in two dimensions, where picks crowd, and how far they spread as numbers."""

from __future__ import annotations

import streamlit as st

from dashboard import context, controls, gallery, jobs, loaders
from dashboard.context import Context
from dashboard.text import plain
from workbench.figures import embedding, query_analysis
from workbench.projection import PROJECTIONS
from workbench.store import ExperimentRecord, Run

_COLOURS = {"state": "State", "sequence": "Sequence"}
_SHARED = "cycle 0 (shared)"
_FIRST = "pca"
"""The projection that is quick to compute, and is shown until another one is."""


def draw(here: Context, shown: list[Run]) -> None:
    """Draw the pool with what some runs picked in the cycle; a point leads to its image."""
    pickers = st.grid(3, min_column_width=150, vertical_alignment="bottom")
    with pickers.cell():
        planes = [_SHARED, *(f"this cycle of {run.method.name}" for run in shown)]
        plane = controls.choice("Features of", planes, "plane", help=_PLANE_HELP)
    with pickers.cell():
        kinds = {entry.name: entry.title for entry in PROJECTIONS}
        kind = controls.switch("Projection", kinds, "projection")
    with pickers.cell():
        colour = controls.switch("Colour", _COLOURS, "colour")
    number = here.number
    base = next((run for run in shown if plane.endswith(f" {run.method.name}")), shown[0])
    of = 0 if plane == _SHARED else number
    points = jobs.projected(base, of, kind)
    if points is None and kind != _FIRST and (points := jobs.stored(base, of, _FIRST)):
        st.caption(plain(f"Until then: {kinds[_FIRST]}."))
    if points is None:
        return
    data = loaders.embedding(loaders.keys(shown), number, points.key)
    figure = embedding.figure(data, controls.theme(), colour=colour)
    st.plotly_chart(
        figure,
        theme=None,
        key="embedding",
        on_select=lambda: _follow(here.record),
        selection_mode="points",
    )


def _follow(record: ExperimentRecord) -> None:
    """Choose the unit of the point that was clicked."""
    points = st.session_state["embedding"]["selection"]["points"]
    if points:
        held = points[0]["customdata"]  # the browser's array of bytes comes back as a dictionary
        unit = embedding.unit_of(
            [held[key] for key in sorted(held)] if isinstance(held, dict) else held
        )
        context.choose(str(record.geometry.places([unit])["image_id"].iloc[0]), unit)


def pictures(here: Context) -> None:
    """Draw the images that the chosen methods' picks of the cycle lie in, and who picked them."""
    st.subheader(f"Picked in cycle {here.number}")
    marks: dict[str, dict[str, str]] = {}
    for run in here.here:
        picked = loaders.cycle(loaders.key(run), here.number).selection["image_id"]
        for image in dict.fromkeys(picked):
            marks.setdefault(image, {})[run.method.name] = here.colours[run.method.name]
    if not marks:
        st.caption("Nothing: the last cycle selects no unit.")
        return
    st.caption(
        f"{len(marks)} images in which units were picked; a dot for each method that picked there. "
        "A click chooses the image."
    )
    found = [
        gallery.Picture(image, image, tuple(by.items()))
        for image, by in sorted(marks.items(), key=lambda one: -len(one[1]))
    ]
    gallery.show(here.record.id, found, "gallery", here.image, context.choose)


def spread(here: Context) -> None:
    """Draw how far the picks of the chosen methods spread, in numbers."""
    name = here.record.id
    st.subheader("How far the picks spread")
    data = loaders.query_analysis(loaders.keys(here.runs)).narrowed(here.methods, "range")
    figure = query_analysis.figure(data, controls.theme(), measures=query_analysis.SPREADING)
    st.plotly_chart(figure, theme=None, key="spreading")
    measures = {key: query_analysis.MEASURES[key] for key in query_analysis.SPREADING}
    for measure in measures.values():
        st.caption(f"**{measure.title}.** {measure.meaning}")
    mean_tab, queries_tab = st.tabs(["Mean over cycles and seeds", "Every query"])
    columns = {
        key: st.column_config.NumberColumn(measure.title, help=measure.meaning, format="%.3f")
        for key, measure in measures.items()
    } | {"experiment": None, "pool_spread": st.column_config.NumberColumn(format="%.3f")}
    with mean_tab:
        means = data.overall[list(measures)].reset_index()
        controls.table(means, f"{name}-spread", column_config=columns)
    with queries_tab:
        about = ["method", "seed", "cycle", "picks", *measures, "pool_spread"]
        queries = data.table.loc[data.table["picks"] > 0, about]
        controls.table(queries, f"{name}-spread-queries", column_config=columns)


_PLANE_HELP = (
    "Which network's features lay out the plane. Those of cycle 0 are the same for all methods, so "
    "only what is labelled and selected differs from panel to panel."
)
