"""What the viewer receives: one JSON-ready dictionary per image, of bounded size."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.types import IGNORE, UNIT_STATES
from workbench.viewer import encode
from workbench.viewer.scene import Pane, Scene

LIMIT_BYTES = 150 * 1024
"""Largest payload of an image of up to ``LIMIT_PIXELS``; that of a larger one may grow with it …"""

LIMIT_PIXELS = 360 * 480

MOST_BYTES = 600 * 1024
"""… up to this."""

MOST_PANES = 4

LAYOUTS = ("grid", "side", "swipe", "difference")
"""Panes beside each other; one pane's layers side by side; A and B on two sides of a divider;
B − A in the score's unit."""

EVENTS = ("view", "image", "cycle")
"""What a host can ask to be told: another view, and the keys for another image or cycle."""

_SCRIPTS = (
    *("drawing.js", "units.js", "view.js", "pane.js", "colourbar.js", "frame.js"),
    *("toolbar.js", "keys.js", "save.js", "viewer.js"),
)
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./\w+\.js";$', re.MULTILINE)
_FOLDER = Path(__file__).parent


def script() -> str:
    """Return the viewer as one ES module, because hosts take one text and serve no second file."""
    parts = [_IMPORT.sub("", (_FOLDER / name).read_text(encoding="utf-8")) for name in _SCRIPTS]
    inner = [re.sub(r"^export ", "", part, flags=re.MULTILINE) for part in parts[:-1]]
    return "".join([*inner, parts[-1]])


def style() -> str:
    """Return the viewer's style sheet."""
    return (_FOLDER / "viewer.css").read_text(encoding="utf-8")


def limit_of(size: tuple[int, int]) -> int:
    """Return the most bytes a payload for an image of (H, W) may take."""
    share = size[0] * size[1] / LIMIT_PIXELS
    return int(min(max(LIMIT_BYTES, LIMIT_BYTES * share), MOST_BYTES))


def payload(
    panes: Scene | Pane | Sequence[Scene | Pane],
    *,
    picked: int | None = None,
    link: str | None = None,
    view: str | Mapping[str, Any] | None = None,
    max_height: int = 520,
    file: str | None = None,
    listens: Sequence[str] = (),
) -> dict[str, Any]:
    """Encode a scene, or several of one image, for the viewer.

    Every pixel of the score map and of the class maps arrives as it is, unless that would pass the
    size limit: then scores are rounded to 64 levels, and, if that is not enough, pictures are
    halved as often as needed. A notice states this.

    Args:
        panes: what to draw, one to four scenes.
        picked: id of the unit to mark, if any.
        link: viewers on one page with the same text here share their view.
        view: what the viewer told its host, or some of it (``workbench.viewer.view`` has the
            names); one of ``LAYOUTS`` stands for the layout alone. It is applied when it is first
            given and whenever it changes.
        max_height: of one picture, in CSS pixels.
        file: name of a saved picture, without its ending; image and title if there is none.
        listens: which of ``EVENTS`` the host wants to be told.

    Returns:
        JSON-ready values, at most ``limit_of(scene.size)`` bytes of them a pane as JSON, units left
        out.

    Raises:
        ValueError: if there are no or too many panes, or a layout or an event is not known.
    """
    given = [panes] if isinstance(panes, Scene | Pane) else list(panes)
    if not 1 <= len(given) <= MOST_PANES:
        raise ValueError(f"The viewer draws 1 to {MOST_PANES} panes; {len(given)} were given.")
    if unknown := set(listens) - set(EVENTS):
        raise ValueError(f"The viewer tells of {EVENTS}, not of {sorted(unknown)}.")
    shown = [pane if isinstance(pane, Pane) else Pane(pane) for pane in given]
    fitted = [_fitting(pane.scene, limit_of(pane.scene.size)) for pane in shown]
    pictures = list(dict.fromkeys(url for each, _ in fitted for url in each.values() if url))
    return {
        "panes": [
            _pane(pane, {name: url and pictures.index(url) for name, url in each.items()})
            for pane, (each, _) in zip(shown, fitted, strict=True)
        ],
        "pictures": pictures,
        "colormaps": _colormaps(),
        "diverging": _diverging(),
        "notices": _notices(shown, [lost for _, lost in fitted]),
        "picked": picked,
        "link": link,
        "view": _view(view),
        "maxHeight": max_height,
        "file": file or _file_of(shown),
        "listens": list(listens),
    }


def _pane(pane: Pane, pictures: dict[str, Any]) -> dict[str, Any]:
    """Return a scene as JSON; its pictures are places in the payload's list of them, or None."""
    scene = pane.scene
    return {
        "name": pane.name or scene.title,
        "colour": pane.colour,
        "title": scene.title,
        "imageId": scene.image_id,
        "size": [int(side) for side in scene.size],
        "pictures": pictures,
        "range": {"low": scene.codes_low, "high": scene.codes_high},
        "score": {"name": scene.score, "low": scene.low, "high": scene.high, "unit": scene.unit},
        "aggregation": scene.aggregation,
        "units": _units(scene.table),
        "classes": list(scene.classes),
        "palette": [list(colour) for colour in scene.palette],
        "void": IGNORE,
    }


