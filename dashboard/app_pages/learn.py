"""Learn: what acquisition functions make of a softmax, what scores add up to, what to take."""

from __future__ import annotations

from dashboard import controls
from dashboard.sections import acquisition_functions, advice, entropy_distribution

_SHOWN = {
    "functions": "Acquisition functions",
    "entropy": "Entropy distributions",
    "advice": "Which method to take",
}
_LESSONS = {
    "functions": acquisition_functions.draw,
    "entropy": entropy_distribution.draw,
    "advice": advice.draw,
}


def render() -> None:
    """Draw the page."""
    _LESSONS[controls.switch("Learn", _SHOWN, "lesson", label_visibility="collapsed")]()


render()
