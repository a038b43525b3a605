"""Scores in words, and the looks that lines of scores have."""

from __future__ import annotations

import math

from plotly.colors import sample_colorscale

from workbench.acquisition import ACQUISITIONS, SOFTMAX_ACQUISITIONS
from workbench.errors import ConfigError
from workbench.figures._style import THEMES, ThemeName
from workbench.scoring.scores import Score, parse_score

ODIN_TEMPERATURES = (0.01, 0.1, 10.0, 100.0, 1000.0)
"""Those of Chen et al. (Table I); T = 1 is least confidence itself."""

_SHORT = {"bvsb_ratio": "Best-versus-second ratio", "one_vs_rest_entropy": "One-vs-rest entropy"}
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
    acquisition = score.acquisition
    text = _SHORT.get(acquisition.name, acquisition.key.replace("_", " ").capitalize())
    if score.committee.name == "softmax":
        return text
    if score.committee.name != "odin":
        return f"{text} ({score.committee.key})"
    settings = ", ".join(_odin_settings(score))
    plain = score.acquisition.name == "least_confidence"
    return f"ODIN, {settings}" if plain else f"{text} (ODIN, {settings})"


def line(name: str, theme: ThemeName) -> dict[str, object]:
    """Return how a score's line is drawn.

    The entropy, which others are held against, is the thick one; ODIN's are dashed, coloured from
    cold to hot by temperature; each other acquisition function keeps its own colour.
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
    try:
        committee = parse_score(name).committee
    except ConfigError:
        return None
    return float(committee.options["temperature"]) if committee.name == "odin" else None


def _odin_settings(score: Score) -> list[str]:
    options = score.committee.options
    settings = [f"T = {options['temperature']:g}"]
    return [*settings, f"ε = {options['epsilon']:g}"] if options["epsilon"] else settings
