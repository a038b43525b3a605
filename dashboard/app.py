"""The page frame: navigation, and the one place where an error that can be mended is shown."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import controls
from dashboard.guard import Guard
from workbench.errors import WorkbenchError
from workbench.store import damage

_HERE = Path(__file__).parent

st.set_page_config(
    page_title="AL workbench",
    page_icon=str(_HERE / "icon.svg"),
    layout="wide",
    initial_sidebar_state=248,
)
# The theme sets no side margins; Streamlit's own leave little room on a small screen.
st.html("<style>.stMainBlockContainer{padding-inline:clamp(1rem,3.5vw,4rem)}</style>")

st.logo(_HERE / "logo.svg", icon_image=_HERE / "icon.svg", size="large")

if not Guard.stands:  # `streamlit run` with this file: any website could start experiments
    st.error("These pages are not served without a check of who asks; run `workbench dashboard`.")
    st.stop()

PAGES = [
    st.Page(
        "app_pages/experiments.py",
        title="Experiments",
        icon=":material/science:",
        default=True,
        help="Every experiment and run with its state; stop, resume, read the log.",
    ),
    st.Page(
        "app_pages/new_experiment.py",
        title="New experiment",
        icon=":material/add_circle:",
        help="Put an experiment together and start it.",
    ),
    st.Page(
        "app_pages/learning_curves.py",
        title="Learning curves",
        icon=":material/show_chart:",
        help="A metric against the labelled budget, method against method.",
    ),
    st.Page(
        "app_pages/score_maps.py",
        title="Score maps",
        icon=":material/blur_on:",
        help="Where in an image a network is uncertain, and what was selected there.",
    ),
    st.Page(
        "app_pages/what_if.py",
        title="What if",
        icon=":material/alt_route:",
        help="Another score, unit or selector on a finished cycle: the new query at once.",
    ),
    st.Page(
        "app_pages/embedding.py",
        title="Embedding",
        icon=":material/scatter_plot:",
        help="The pool in two dimensions: where a method's picks crowd and where they spread.",
    ),
    st.Page(
        "app_pages/query_analysis.py",
        title="Query analysis",
        icon=":material/balance:",
        help="How redundant each query is, what it holds, and how far the methods agree.",
    ),
    st.Page(
        "app_pages/entropy_distribution.py",
        title="Entropy distributions",
        icon=":material/stacked_line_chart:",
        help="Which pixels a score's sum comes from, of stored maps and of made-up softmaxes.",
    ),
    st.Page(
        "app_pages/acquisition_functions.py",
        title="Acquisition functions",
        icon=":material/change_history:",
        help="What each acquisition function makes of three classes, at any temperature.",
    ),
]

page = st.navigation(PAGES)
notice = st.container()
with damage.collected() as told:
    try:
        page.run()
    except WorkbenchError as error:
        controls.explain(error)
    finally:
        with notice:
            controls.left_out(told)
