"""Overview: everything in the store with its state; stop it, resume it, start another."""

from __future__ import annotations

import streamlit as st

from dashboard import context, launches, navigation
from dashboard.sections import experiments


def render() -> None:
    """Draw the page."""
    launches.show_starting()
    with st.container(horizontal=True):
        navigation.link("new_experiment", "New experiment", ":material/add_circle:", {})
    experiments.draw(context.row().record)


render()
