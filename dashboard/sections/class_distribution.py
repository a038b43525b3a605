"""Classes of the labelled sets: which pixels each method has bought so far."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import controls, loaders
from dashboard.context import Context
from workbench.figures import class_distribution


def draw(here: Context) -> None:
    """Draw the classes that the chosen methods' labelled sets hold in a cycle."""
    runs = [run for run in here.chosen if here.number in run.cycle_numbers]
    st.subheader(f"Classes of the labelled sets in cycle {here.number}")
    show = controls.switch("Bars", class_distribution.SHOWS, "classes")
    data = loaders.class_distribution(loaders.keys(runs), here.number)
    figure = class_distribution.figure(data, controls.theme(), show=show)
    st.plotly_chart(figure, theme=None, key="classes-figure")
    entropy, shares = st.tabs(["Entropy", "Every class"])
    with entropy:
        controls.table(data.entropy, f"{here.record.id}-class-entropy", column_config=_NUMBERS)
    with shares:
        controls.table(data.table, f"{here.record.id}-classes", column_config=_NUMBERS)


_NUMBERS: dict[str, Any] = dict.fromkeys(
    ("share", "sd", "ratio", "entropy", "most", "mean"),
    st.column_config.NumberColumn(format="%.3f"),
)
