"""Overview: everything in the store with its state; the chosen one's card; start another."""

from __future__ import annotations

import streamlit as st

from dashboard import context, launches, navigation
from dashboard.sections import card, experiments


def render() -> None:
    """Draw the page."""
    launches.show_starting()
    with st.container(horizontal=True):
        navigation.link("new_experiment", "New experiment", ":material/add_circle:", {})
    here = context.row()
    experiments.draw(here.record)
    told = card.draw(here)
    experiments.runs(here.record)
    card.warn(here, told)  # last: measuring a large pool takes seconds


render()
