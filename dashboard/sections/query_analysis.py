"""Queries: how redundant each one is, what it holds, and how far the methods agree."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import controls, loaders
from dashboard.context import Context
from workbench.figures import method_overlap, query_analysis
from workbench.figures._seeds import SPREADS
from workbench.figures.query_analysis import QueryAnalysis
from workbench.store import Run


def draw(here: Context) -> None:
    """Draw what the queries of the chosen methods are like, and how far they agree in a cycle."""
    record, runs = here.record, here.runs
    pickers = st.grid(2, min_column_width=190, vertical_alignment="bottom")
    with pickers.cell():
        names = {name: measure.title for name, measure in query_analysis.MEASURES.items()}
        measures = controls.several("Measures", names, "measures", format_func=names.__getitem__)
    with pickers.cell():
        spread = controls.choice("Bar", SPREADS, "band", format_func=SPREADS.__getitem__)
    if not measures:
        controls.nothing("Choose at least one measure.")

    data = loaders.query_analysis(loaders.keys(runs)).narrowed(here.methods, spread)
    _measures(data, measures, record.id)
    _agreement(
        [run for run in here.chosen if here.number in run.cycle_numbers], here.number, record.id
    )
    controls.standings(record)


def _measures(data: QueryAnalysis, measures: list[str], name: str) -> None:
    st.subheader("Redundancy and content, query by query")
    figure = query_analysis.figure(data, controls.theme(), measures=measures)
    st.plotly_chart(figure, theme=None, key="measures-figure")
    columns = {
        key: st.column_config.NumberColumn(measure.title, help=measure.meaning, format="%.3f")
        for key, measure in query_analysis.MEASURES.items()
    } | {"experiment": None}
    words, overall, every = st.tabs(["What they mean", "Mean over cycles and seeds", "Every query"])
    with words:
        for key in measures:
            measure = query_analysis.MEASURES[key]
            st.markdown(f"**{measure.title}.** {measure.meaning}")
    with overall:
        controls.table(data.overall.reset_index(), f"{name}-queries-mean", column_config=columns)
    with every:
        controls.table(data.table, f"{name}-queries", column_config=columns)


def _agreement(runs: list[Run], number: int, name: str) -> None:
    st.subheader("Method against method")
    data = loaders.method_overlap(loaders.keys(runs), number)
    boxes = st.grid(3, min_column_width=330)
    for kind, (title, meaning) in method_overlap.KINDS.items():
        with boxes.cell():
            st.markdown(f"**{title}**", help=meaning)
            figure = method_overlap.figure(data, controls.theme(), kind=kind)
            st.plotly_chart(figure, theme=None, key=f"agreement-{kind}")
    with st.expander("Table"):
        controls.table(data.summary, f"{name}-agreement", column_config=_NUMBERS)


_NUMBERS: dict[str, Any] = dict.fromkeys(
    ("share", "sd", "ratio", "entropy", "most", "mean", "chance"),
    st.column_config.NumberColumn(format="%.3f"),
)
