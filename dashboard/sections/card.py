"""An experiment's card: its curves, what they come to in words, warnings, what was picked last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import address, context, controls, gallery, loaders, navigation
from dashboard.context import Context
from dashboard.text import plain
from workbench.figures import learning_curve
from workbench.figures._seeds import SPREADS

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from workbench.store import Run

_MOST_SENTENCES = 3
_MOST_WARNINGS = 4
_PICTURES = 4
_WRAPPED = (
    "<style>.st-key-warnings a{align-items:flex-start}"
    ".st-key-warnings a :is(span,p){white-space:normal;overflow:visible;line-height:1.4}</style>"
)
"""Streamlit cuts a link off at the end of its line."""


def draw(here: Context) -> DeltaGenerator | None:
    """Draw the card of the chosen methods; a sentence where there is nothing to draw.

    Returns:
        where :func:`warn` draws the warnings; ``None`` without a published cycle.
    """
    if not here.runs:
        st.caption("No cycle is published yet; curve, verdict and picks appear with cycle 0.")
        return None
    if not here.chosen:
        st.caption("Choose at least one method for the curve, the verdict and the picks.")
        return None
    curve, words = st.columns([3, 2], gap="medium")
    with curve:
        _curve(here.chosen)
    with words:
        _verdict(here.chosen)
        told = st.container(key="warnings")
    _picks(here)
    return told


def _curve(runs: list[Run]) -> None:
    x, y, spread = _first(learning_curve.x_choices(runs)), _metric(runs), _first(SPREADS)
    data = loaders.learning_curve(loaders.keys(runs), x, y, spread)
    figure = learning_curve.figure(data, controls.theme(), captioned=False)
    st.plotly_chart(figure, theme=None, key="card-curve", height=400)
    st.caption(plain(learning_curve.about(data)))


def _verdict(runs: list[Run]) -> None:
    st.markdown("**Verdict**")
    data = loaders.comparison(loaders.keys(runs), _metric(runs))
    for sentence in data.foremost[:_MOST_SENTENCES]:
        st.markdown(plain(sentence))
    if not data.foremost:
        st.markdown("One method alone has been measured: there is no pair.")
        return
    query = {**address.of_page("compare"), "show": ["results"]}
    navigation.link("compare", "All on Compare", ":material/show_chart:", query)


def warn(here: Context, place: DeltaGenerator | None) -> None:
    """Measure the queries and draw what repeats itself, each a link to where it is seen.

    Args:
        here: what is looked at.
        place: from :func:`draw`.
    """
    if place is None:
        return
    with place:
        found = loaders.repeats(loaders.keys(here.chosen)).table
        if found.empty:
            return
        st.html(_WRAPPED)
        st.markdown("**Warnings**")
        for row in found.head(_MOST_WARNINGS).itertuples():
            seen = {"show": ["queries"], "measures": [str(row.measure)]}
            query = {**address.of_page("compare"), **seen}
            navigation.link("compare", plain(row.sentence), ":material/warning:", query)


def _picks(here: Context) -> None:
    """Draw the first images of the last query of each chosen method."""
    if not here.seeded:
        return
    st.markdown("**Picked first in the last query**")
    boxes = st.grid(min(len(here.seeded), 3), min_column_width=210)
    for run in here.seeded:
        with boxes.cell():
            found = loaders.last_picks(loaders.key(run))
            context.name(run, here, "" if found is None else f", cycle {found[0]}")
            if found is None:
                st.caption("Nothing yet.")
                continue
            first = found[1].drop_duplicates("image_id").head(_PICTURES)
            sequences = here.record.geometry.places(first["unit_id"])["sequence"]
            both = zip(first["image_id"], sequences, strict=True)
            pictures = [gallery.Picture(image, sequence or "") for image, sequence in both]
            key = f"card-picks-{run.method.name}"
            gallery.show(here.record.id, pictures, key, here.image, context.choose)


def _metric(runs: list[Run]) -> str:
    return next(iter(learning_curve.y_choices(runs)))


def _first(options: Mapping[Any, str]) -> Any:
    return next(iter(options))
