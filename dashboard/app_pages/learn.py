"""Learn: what the acquisition functions make of a softmax, and what scores add up to."""

from __future__ import annotations

from dashboard import controls
from dashboard.sections import acquisition_functions, entropy_distribution

_SHOWN = {"functions": "Acquisition functions", "entropy": "Entropy distributions"}


def render() -> None:
    """Draw the page."""
    if controls.switch("Learn", _SHOWN, "lesson", label_visibility="collapsed") == "functions":
        acquisition_functions.draw()
    else:
        entropy_distribution.draw()


render()
