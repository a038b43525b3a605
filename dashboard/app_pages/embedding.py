"""Embedding: the pool in two dimensions, where picks crowd, and how far they spread as numbers."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import controls, gallery, jobs, loaders
from dashboard.text import plain
from workbench.figures import embedding, query_analysis
from workbench.projection import PROJECTIONS
from workbench.store import Run

_COLOURS = {"state": "State", "sequence": "Sequence"}
_SHARED = "cycle 0 (shared)"


def render() -> None:
    """Draw the page."""
    st.title("Embedding")
    record = controls.experiment()
    runs = controls.measured_runs(record)
    methods = controls.methods(runs)
    pickers = st.grid(4, min_column_width=190, vertical_alignment="bottom")
    with pickers.cell():
        seed = controls.choice("Seed", dict.fromkeys(run.seed for run in runs), "seed")
    shown = [run for run in runs if run.seed == seed and run.method.name in methods]
    if not shown:
        controls.nothing("Choose at least one method that has a published cycle with this seed.")
    with pickers.cell():
        planes = [_SHARED, *(f"this cycle of {run.method.name}" for run in shown)]
        plane = controls.choice("Features of", planes, "plane", help=_PLANE_HELP)
    with pickers.cell():
        kinds = {entry.name: entry.title for entry in PROJECTIONS}
        kind = controls.switch("Projection", kinds, "projection")
    with pickers.cell():
        colour = controls.switch("Colour", _COLOURS, "colour")
    number = controls.cycle(sorted({n for run in shown for n in run.cycle_numbers}))

    _picture([run for run in shown if number in run.cycle_numbers], number, kind, colour, plane)
    _numbers(runs, methods, record.id)
    controls.standings(record)


def _picture(shown: list[Run], number: int, kind: str, colour: Any, plane: str) -> None:
    base = next((run for run in shown if plane.endswith(f" {run.method.name}")), shown[0])
    points = jobs.projected(base, 0 if plane == _SHARED else number, kind)
    if points is None:
        return
    data = loaders.embedding(loaders.keys(shown), number, points.key)
    figure = embedding.figure(data, controls.theme(), colour=colour)
    st.plotly_chart(figure, theme=None, key="embedding")
    st.subheader("Selected in this cycle: the images the units lie in")
    boxes = st.grid(len(data.panels), min_column_width=210)
    for panel in data.panels:
        with boxes.cell():
            st.markdown(f"**{plain(panel)}**")
            picks = data.table.query("panel == @panel and state == 'selected'").sort_values("rank")
            if picks.empty:
                st.caption("Nothing: the last cycle selects no unit.")
            gallery.show(
                shown[0].experiment.id, zip(picks["image_id"], picks["sequence"], strict=True)
            )


def _numbers(runs: list[Run], methods: list[str], name: str) -> None:
    st.subheader("How far the picks spread")
    data = loaders.query_analysis(loaders.keys(runs)).narrowed(methods, "range")
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

render()