def _notices(panes: Sequence[Pane], lost: Sequence[list[str]]) -> list[str]:
    """Return what is missing, each sentence once; what is not so in all panes says where."""
    said = [[*pane.scene.notices, *more] for pane, more in zip(panes, lost, strict=True)]
    notices: dict[str, None] = {}
    for pane, sentences in zip(panes, said, strict=True):
        for sentence in sentences:
            common = all(sentence in others for others in said)
            notices[sentence if common else f"{pane.name or pane.scene.title}: {sentence}"] = None
    return list(notices)


def _view(view: str | Mapping[str, Any] | None) -> dict[str, Any]:
    given = {"layout": view} if isinstance(view, str) else dict(view or {})
    if given.get("layout", "grid") not in LAYOUTS:
        raise ValueError(f"The viewer has the layouts {LAYOUTS}, not {given['layout']!r}.")
    return given


def _file_of(panes: Sequence[Pane]) -> str:
    """Return a file name of letters, digits, dots and hyphens."""
    words = [panes[0].scene.image_id, *(pane.scene.title for pane in panes)]
    return re.sub(r"[^A-Za-z0-9.]+", "-", " ".join(words)).strip("-.")[:120] or "score-map"


@cache
def _diverging() -> str:
    return encode.diverging()


@cache
def _colormaps() -> dict[str, str]:
    return {name: encode.colormap(name) for name in encode.COLORMAPS}


def _bytes(pictures: dict[str, str | None]) -> int:
    other = 4 * 1024  # the colour maps and the sentences
    return len(json.dumps(pictures)) + other


def _fitting(scene: Scene, limit: int) -> tuple[dict[str, str | None], list[str]]:
    """Return the pictures, encoded as well as the limit allows, and notices on what was lost."""
    pictures = _pictures(scene, quality=80, small=False)
    if _bytes(pictures) > limit:
        pictures = _pictures(scene, quality=70, small=True)
    if _bytes(pictures) <= limit:
        return pictures, []
    notices = [f"Scores are rounded to {_LEVELS} levels between the map's lowest and highest."]
    factor = 1
    pictures = _pictures(scene, quality=70, small=True, levels=_LEVELS)
    while _bytes(pictures) > limit and min(scene.size) // factor > 1:
        factor *= 2
        pictures = _pictures(scene, quality=70, small=True, levels=_LEVELS, factor=factor)
    if factor > 1:
        notices.append(f"Pictures are shown at 1/{factor} of their stored size.")
    return pictures, notices


_LEVELS = 64


def _pictures(
    scene: Scene, *, quality: int, small: bool, levels: int = 256, factor: int = 1
) -> dict[str, str | None]:
    def code(values: npt.NDArray[np.uint8] | None, method: int) -> str | None:
        return None if values is None else encode.codes(_less(values, factor, method), small=small)

    image = None if scene.image is None else _less(scene.image, factor, cv2.INTER_AREA)
    return {
        "image": None if image is None else encode.photo(image, quality),
        "truth": code(scene.truth, cv2.INTER_NEAREST),
        "prediction": code(scene.prediction, cv2.INTER_NEAREST),
        "map": code(_rounded(scene.codes, levels), cv2.INTER_AREA),
    }


def _rounded(values: npt.NDArray[np.uint8] | None, levels: int) -> npt.NDArray[np.uint8] | None:
    """Round 8-bit codes to fewer levels, still counted 0–255."""
    if values is None or levels == 256:
        return values
    steps = np.rint(values * ((levels - 1) / 255))
    return np.asarray(np.rint(steps * (255 / (levels - 1))), np.uint8)


def _less(values: npt.NDArray[np.uint8], factor: int, method: int) -> npt.NDArray[np.uint8]:
    if factor == 1:
        return values
    height, width = (max(side // factor, 1) for side in values.shape[:2])
    return np.asarray(cv2.resize(values, (width, height), interpolation=method), np.uint8)


def _units(table: pd.DataFrame) -> list[list[Any]]:
    """Return ``[id, y0, x0, y1, x1, state, rank, score]`` a unit; no score is ``None``.

    A unit that is no rectangle has its outline after these.
    """
    columns = [table[name].tolist() for name in ("unit_id", "y0", "x0", "y1", "x1")]
    states = [UNIT_STATES.index(state) for state in table["state"]]
    scores = [None if math.isnan(score) else round(score, 6) for score in table["score"]]
    more = [table["outline"].tolist()] if "outline" in table else []
    rows = zip(*columns, states, table["rank"].tolist(), scores, *more, strict=True)
    return [list(row) for row in rows]
