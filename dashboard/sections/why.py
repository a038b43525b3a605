"""The *Why* card: why the chosen unit was picked by each method, or was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import context, controls, gallery, loaders
from dashboard.context import Context
from dashboard.text import plain
from workbench.errors import NotStoredError
from workbench.figures import why
from workbench.figures.why import Why
from workbench.store import Run
from workbench.types import local_numbers

_OTHERS = ["method", "sentence", "state", "rank", "score", "score_rank", "margin"]
_NEAREST = {"labelled": "Nearest labelled units", "selected": "Nearest other picks"}


def draw(here: Context, run: Run) -> None:
    """Draw the card of the chosen unit, or of the chosen image's first pick or highest score."""
    if here.image is None:
        return
    beside = [one for one in here.here if one.id != run.id]
    try:
        data = loaders.why(
            *(loaders.key(run), here.number, here.unit, here.image), loaders.keys(beside)
        )
    except NotStoredError as error:  # no unit of the image could be queried
        st.info(plain(error), icon=":material/info:")
        return
    unit = int(data.unit["unit_id"])
    st.subheader(plain(f"Why: unit {local_numbers([unit])[0]} of {data.unit['image_id']}"))
    context.name(run, here, f", cycle {here.number}")
    st.markdown(plain(data.sentence))
    by = ", ".join(data.picked_by) or "none of the methods shown"
    st.caption(plain(f"Picked by {by}."))
    for note in data.notes:
        st.caption(plain(note))
    numbers, facts = st.columns([3, 2], gap="medium")
    with numbers:
        st.plotly_chart(why.figure(data, controls.theme()), theme=None, key="why", height=260)
    with facts:
        _classes(data)
    for kind, title in _NEAREST.items():
        _neighbours(here, data, kind, title)
    if len(data.table) > 1:
        st.caption("What each method made of it")
        st.dataframe(data.table[_OTHERS], hide_index=True, column_config=_COLUMNS)


def _classes(data: Why) -> None:
    """List the predicted class mix; what is not stored is among the notes."""
    if not data.classes.empty:
        share = st.column_config.ProgressColumn("predicted share", format="percent")
        shown = data.classes[data.classes["share"] > 0]
        st.dataframe(shown, hide_index=True, column_config={"share": share})


def _neighbours(here: Context, data: Why, kind: str, title: str) -> None:
    """Draw the images of the nearest units; a click chooses the unit."""
    near = data.neighbours[data.neighbours["kind"] == kind]
    if near.empty:
        return
    st.caption(f"{title} in the embedding, with their distance; a click chooses the image.")
    found = [
        gallery.Picture(str(row["image_id"]), _caption(row)) for row in near.to_dict("records")
    ]
    gallery.show(here.record.id, found, f"why-{kind}", None, context.choose)


def _caption(row: Mapping[Any, Any]) -> str:
    """Return which unit it is and how far away; of a pick, in which place it was picked."""
    place = f", pick {row['rank']}" if row["rank"] else ""
    return f"unit {local_numbers([row['unit_id']])[0]}, {row['distance']:.3g}{place}"


_COLUMNS = {
    "rank": st.column_config.NumberColumn("picked as", help="0: not picked"),
    "score": st.column_config.NumberColumn(format="%.4g"),
    "score_rank": st.column_config.NumberColumn("rank by score", help="0: no score"),
    "margin": st.column_config.NumberColumn("margin to the cut-off", format="%.3g"),
}
