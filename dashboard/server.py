"""What ``streamlit run`` serves: pages, image route, former addresses; behind the guard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import controls, hosts, images, navigation, places
from dashboard.guard import Guard
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def _explained(error: Exception) -> bool:
    """Show an error that can be mended, also from callbacks and fragments; leave others."""
    if isinstance(error, WorkbenchError):
        controls.explain(error)
        return True
    return False


_allowed = hosts.allowed(str(st.get_option("server.address") or ""), places.allowed_hosts())

# Streamlit looks for an assignment of an `App` in this file's text, and serves what the name holds.
app: ASGIApp = st.App(
    Path(__file__).parent / "app.py",
    routes=[*images.routes(), *navigation.routes()],
    on_script_error=_explained,
)
app = Guard(app, _allowed)
