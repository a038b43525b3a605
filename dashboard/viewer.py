"""The heatmap viewer as a Streamlit component."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.viewer import Scene, payload, script, style

_mount = st.components.v2.component("workbench_viewer", js=script(), css=style())


def show(scene: Scene, key: str, **settings: Any) -> int | None:
    """Draw an image with its score map and units.

    Args:
        scene: what to draw.
        key: names this viewer on its page.
        settings: for :func:`workbench.viewer.payload`.

    Returns:
        The id of the unit that was clicked, if any.
    """
    picked = st.session_state.get(key, {}).get("unit")
    result = _mount(
        key=key,
        data=payload(scene, picked=picked, **settings),
        on_unit_change=lambda: None,
    )
    return result.get("unit")
