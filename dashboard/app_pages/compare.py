"""Compare: what the methods reach, and what their queries are like."""

from __future__ import annotations

from dashboard import context, controls
from dashboard.sections import class_distribution, embedding, learning_curves, query_analysis

_SHOWN = {"results": "Results", "queries": "Queries"}


def render() -> None:
    """Draw the page."""
    here = context.row()
    here.require_runs()
    if controls.switch("Compare", _SHOWN, "show", label_visibility="collapsed") == "results":
        learning_curves.draw(here)
        class_distribution.draw(here)
    else:
        query_analysis.draw(here)
        embedding.spread(here)


render()
