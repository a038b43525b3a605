"""Score maps: where a network is uncertain in an image, and what was selected there."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, loaders, picks, viewer
from dashboard.text import plain
from workbench.errors import NotStoredError
from workbench.naming import split_column
from workbench.store import Cycle, Run

_ALONE = "no other run"


def render() -> None:
    """Draw the page."""
    st.title("Score maps")
    record = controls.experiment()
    runs = controls.runs_by_title(record)
    pickers = st.grid(4, min_column_width=170)
    with pickers.cell():
        first = runs[controls.choice("Run", runs, "run")]
    with pickers.cell():
        others = [_ALONE, *(name for name, run in runs.items() if run.id != first.id)]
        beside = controls.choice("Beside it", others, "beside")
    score_box, unit_box = pickers.cell(), pickers.cell()
    movers = st.grid(2, min_column_width=320, vertical_alignment="bottom")
    with movers.cell():
        number = controls.cycle(first.cycle_numbers)
    shown = loaders.cycle(loaders.key(first), number)
    if not (shown.maps and shown.keeps_units):
        what = "unit table (keep.units)" if shown.maps else "score maps (keep.maps)"
        controls.nothing(f"Cycle {number} of this run keeps no {what}.")
    with score_box:
        score = controls.choice("Score", shown.maps, "score")
    pairs = [split_column(name) for name in shown.unit_score_columns]
    with unit_box:
        kinds = [aggregation for of, aggregation in pairs if of == score]
        aggregation = controls.choice("Unit score", kinds, "aggregation")
    with movers.cell():
        image_id = controls.image(first, shown)
    controls.image_facts(first, shown, image_id)

    compared = [first] if beside == _ALONE else [first, runs[beside]]
    views = st.grid(len(compared), min_column_width=380)
    for run in compared:
        with views.cell(), controls.explained():
            _view(run, number, score, image_id, aggregation, alone=len(compared) == 1)
    _selection(shown, record.id)
    controls.standings(record)


def _view(
    run: Run, number: int, score: str, image_id: str, aggregation: str, *, alone: bool
) -> None:
    if number not in run.cycle_numbers:
        about = f"{run.method.name}, seed {run.seed} has not published cycle {number} yet."
        st.info(plain(about))
        return
    try:
        scene = loaders.score_map(loaders.key(run), number, score, image_id, aggregation)
    except NotStoredError as error:  # the run beside may lack what was added to the first one
        st.info(plain(error), icon=":material/info:")
        return
    key = f"viewer-{run.method.name}-{run.seed}"
    viewer.show(scene, key, link="score-maps", view="side" if alone else "grid")


def _selection(shown: Cycle, experiment_id: str) -> None:
    """List what the first run selected in this cycle; a row leads to its image."""
    st.subheader("Selected in this cycle")
    if shown.selection.empty:
        st.caption("Nothing: the last cycle is scanned, so that its maps can be seen, no more.")
        return
    picks.show(shown.selection, experiment_id, "selection")


render()
