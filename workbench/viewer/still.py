"""Still pictures, for what cannot run the viewer: score maps and classes in colour, outlines."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from workbench.types import IGNORE
from workbench.viewer.encode import COLORMAPS

Picture = npt.NDArray[np.uint8]
"""(H, W, 3) RGB."""

_VOID = (128, 128, 128)


def heat(
    codes: npt.NDArray[np.uint8],
    ends: tuple[float, float],
    possible: tuple[float, float],
    colours: str = "viridis",
) -> Picture:
    """Return a score map in colour.

    Args:
        codes: (h, w) 8-bit score map.
        ends: the values of codes 0 and 255.
        possible: the values of the first and the last colour: the range that the score can have,
            so that pictures of several images and cycles compare.
        colours: key of ``COLORMAPS``.
    """
    (low, high), (first, last) = ends, possible
    ramp = low + (high - low) * np.arange(256) / 255
    places = np.clip((ramp - first) / ((last - first) or 1.0), 0, 1)
    table = np.round(255 * places).astype(np.uint8)
    return _rgb(cv2.applyColorMap(table[codes], COLORMAPS[colours]))


def classes(ids: npt.NDArray[np.uint8], palette: Sequence[Sequence[int]]) -> Picture:
    """Return class ids (h, w) in the colours of their classes; void is grey."""
    table = np.full((256, 3), _VOID, np.uint8)
    table[: len(palette)] = np.asarray(palette, np.uint8).reshape(-1, 3)
    table[IGNORE] = _VOID
    return table[ids]


def fitted(picture: Picture, width: int, *, smooth: bool = True) -> Picture:
    """Return a picture of at most ``width`` pixels; a smaller one unchanged.

    Args:
        picture: the picture.
        width: pixels.
        smooth: whether pixels are averaged; classes are not.
    """
    if picture.shape[1] <= width:
        return picture
    size = (width, max(1, round(picture.shape[0] * width / picture.shape[1])))
    way = cv2.INTER_AREA if smooth else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)


def outlined(
    picture: Picture, unit: Mapping[Hashable, Any], size: tuple[int, int], colour: Sequence[int]
) -> Picture:
    """Return a copy of a picture with the outline of a unit, white around the colour.

    Args:
        picture: the image at any scale.
        unit: a row of ``Scene.table``.
        size: (H, W) in pixels that the unit's box refers to.
        colour: RGB.
    """
    drawn = np.ascontiguousarray(picture).copy()
    scale = np.array([drawn.shape[1] / size[1], drawn.shape[0] / size[0]])
    lines = [np.round(_line(ring) * scale).astype(np.int32) for ring in _rings(unit)]
    last = np.array([drawn.shape[1] - 2, drawn.shape[0] - 2])
    lines = [np.clip(line, 1, last) for line in lines]
    for shade, width in (((255, 255, 255), 4), (tuple(map(int, colour)), 2)):
        cv2.polylines(drawn, lines, True, shade, width, cv2.LINE_AA)
    return drawn


def _rings(unit: Mapping[Hashable, Any]) -> list[Sequence[float]]:
    if rings := unit.get("outline"):
        return list(rings)
    y0, x0, y1, x1 = (unit[key] for key in ("y0", "x0", "y1", "x1"))
    return [[x0, y0, x1, y0, x1, y1, x0, y1]]


def _line(ring: Sequence[float]) -> npt.NDArray[np.float64]:
    return np.asarray(ring, np.float64).reshape(-1, 2)


def png(picture: Picture) -> bytes:
    """Return a picture as PNG."""
    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return data.tobytes()


def _rgb(picture: npt.NDArray[Any]) -> Picture:
    return np.ascontiguousarray(picture[..., ::-1])
