"""What ``streamlit run`` serves: the page frame of ``app.py`` and the image route beside it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import controls, images
from workbench.errors import WorkbenchError


def _explained(error: Exception) -> bool:
    """Show an error that can be mended, also from callbacks and fragments; leave others."""
    if isinstance(error, WorkbenchError):
        controls.explain(error)
        return True
    return False


app = st.App(Path(__file__).parent / "app.py", routes=images.routes(), on_script_error=_explained)
