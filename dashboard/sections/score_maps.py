"""Score maps: where a network is uncertain in an image, and what was selected there."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import address, context, controls, loaders, picks, viewer
from dashboard.context import Context
from workbench.figures._runs import run_title
from workbench.naming import split_column
from workbench.store import Run

_ALONE = "no other run"


def draw(here: Context, first: Run) -> None:
    """Draw the chosen image with its score maps, of a run and of another beside it."""
    number, runs = here.number, {run_title(run): run for run in here.runs}
    shown = loaders.cycle(loaders.key(first), number)
    if not (shown.maps and shown.keeps_units):
        what = "unit table (keep.units)" if shown.maps else "score maps (keep.maps)"
        st.info(f"Cycle {number} of this run keeps no {what}.", icon=":material/info:")
        return
    pickers = st.grid(4, min_column_width=150, vertical_alignment="bottom")
    score_box, unit_box = pickers.cell(), pickers.cell()
    with score_box:
        score = controls.choice("Score", shown.maps, "score")
    pairs = [split_column(name) for name in shown.unit_score_columns]
    with unit_box:
        kinds = [aggregation for of, aggregation in pairs if of == score]
        aggregation = controls.choice("Unit score", kinds, "aggregation")
    with pickers.cell():
        others = [_ALONE, *(name for name, run in runs.items() if run.id != first.id)]
        beside = controls.choice("Beside it", others, "beside")
    with pickers.cell():
        image_id = controls.image(first, shown)
    if image_id is None:
        st.info(
            "No image is chosen: click a point, a row or a picture, or press J.",
            icon=":material/info:",
        )
        return
    controls.image_facts(first, shown, image_id)

    compared = [first] if beside == _ALONE else [first, runs[beside]]
    options: dict[str, list[Any]] = {
        "cycle": list(first.cycle_numbers),
        "image": sorted(here.record.geometry.image_ids),
    }
    address.text("view", "")
    with controls.explained():
        viewer.compare(
            [(run, here.colours.get(run.method.name, "")) for run in compared],
            *(number, score, image_id, aggregation, "viewer"),
            bind="view",
            on_move=lambda what, by: controls.step(what, options[what], by),
            view="side" if len(compared) == 1 else "grid",
            file=f"{here.record.id}-score-map-{score}-{image_id}-cycle-{number}",
        )


def selection(here: Context, run: Run) -> None:
    """List what a run selected in the cycle; a row leads to its image."""
    shown = loaders.cycle(loaders.key(run), here.number)
    st.subheader("Selected in this cycle")
    context.name(run, here, f", cycle {here.number}")
    if shown.selection.empty:
        st.caption("Nothing: the last cycle is scanned, so that its maps can be seen, no more.")
        return
    picks.show(shown.selection, here.record.id, "selection")
