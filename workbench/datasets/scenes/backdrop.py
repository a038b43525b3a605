"""Sky, ground and the own bonnet: what is painted row by row and not shape by shape."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from workbench.datasets.scenes.painting import Camera, Canvas, Floats, Ink
from workbench.datasets.scenes.palette import PAVEMENT, ROAD, SKY, VOID, mix
from workbench.datasets.scenes.style import Light, Style

_SKY_BANDS = 20
_KINDS = 5  # paving, road, marking, kerb, joint
_EDGES: Floats = 3.0 * 1.38 ** np.arange(11.0)
"""Metres at which the ground's next ink begins."""

_BANDS = len(_EDGES) + 1


def paint_sky(canvas: Canvas, camera: Camera, light: Light) -> None:
    """Fill everything above the horizon, from the top colour to the bottom colour."""
    edges = np.linspace(0, max(camera.horizon + 2, 1), _SKY_BANDS + 1).astype(int).tolist()
    shares = [(band / (_SKY_BANDS - 1)) ** 1.4 for band in range(_SKY_BANDS)]
    first = canvas.take(
        [Ink(SKY, mix(light.top, light.bottom, s), 1.0, 0.0, 2.5, glow=True) for s in shares]
    )
    for band in range(_SKY_BANDS):
        canvas.index[edges[band] : edges[band + 1]] = first + band


def paint_ground(
    canvas: Canvas, camera: Camera, style: Style, light: Light, position: float
) -> int:
    """Fill pavement, kerb, road and its markings.

    Args:
        canvas: painted below the horizon.
        camera: the viewpoint.
        style: widths and colours.
        light: sun and shadow.
        position: metres driven, for dashes and joints.

    Returns:
        The first of the ground's inks, for :func:`shade_ground`.
    """
    rows = canvas.index.shape[0]
    top = min(max(int(camera.horizon) + 1, 1), rows - 1)
    below = np.arange(top, rows, dtype=np.float64) + 0.5 - camera.horizon
    depth = camera.focal * camera.height / below
    along = depth + position
    kind = np.zeros((rows - top, canvas.index.shape[1]), dtype=np.uint8)
    road = style.road_half
    if style.slabs > 0.4:
        kind[(along % 1.6 < 0.12) & (depth < 16)] = 4
    _stripe(kind, camera, depth, (-road - 0.22, road + 0.22), 3)
    _stripe(kind, camera, depth, (-road, road), 1)
    if style.asphalt > 0.5:
        _stripe(kind, camera, depth, (-road + 0.3, -road + 0.42), 2)
        _stripe(kind, camera, depth, (road - 0.42, road - 0.3), 2)
    plain = kind.copy()
    _stripe(kind, camera, depth, (-0.09, 0.09), 2)
    gaps = along % 6.0 >= 3.0
    kind[gaps] = plain[gaps]
    first = canvas.take(_ground_inks(style, light))
    band = (first + _KINDS * np.searchsorted(_EDGES, depth)).astype(np.uint16)
    np.add(kind, band[:, None], out=canvas.index[top:])
    return first


def _stripe(
    kind: npt.NDArray[np.uint8], camera: Camera, depth: Floats, x: tuple[float, float], number: int
) -> None:
    """Fill the ground between two lines along the street."""
    rows = np.arange(len(depth))
    outline = np.empty((2 * len(depth), 2))
    outline[: len(depth), 0], outline[: len(depth), 1] = camera.columns(x[0], depth), rows
    outline[len(depth) :, 0] = camera.columns(x[1], depth)[::-1]
    outline[len(depth) :, 1] = rows[::-1]
    cv2.fillPoly(kind, [outline.clip(-8000, 8000).astype(np.int32)], number)


def _ground_inks(style: Style, light: Light) -> list[Ink]:
    """Return the inks of every band, first in the sun, then in shadow."""
    asphalt = mix((78, 78, 82), (120, 116, 112), style.asphalt)
    paving = mix((126, 122, 116), (164, 152, 138), style.slabs)
    paving = mix(paving, (104, 102, 104), style.pavement)  # some are asphalt as well
    kinds = (
        (PAVEMENT, paving, 7.0),
        (ROAD, asphalt, 6.0),
        (ROAD, (206, 206, 198), 5.0),
        (PAVEMENT, mix(paving, (190, 188, 182), 0.5), 3.0),
        (PAVEMENT, mix(paving, (70, 66, 62), 0.35), 6.0),
    )
    depths = [*(_EDGES * 0.87).tolist(), 110.0]
    return [
        Ink(klass, colour, shade, depth, grain)
        for shade in (light.ground, light.shadow)
        for depth in depths
        for klass, colour, grain in kinds
    ]


def shade_ground(canvas: Canvas, camera: Camera, shadows: list[Floats], first: int) -> None:
    """Give ground under a shadow the ink of the same ground in shadow."""
    if not shadows:
        return
    pixels = camera.project(np.concatenate(shadows))
    cover = np.zeros(canvas.index.shape, dtype=np.uint8)
    start = 0
    for shadow in shadows:
        cv2.fillPoly(cover, [pixels[start : start + len(shadow)]], _KINDS * _BANDS)
        start += len(shadow)
    cover[canvas.index < first] = 0  # a shadow's outline may reach above the horizon
    canvas.index += cover


def paint_bonnet(canvas: Canvas, light: Light) -> None:
    """Cover the bottom by the own car, which is void."""
    height, width = canvas.index.shape
    x = (np.arange(width) + 0.5) / width * 2 - 1
    top = height * (0.93 + 0.05 * x * x)
    low = int(height * 0.9)
    number = canvas.take([Ink(VOID, (52, 56, 66), light.ground, 0.0, 3.0)])
    canvas.index[low:][np.arange(low, height)[:, None] > top] = number
