"""Scores in words, and the looks that lines of scores have."""

from __future__ import annotations

import math

from plotly.colors import sample_colorscale

from workbench.acquisition import ACQUISITIONS, SOFTMAX_ACQUISITIONS
from workbench.errors import ConfigError
from workbench.figures._style import THEMES, ThemeName
from workbench.naming import DEFAULT_COMMITTEE
from workbench.scoring.scores import parse_score

ODIN_TEMPERATURES = (0.01, 0.1, 10.0, 100.0, 1000.0)
"""Those of Chen et al. (Table I); T = 1 is least confidence itself."""

_PLASMA: dict[ThemeName, tuple[float, float]] = {"light": (0.0, 0.82), "dark": (0.35, 1.0)}
"""The part of the colour scale that stands out from the background."""
_DASHES = ("solid", "dot", "dashdot", "longdashdot")


def odin(temperature: float) -> str:
    """Return the name of the ODIN score (ε = 0) at a temperature, as ``parse_score`` reads it."""
    return f"least_confidence@odin:temperature={float(temperature)!r}"


def words(name: str) -> str:
    """Return a score's name in words, e.g. ``ODIN, T = 10``; unknown ones as they are."""
    try:
        score = parse_score(name)
    except ConfigError:  # of an extension that is not installed here
        return name
    acquisition, committee = score.acquisition, score.committee
    text = acquisition.entry.title or acquisition.key.replace("_", " ").capitalize()
    if committee.key == DEFAULT_COMMITTEE:
        return text
    label = committee.entry.label(committee.options)
    if label and committee.entry.usual == acquisition.name:
        return label
    return f"{text} ({label or committee.key})"


def line(name: str, theme: ThemeName) -> dict[str, object]:
    """Return how a score's line is drawn.

    The entropy, which others are held against, is the thick one; those at a temperature, as ODIN,
    are dashed, coloured from cold to hot; each other acquisition function keeps its own colour.
    """
    look = THEMES[theme]
    if name == "entropy":
        return {"color": look.ink, "width": 3.5}
    temperature = _temperature(name)
    if temperature is not None:
        cold, hot = _PLASMA[theme]
        place = min(max((math.log10(temperature) + 2) / 5, 0.0), 1.0)  # 0.01 … 1000
        (colour,) = sample_colorscale("Plasma", [cold + (hot - cold) * place])
        return {"color": colour, "width": 2, "dash": "dash"}
    acquisition = name.partition("@")[0].partition(":")[0]
    order = dict.fromkeys([*SOFTMAX_ACQUISITIONS, *ACQUISITIONS.names(), acquisition])
    place = list(order).index(acquisition) - 1  # entropy has no colour
    row, colour_place = divmod(place, len(look.colours) - 1)  # grey is the diagonal's
    dash = _DASHES[(2 * row + ("@" in name)) % len(_DASHES)]
    return {"color": look.colours[1 + colour_place], "width": 2.2, "dash": dash}


def _temperature(name: str) -> float | None:
    """Return T of a score whose committee is a softmax at a temperature, the default one aside."""
    try:
        committee = parse_score(name).committee
    except ConfigError:
        return None
    if committee.key == DEFAULT_COMMITTEE:
        return None
    return committee.entry.temperature(committee.options)
