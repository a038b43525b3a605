"""The page frame: navigation, and the one place where an error that can be mended is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import address, context, controls, navigation
from dashboard.guard import Guard
from dashboard.navigation import PageEntry
from dashboard.text import plain
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
    PageEntry(
        "overview",
        "Overview",
        ":material/science:",
        "Every experiment and run with its state; stop, resume, read the log, start another.",
    ),
    PageEntry(
        "explore",
        "Explore",
        ":material/blur_on:",
        "Where a network is uncertain, what was picked there, and where that lies in the pool.",
    ),
    PageEntry(
        "compare",
        "Compare",
        ":material/show_chart:",
        "Method against method: learning curves, classes, and what their queries hold.",
    ),
    PageEntry(
        "what_if",
        "What if",
        ":material/alt_route:",
        "Another score, unit or selector on a finished cycle: the new query at once.",
    ),
    PageEntry(
        "learn",
        "Learn",
        ":material/school:",
        "What the acquisition functions make of a softmax, and which method a guide recommends.",
    ),
    PageEntry(
        "new_experiment",
        "New experiment",
        ":material/add_circle:",
        "Put an experiment together and start it.",
        listed=False,
    ),
]


def _unknown(page: Any, error: address.UnknownChoiceError) -> None:
    """Say that the address names what is not there; offer what is nearest to it."""
    controls.explain(error)
    for nearest in error.nearest:
        st.page_link(
            page,
            label=plain(f"Open {nearest}") if nearest else "Go on without it",
            icon=":material/arrow_forward:",
            query_params=address.corrected(error, nearest),
        )


pages = {
    entry: st.Page(
        entry.file,
        title=entry.title,
        icon=entry.icon,
        url_path=entry.path,
        default=not entry.path,
        visibility="visible" if entry.listed else "hidden",
    )
    for entry in PAGES
}
page = st.navigation(
    list(pages.values()), position="hidden"
)  # its own links would lose the choices
entry = next(entry for entry, one in pages.items() if one == page)
address.begin(entry.path)
st.title(entry.title)
links = st.sidebar.empty()
with links.container():
    navigation.sidebar(PAGES)
notice = st.container()
with damage.collected() as told:
    try:
        page.run()
    except address.UnknownChoiceError as error:
        _unknown(page, error)
    except (address.PageEnd, WorkbenchError) as error:
        if isinstance(error, WorkbenchError):
            controls.explain(error)
        address.finish(hold=context.playing())
    else:
        address.finish(hold=context.playing())
    finally:
        with notice:
            controls.left_out(told)
with links.container():  # again, with what was chosen meanwhile
    navigation.sidebar(PAGES)
