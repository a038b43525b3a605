"""A viewer's view as a short text, for an address: ``layout-swipe_layer-image_…``.

The names are those of ``view.js``, which leaves out what it cannot apply; a text that somebody
wrote into an address may therefore hold anything. An address escapes none of its characters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

_NONE = "none"


def to_text(view: Mapping[str, Any]) -> str:
    """Write a view as the viewer told it."""
    return "_".join(f"{name}-{_written(view[name])}" for name in _READ if name in view)


def from_text(text: str) -> dict[str, Any]:
    """Read a view; what cannot be read is left out, and the viewer stays as it is there."""
    found = {}
    for part in text.split("_"):
        name, _, value = part.partition("-")
        try:
            found[name] = _READ[name](value)
        except (KeyError, ValueError):
            continue
    return found


def _written(value: Any) -> str:
    if value is None:
        return _NONE
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return "x".join(f"{value[name]:g}" for name in _ZOOM)
    return "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _flag(text: str) -> bool:
    return {"on": True, "off": False}[text]


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return int(value) if value.is_integer() else value  # as JSON writes it


def _threshold(text: str) -> float | None:
    return None if text == _NONE else _number(text)


def _pair(text: str) -> list[int]:
    return [int(place) for place in text.split("x")]


def _zoom(text: str) -> dict[str, float]:
    return dict(zip(_ZOOM, map(_number, text.split("x")), strict=True))


_ZOOM = ("scale", "x", "y")
_READ: dict[str, Callable[[str], Any]] = {
    "layout": str,
    "layer": str,
    "heat": _flag,
    "opacity": _number,
    "threshold": _threshold,
    "colormap": str,
    "range": str,
    "units": _flag,
    "swipe": _number,
    "pair": _pair,
    "zoom": _zoom,
}
