"""The heatmap viewer as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from workbench.viewer import Pane, Scene, payload, script, style
from workbench.viewer.payload import EVENTS, LAYOUTS
from workbench.viewer.view import from_text, to_text

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
            threshold, opacity, zoom. It is sent once a handle rests, not while it moves.
        on_move: is told ``("image", ±1)`` or ``("cycle", ±1)`` when a key asks for another one.
        settings: for :func:`workbench.viewer.payload`; ``view`` is for an address without one.

    Returns:
        The id of the unit that was clicked, if any.
    """
    state = st.session_state.get(key, {})
    listens = [*(["view"] if bind else []), *(["image", "cycle"] if on_move else [])]
    if bind and bind in st.query_params:
        settings["view"] = _of_address(st.query_params[bind])

    def moved() -> None:
        for what, by in (st.session_state[key].get("move") or {}).items():
            if on_move and what in EVENTS:
                on_move(what, by)

    def viewed() -> None:
        if bind and (view := st.session_state[key].get("view")):
            st.query_params[bind] = to_text(view)

    result = _mount(
        key=key,
        data=payload(panes, picked=state.get("unit"), listens=listens, **settings),
        on_unit_change=lambda: None,
        on_move_change=moved,
        on_view_change=viewed,
    )
    return result.get("unit")


def _of_address(text: str) -> dict[str, Any]:
    view = from_text(text)
    if view.get("layout") not in LAYOUTS:
        view.pop("layout", None)
    return view
