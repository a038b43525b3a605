"""The heatmap viewer as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import loaders
from dashboard.text import plain
from workbench.errors import NotStoredError
from workbench.figures._runs import run_title
from workbench.viewer import Pane, Scene, payload, script, style
from workbench.viewer.payload import EVENTS, LAYOUTS
from workbench.viewer.view import from_text, to_text

if TYPE_CHECKING:
    from workbench.store import Run

_mount = st.components.v2.component("workbench_viewer", js=script(), css=style())


def show(
    panes: Scene | Pane | Sequence[Scene | Pane],
    key: str,
    *,
    bind: str | None = None,
    on_move: Callable[[str, int], None] | None = None,
    **settings: Any,
) -> int | None:
    """Draw an image with its score map and units, in one pane a run.

    Args:
        panes: what to draw, one to four scenes.
        key: names this viewer on its page.
        bind: name in the address under which the view stands: layout, layer, colours, range,
            threshold, opacity, zoom. It is sent once a handle rests, not while it moves. A page
            that has put it into the session's state keeps the address itself.
        on_move: is told ``("image", ±1)`` or ``("cycle", ±1)`` when a key asks for another one.
        settings: for :func:`workbench.viewer.payload`; ``view`` is for an address without one.

    Returns:
        The id of the unit that was clicked, if any.
    """
    state = st.session_state.get(key, {})
    listens = [*(["view"] if bind else []), *(["image", "cycle"] if on_move else [])]
    if bind and (text := st.session_state.get(bind) or st.query_params.get(bind)):
        settings["view"] = _of_address(text)

    def moved() -> None:
        for what, by in (st.session_state[key].get("move") or {}).items():
            if on_move and what in EVENTS:
                on_move(what, by)

    def viewed() -> None:
        if bind and (view := st.session_state[key].get("view")):
            held = st.session_state if bind in st.session_state else st.query_params
            held[bind] = to_text(view)

    result = _mount(
        key=key,
        data=payload(panes, picked=state.get("unit"), listens=listens, **settings),
        on_unit_change=lambda: None,
        on_move_change=moved,
        on_view_change=viewed,
    )
    return result.get("unit")


def compare(
    runs: Iterable[tuple[Run, str]],
    number: int,
    score: str,
    image_id: str,
    aggregation: str,
    key: str,
    **settings: Any,
) -> int | None:
    """Draw one image of one cycle, in a pane a run; what a run lacks is said in a sentence.

    Args:
        runs: run and its method's colour, at most four.
        number: the cycle.
        score: the score.
        image_id: the image.
        aggregation: key of the aggregation whose unit scores are listed.
        key: names this viewer on its page.
        settings: for :func:`show`.

    Returns:
        As :func:`show`; ``None`` if no run has anything to show.
    """
    panes = []
    for run, colour in runs:
        name = run_title(run)
        if number not in run.cycle_numbers:
            st.info(plain(f"{name} has not published cycle {number} yet."))
            continue
        try:
            scene = loaders.score_map(loaders.key(run), number, score, image_id, aggregation)
        except NotStoredError as error:  # it may lack what was added to the others
            st.info(plain(f"{name}: {error}"), icon=":material/info:")
            continue
        panes.append(Pane(scene, f"{name}, cycle {number}", colour))
    return show(panes, key, **settings) if panes else None


def _of_address(text: str) -> dict[str, Any]:
    view = from_text(text)
    if view.get("layout") not in LAYOUTS:
        view.pop("layout", None)
    return view
