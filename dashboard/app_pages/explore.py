"""Explore: an image's score maps beside its place in the pool, what was picked, and why."""

from __future__ import annotations

import streamlit as st

from dashboard import context, controls
from dashboard.sections import embedding, score_maps, why

_PANELS = {"one": "This method", "each": "Every chosen method"}


def render() -> None:
    """Draw the page."""
    here = context.row()
    here.require_runs()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = context.front(here)
        panels = controls.switch("Embedding of", _PANELS, "panels")
    if here.number not in run.cycle_numbers:
        controls.nothing("No chosen method has published this cycle with this seed yet.")
    if panels == "each":
        score_maps.draw(here, run)
        with controls.explained():
            embedding.draw(here, here.here)
    else:
        maps, points = st.columns([3, 2], gap="medium")
        with maps:
            score_maps.draw(here, run)
        with points, controls.explained():
            context.name(run, here, f", cycle {here.number}")
            embedding.draw(here, [run])
    with controls.explained():
        why.draw(here, run)
    embedding.pictures(here)
    score_maps.selection(here, run)
    controls.standings(here.record)


render()
