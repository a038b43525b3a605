"""Entropy distributions: which pixels a score's sum comes from, real and made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import address, context, controls, loaders
from workbench.figures import entropy_distribution
from workbench.metrics import SYNTHETIC_KINDS

if TYPE_CHECKING:
    from workbench.figures.entropy_distribution import EntropyCurves

_PIXELS = {"cycle": "Whole cycle", "image": "One image", "synthetic": "Synthetic"}
_AXES = {"share": "Share of pixels", "entropy": "Entropy"}


def draw() -> None:
    """Draw the curves of stored score maps, or of a made-up pool."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pixels = controls.switch("Pixels of", _PIXELS, "pixels")
        axis = controls.switch("Horizontal axis", _AXES, "axis")
    data = _synthetic() if pixels == "synthetic" else _stored(one=pixels == "image")
    figure = entropy_distribution.figure(data, controls.theme(), x=axis)
    st.plotly_chart(figure, theme=None, key="curves")
    st.caption(_READING)
    sums, curves = st.tabs(["Every score", "Every point"])
    with sums:
        controls.table(data.summary, "entropy-distribution", column_config=_COLUMNS)
    with curves:
        controls.table(data.table, "entropy-distribution-points", column_config=_COLUMNS)


def _stored(*, one: bool) -> EntropyCurves:
    """Draw the choice of a cycle, or one image of it, and the scores; read their curves."""
    here = context.row()
    here.require_runs()
    pickers = st.grid(2, min_column_width=320, vertical_alignment="bottom")
    with pickers.cell():
        run = context.front(here)
    number = here.number
    shown = loaders.cycle(loaders.key(run), number)
    offered = [score for score in shown.scores if score != entropy_distribution.ORDER]
    with pickers.cell():
        words = entropy_distribution.label
        scores = controls.several("Beside entropy", offered, "scores", format_func=words)
    image_id = None
    if one:
        with pickers.cell():
            image_id = controls.image(run, shown)
        if image_id is None:
            controls.nothing("No image is chosen; press J for the first one.")
    return loaders.entropy_distribution(loaders.key(run), number, tuple(scores), image_id)


def _synthetic() -> EntropyCurves:
    """Draw the choice of a made-up pool; compute its curves."""
    pickers = st.grid(4, min_column_width=200, vertical_alignment="bottom")
    with pickers.cell():
        kind = controls.choice("Distributions", SYNTHETIC_KINDS, "kind", format_func=str.capitalize)
    with pickers.cell():
        classes = address.number("class-count", "number of classes", 19, 3, 30, whole=True)
        st.slider("Classes", 3, 30, 19, key="class-count")
    with pickers.cell():
        rise = address.number("rise", "rise", 10.0, 0.0, 16.0)
        st.slider(
            "Rise at boundaries (logits)",
            *(0.0, 16.0, 10.0, 0.5),
            key="rise",
            help=_RISE_HELP,
            disabled=kind != "rivals",
        )
    with pickers.cell():
        seed = address.number("draw", "seed", 0, 0, 9999, whole=True)
        st.number_input("Seed", 0, 9999, 0, key="draw")
    return loaders.synthetic_distribution(kind, classes, seed, rise)


_READING = (
    "Pixels are ordered by entropy; each curve adds up one score and is divided by its total, so "
    "that a point shows which part of an image's score its most certain pixels make up. A curve "
    "near the entropy's ranks much as entropy does; one along the dotted line is nearly the "
    "same for all pixels; one above it is higher for certain pixels."
)
_RISE_HELP = (
    "How much farther below the likeliest class the others lie at boundaries than in interiors. "
    "At 0 the curves lie in the order of temperature; with 19 classes and from about 5 on, ODIN at "
    "T = 10 is farther from entropy than at T = 100, as Chen et al. found."
)
_COLUMNS = {
    "score": None,
    "label": st.column_config.TextColumn("score"),
    "distance": st.column_config.NumberColumn(
        "area to entropy's curve", format="%.4f", help="Over the share of pixels; 0 is the same."
    ),
    "half_share": st.column_config.NumberColumn(
        "pixels that hold half",
        format="percent",
        help="Share of pixels, highest entropy first, that hold half of the score's sum.",
    ),
    "mean": st.column_config.NumberColumn(
        "mean over pixels", format="%.4g", help="In the score's own unit."
    ),
    "share": st.column_config.NumberColumn("share of pixels", format="percent"),
    "fraction": st.column_config.NumberColumn("fraction of the sum", format="percent"),
    "entropy": st.column_config.NumberColumn("entropy (nats)", format="%.4f"),
}
