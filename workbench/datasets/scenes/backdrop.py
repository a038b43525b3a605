"""Fill the sky, the ground and the bonnet of the camera's car directly in the index map.

All other things are polygons in metres (:mod:`.stretch`).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from workbench.datasets.scenes.painting import Camera, Canvas
from workbench.datasets.scenes.palette import PAVEMENT, ROAD, SKY, VOID, mix
from workbench.datasets.scenes.stretch import Floats
from workbench.datasets.scenes.style import Light, Style, Widths

_SKY_BANDS = 20
_SKY_SHARES: Floats = np.linspace(0.0, 1.0, _SKY_BANDS)[:, None] ** 1.4
_KINDS = 5  # paving, road, marking, kerb, joint
_EDGES: Floats = 3.0 * 1.38 ** np.arange(11.0)
"""Depths in metres at which the next band of the ground begins; each band has its own inks."""

_BANDS = len(_EDGES) + 1
_DEPTHS: Floats = np.append(_EDGES * 0.87, 110.0)
_GROUND_CLASSES = np.tile(
    np.array([PAVEMENT, ROAD, ROAD, PAVEMENT, PAVEMENT], dtype=np.uint8), 2 * _BANDS
)


def paint_sky(canvas: Canvas, camera: Camera, light: Light) -> None:
    """Fill the index map above the horizon with bands from the sky's top to its bottom colour."""
    edges = np.linspace(0, max(camera.horizon + 2, 1), _SKY_BANDS + 1).astype(int)
    rows = np.empty((_SKY_BANDS, 7))
    rows[:, :3] = _SKY_SHARES * light.bottom + (1.0 - _SKY_SHARES) * light.top
    rows[:, 3:] = 1.0, 0.0, 2.5, 1.0  # light, depth, grain, glow
    first = canvas.take(np.full(_SKY_BANDS, SKY, dtype=np.uint8), rows)
    bands = np.repeat(np.arange(first, first + _SKY_BANDS, dtype=np.uint16), np.diff(edges))
    canvas.index[: len(bands)] = bands[: len(canvas.index), None]


def paint_ground(
    canvas: Canvas,
    camera: Camera,
    style: Style,
    widths: Widths,
    light: Light,
    position: float,
) -> int:
    """Fill the index map below the horizon with pavement, kerb, road and road markings.

    Args:
        canvas: the index map to fill, and its inks.
        camera: viewpoint of the frame.
        style: sets the colours of the ground.
        widths: widths of the street.
        light: sets the brightness in the sun and in shadow.
        position: metres driven so far; it places the dashes and the joints.

    Returns:
        The number of the ground's first ink, for :func:`shade_ground`.
    """
    rows = canvas.index.shape[0]
    top = min(max(int(camera.horizon) + 1, 1), rows - 1)
    below = np.arange(top, rows, dtype=np.float64) + 0.5 - camera.horizon
    depth = camera.focal * camera.height / below
    along = depth + position
    kind = np.zeros((rows - top, canvas.index.shape[1]), dtype=np.uint8)
    road = widths.road_half
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
    first = canvas.take(_GROUND_CLASSES, _ground_inks(style, light))
    band = (first + _KINDS * np.searchsorted(_EDGES, depth)).astype(np.uint16)
    np.add(kind, band[:, None], out=canvas.index[top:])
    return first


def _stripe(
    kind: npt.NDArray[np.uint8], camera: Camera, depth: Floats, x: tuple[float, float], number: int
) -> None:
    """Fill the ground between two lines along the street, at ``x`` metres right of its middle."""
    rows = np.arange(len(depth))
    outline = np.empty((2 * len(depth), 2))
    outline[: len(depth), 0], outline[: len(depth), 1] = camera.columns(x[0], depth), rows
    outline[len(depth) :, 0] = camera.columns(x[1], depth)[::-1]
    outline[len(depth) :, 1] = rows[::-1]
    cv2.fillPoly(kind, [outline.clip(-8000, 8000).astype(np.int32)], number)


def _ground_inks(style: Style, light: Light) -> Floats:
    """Return the (n, 7) inks of all bands: first those in the sun, then those in shadow."""
    asphalt = mix((78, 78, 82), (120, 116, 112), style.asphalt)
    paving = mix((126, 122, 116), (164, 152, 138), style.slabs)
    paving = mix(paving, (104, 102, 104), style.pavement)  # some pavements are of asphalt
    rows = np.zeros((2, _BANDS, _KINDS, 7))
    rows[..., :3] = (
        paving,
        asphalt,
        (206, 206, 198),
        mix(paving, (190, 188, 182), 0.5),
        mix(paving, (70, 66, 62), 0.35),
    )
    rows[0, ..., 3], rows[1, ..., 3] = light.ground, light.shadow
    rows[..., 4] = _DEPTHS[:, None]
    rows[..., 5] = (7.0, 6.0, 5.0, 3.0, 6.0)
    return rows.reshape(-1, 7)


def shade_ground(canvas: Canvas, shadows: list[npt.NDArray[np.int32]], first: int) -> None:
    """Replace the inks of the ground under shadows by the inks of the same ground in shadow."""
    if not shadows:
        return
    cover = np.zeros(canvas.index.shape, dtype=np.uint8)
    for shadow in shadows:
        cv2.fillPoly(cover, [shadow], _KINDS * _BANDS)
    cover[canvas.index < first] = 0  # the outline of a shadow may reach above the horizon
    canvas.index += cover


def paint_bonnet(canvas: Canvas, light: Light) -> None:
    """Fill the bottom of the index map with the bonnet of the camera's car, whose class is void."""
    height, width = canvas.index.shape
    x = (np.arange(width) + 0.5) / width * 2 - 1
    top = height * (0.93 + 0.05 * x * x)
    low = int(height * 0.9)
    ink = np.array([[52, 56, 66, light.ground, 0.0, 3.0, 0.0]])
    number = canvas.take(np.array([VOID], dtype=np.uint8), ink)
    canvas.index[low:][np.arange(low, height)[:, None] > top] = number
