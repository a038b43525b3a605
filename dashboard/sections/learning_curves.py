"""Learning curves: how a metric grows with the labelled budget, method against method."""

from __future__ import annotations

import streamlit as st

from dashboard import address, controls, loaders
from dashboard.context import Context
from dashboard.text import plain
from workbench.figures import comparison, learning_curve, per_class, win_matrix
from workbench.figures._seeds import SPREADS
from workbench.metrics import PER_CLASS


def draw(here: Context) -> None:
    """Draw the curves of the chosen methods, every seed of them, and what they differ in."""
    record, runs, shown = here.record, here.runs, here.chosen
    pickers = st.grid(3, min_column_width=190, vertical_alignment="bottom")
    with pickers.cell():
        metrics = learning_curve.y_choices(runs)
        y = controls.choice("Metric", metrics, "metric", format_func=metrics.__getitem__)
    with pickers.cell():
        x_titles = learning_curve.x_choices(runs)
        x = controls.choice("Budget axis", x_titles, "x", format_func=x_titles.__getitem__)
    with pickers.cell():
        spread = controls.choice("Band", SPREADS, "band", format_func=SPREADS.__getitem__)
    normalised = address.flag("normalised", "yes or no", False)
    st.toggle("Normalised", key="normalised", help=_NORMALISED)

    keys = loaders.keys(shown)
    data = loaders.learning_curve(keys, x, y, spread, normalised)
    if data.missing:
        st.info(plain(data.missing), icon=":material/info:")
    figure = learning_curve.figure(data, controls.theme())
    st.plotly_chart(figure, theme=None, key="curve", height=500)
    controls.standings(record)

    mean_tab, runs_tab, class_tab, pair_tab = st.tabs(
        ["Mean over seeds", "Every run", "Every class", "Method against method"]
    )
    with mean_tab:
        controls.table(data.summary, f"{record.id}-{y}-mean", column_config=_COLUMNS)
    with runs_tab:
        controls.table(data.table, f"{record.id}-{y}-runs", column_config=_COLUMNS)
    with class_tab:
        of = per_class.metric_choices(shown)
        metric = controls.switch("Metric of the classes", of, "class_metric")
        points = per_class.report_points(shown)
        at = None
        if points:
            at = controls.choice("Measured at", [None, *points], "classes_at", format_func=_place)
        classes = loaders.per_class(keys, at, metric, reported=at is not None)
        figure = per_class.figure(classes, controls.theme())
        st.plotly_chart(figure, theme=None, key="per-class")
        controls.table(classes.table, f"{record.id}-{metric}-classes", column_config=_COLUMNS)
    with pair_tab:
        _comparison(loaders.comparison(keys, y), f"{record.id}-{y}")


def _comparison(data: comparison.Comparison, name: str) -> None:
    """Draw what the methods differ in, and whether these seeds can tell."""
    theme = controls.theme()
    st.plotly_chart(comparison.figure(data, theme), theme=None, key="differences")
    st.plotly_chart(win_matrix.figure(win_matrix.counted(data), theme), theme=None, key="wins")
    for sentence in (*data.sentences, *data.savings, *data.notes):
        st.text(sentence)
    controls.table(data.csv(), f"{name}-pairs", column_config=_COLUMNS)


def _place(number: int | None) -> str:
    return "the last cycle" if number is None else f"the report point at cycle {number}"


_NORMALISED = "0 % where a method's mean starts, 100 % with the whole pool labelled: the reference"
_FRACTION = st.column_config.NumberColumn(format="%.4f")
_COLUMNS = {
    "experiment": None,
    "x": st.column_config.NumberColumn("budget (x axis)", format="localized"),
    "pool_share": st.column_config.NumberColumn("share of images", format="percent"),
    "nominal_share": st.column_config.NumberColumn("nominal share", format="percent"),
    **dict.fromkeys(("mean", "low", "high", "sd", "value", "difference", *PER_CLASS), _FRACTION),
}
