"""What stands along a made-up street, and how one frame of a drive through it is drawn.

Lengths are metres: x to the right of the street's middle, y up, depth away from the camera. A drive's
street is laid out once, in cells of 12 m on either side; a frame shows what lies ahead of the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.datasets import things
from workbench.datasets.painting import FINE, NEAR, Air, Camera, Canvas, Floats, Ink, Shape
from workbench.datasets.things import (
    BUILDING,
    CELL,
    PAVEMENT,
    ROAD,
    SKY,
    TREE,
    VOID,
    Light,
    mix,
)

CELLS = 128
"""Cells before a street repeats itself: 1.5 km."""

STYLE_NUMBERS = 20
"""Uniform numbers that a :class:`Style` is made of."""

_SEEN = 84.0
"""Metres one can see."""

_SKY_BANDS, _GROUND_BANDS, _GROUND_KINDS = 20, 14, 5


@dataclass(frozen=True)
class Style:
    """Light and viewpoint of one frame; each field is uniform in [0, 1] and read where it is used."""

    camera_height: float
    camera_x: float
    horizon: float
    yaw: float
    focal: float
    bend: float
    road: float
    pavement: float
    sun_side: float
    overcast: float
    exposure: float
    warmth: float
    haze: float
    night: float
    blur: float
    noise: float
    season: float
    asphalt: float
    bonnet: float
    slabs: float

    @classmethod
    def of(cls, numbers: Floats) -> Style:
        """Make a style from (STYLE_NUMBERS,) numbers."""
        return cls(*(float(n) for n in numbers))

    @property
    def road_half(self) -> float:
        """Half the road's width."""
        return 3.0 + 1.8 * self.road

    @property
    def wall(self) -> float:
        """Distance of the house fronts from the street's middle."""
        return self.road_half + 1.8 + 2.2 * self.pavement

    @property
    def dark(self) -> bool:
        """Whether it is night."""
        return self.night < 0.1


@dataclass(frozen=True, eq=False)
class Drive:
    """One sequence: its own light and viewpoint, and its street.

    Attributes:
        style: (STYLE_NUMBERS,) uniform numbers.
        cells: (2, CELLS, things.CELL_NUMBERS) uniform numbers: what stands left and right.
        traffic: (4, 6) uniform numbers: moving cars.
        outlines: (32, 24) radii of treetops, about 1.
        skyline: (2, 40) heights at the horizon: houses, trees.
        texture_at: where in the texture field the drive lies.
    """

    style: Floats
    cells: Floats
    traffic: Floats
    outlines: Floats
    skyline: Floats
    texture_at: int

    @classmethod
    def of(cls, rng: np.random.Generator) -> Drive:
        """Make up a drive."""
        return cls(
            style=rng.random(STYLE_NUMBERS),
            cells=rng.random((2, CELLS, things.CELL_NUMBERS)),
            traffic=rng.random((4, 6)),
            outlines=0.78 + 0.36 * rng.random((32, 24)),
            skyline=rng.random((2, 40)),
            texture_at=int(rng.integers(1 << 20)),
        )


def render(
    drive: Drive,
    style: Style,
    position: float,
    rng: np.random.Generator,
    size: tuple[int, int],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Draw one frame.

    Args:
        drive: the street.
        style: light and viewpoint.
        position: metres driven.
        rng: shakes the camera and places the sensor noise.
        size: (H, W) in pixels.

    Returns:
        (H, W, 3) uint8 RGB and (H, W) uint8 class ids with ``VOID``.
    """
    canvas = Canvas(size)
    camera = _camera(style, size, rng)
    light = _light(style)
    _paint_sky(canvas, camera, light)
    first = _paint_ground(canvas, camera, style, light, position)
    shapes = _skyline(drive, camera, light)
    shadows: list[Floats] = []
    cell = int(position // CELL)
    for side in (-1, 1):
        for i in range(cell, cell + int(_SEEN // CELL) + 1):
            numbers = drive.cells[(side + 1) // 2, i % CELLS]
            depth = i * CELL - position
            more, dark = things.cell(numbers, side, depth, style, light, drive.outlines, rng)
            shapes += more
            shadows += dark
    more, dark = things.traffic(drive.traffic, style, light, position)
    _shade_ground(canvas, camera, shadows + dark, first)
    canvas.draw(shapes + more, camera)
    if style.bonnet < 0.25:
        _paint_bonnet(canvas, light)
    return canvas.picture(_air(style, light), rng, drive.texture_at), canvas.mask()


def _camera(style: Style, size: tuple[int, int], rng: np.random.Generator) -> Camera:
    shake = rng.standard_normal(2) * 0.0035
    height, width = size[0] * FINE, size[1] * FINE
    return Camera(
        height=1.3 + 0.9 * style.camera_height,
        x=(style.camera_x - 0.35) * 0.7 * style.road_half,
        focal=(0.72 + 0.3 * style.focal) * width,
        horizon=(0.36 + 0.14 * style.horizon + float(shake[0])) * height,
        centre=(0.5 + 0.24 * (style.yaw - 0.5) + float(shake[1])) * width,
        bend=(style.bend - 0.5) * 0.007,
    )


def _light(style: Style) -> Light:
    if style.dark:
        return Light(0.34, 0.0, 0.0, (14, 18, 40), (62, 58, 74), dark=True, season=style.season)
    cloud = style.overcast
    sun = 0.62 * (1.0 - cloud)
    warm = max(0.0, style.warmth - 0.6) / 0.4
    top = mix(mix((72, 122, 205), (126, 118, 170), warm), (178, 182, 188), cloud)
    bottom = mix(mix((186, 214, 238), (246, 196, 140), warm), (216, 217, 218), cloud)
    return Light(
        ambient=0.55 + 0.3 * cloud,
        sun=sun,
        sun_side=2.0 * style.sun_side - 1.0,
        top=top,
        bottom=bottom,
        dark=False,
        season=style.season,
    )


def _air(style: Style, light: Light) -> Air:
    warm = style.warmth - 0.5
    return Air(
        haze=mix(light.bottom, (150, 150, 155), 0.2),
        density=0.002 + 0.016 * style.haze**2,
        exposure=0.78 + 0.4 * style.exposure,
        tint=(1.0 + 0.14 * warm, 1.0, 1.0 - 0.16 * warm),
        blur=0.85 * style.blur,
        noise=2.0 + 5.0 * style.noise + (3.0 if light.dark else 0.0),
    )


def _paint_sky(canvas: Canvas, camera: Camera, light: Light) -> None:
    """Fill everything above the horizon, from the top colour to the bottom colour."""
    rows = int(max(camera.horizon + 2, 1))
    edges = np.linspace(0, rows, _SKY_BANDS + 1).astype(int)
    for band in range(_SKY_BANDS):
        colour = mix(light.top, light.bottom, (band / (_SKY_BANDS - 1)) ** 1.4)
        ink = canvas.ink(Ink(SKY, colour, 1.0, 0.0, grain=2.5, glow=True))
        canvas.index[edges[band] : edges[band + 1]] = ink


def _paint_ground(
    canvas: Canvas, camera: Camera, style: Style, light: Light, position: float
) -> int:
    """Fill pavement, kerb, road and its markings, row by row; returns the first of their inks."""
    height, width = canvas.index.shape
    top = min(max(int(camera.horizon) + 1, 1), height - 1)
    depth = camera.focal * camera.height / (np.arange(top, height) + 0.5 - camera.horizon)
    edge = 3.0 * 1.33 ** np.arange(_GROUND_BANDS - 1)  # metres, where the next ink begins
    band = np.searchsorted(edge, depth)
    first = _ground_inks(canvas, style, light, np.append(edge, 130.0) * 0.87)

    def column(x: float) -> npt.NDArray[Any]:
        u = camera.centre + (x - camera.x + camera.bend * depth**2) * camera.focal / depth
        return u[:, None]

    u = np.arange(width)[None, :] + 0.5
    road, kerb = style.road_half, 0.22
    along = depth + position
    kind = np.zeros((len(depth), width), dtype=np.uint16)
    if style.slabs > 0.4:
        kind[(along % 1.6 < 0.12) & (depth < 16)] = 4
    kind[(u > column(-road - kerb)) & (u < column(road + kerb))] = 3
    kind[(u > column(-road)) & (u < column(road))] = 1
    dashed = (along % 6.0 < 3.0)[:, None]
    kind[dashed & (u > column(-0.09)) & (u < column(0.09))] = 2
    if style.asphalt > 0.5:
        for x in (-road + 0.3, road - 0.42):
            kind[(u > column(x)) & (u < column(x + 0.12))] = 2
    canvas.index[top:] = first + _GROUND_KINDS * band[:, None].astype(np.uint16) + kind
    return first


def _ground_inks(canvas: Canvas, style: Style, light: Light, depths: Floats) -> int:
    """Take the inks of every band, in sun and then in shadow."""
    asphalt = mix((78, 78, 82), (120, 116, 112), style.asphalt)
    stone = mix(mix((126, 122, 116), (164, 152, 138), style.slabs), (104, 102, 104), style.pavement)
    marking, kerb, joint = (
        (206, 206, 198),
        mix(stone, (190, 188, 182), 0.5),
        mix(stone, (70, 66, 62), 0.35),
    )
    kinds = (
        (PAVEMENT, stone, 7.0),
        (ROAD, asphalt, 6.0),
        (ROAD, marking, 5.0),
        (PAVEMENT, kerb, 3.0),
        (PAVEMENT, joint, 6.0),
    )
    first = -1
    for shade in (light.ground, light.shadow):
        for depth in depths:
            for klass, colour, grain in kinds:
                ink = canvas.ink(Ink(klass, colour, shade, float(depth), grain))
                first = ink if first < 0 else first
    return first


def _shade_ground(canvas: Canvas, camera: Camera, shadows: list[Floats], first: int) -> None:
    """Move ground pixels under a shadow to the ink of the same ground in shadow."""
    if not shadows:
        return
    import cv2

    pixels = camera.project(np.concatenate(shadows))
    cover = np.zeros(canvas.index.shape, dtype=np.uint8)
    start = 0
    for shadow in shadows:
        cv2.fillPoly(cover, [pixels[start : start + len(shadow)]], 1)
        start += len(shadow)
    cover[canvas.index < first] = 0
    canvas.index += cover * np.uint16(_GROUND_KINDS * _GROUND_BANDS)


def _skyline(drive: Drive, camera: Camera, light: Light) -> list[Shape]:
    """Return the far houses and trees that close the street."""
    shapes = []
    x = np.linspace(-75.0, 75.0, 40)
    kinds = ((BUILDING, (128, 122, 122), 3.0, 9.0), (TREE, light.leaves(0.5), 2.5, 5.0))
    for order, (klass, colour, low, spread) in enumerate(kinds):
        heights = low + spread * drive.skyline[order] ** (1 + order)
        if klass == BUILDING:
            top_x, top_y = np.repeat(x, 2)[1:], np.repeat(heights, 2)[:-1]
        else:
            top_x, top_y = x, heights
        x_all = np.concatenate([top_x, [75.0, -75.0]]) - camera.bend * _SEEN**2
        y_all = np.concatenate([top_y, [0.0, 0.0]])
        points = np.stack([x_all, y_all, np.full(len(x_all), _SEEN)], axis=1)
        shapes.append(Shape(order - 1000.0, Ink(klass, colour, light.front, _SEEN, 5.0), points))
    return shapes


def _paint_bonnet(canvas: Canvas, light: Light) -> None:
    """Cover the bottom by the own car, which is void."""
    height, width = canvas.index.shape
    x = (np.arange(width) + 0.5) / width * 2 - 1
    top = height * (0.93 + 0.05 * x * x)
    ink = canvas.ink(Ink(VOID, (52, 56, 66), light.ground, 0.0, 3.0))
    low = int(height * 0.9)
    rows = np.arange(low, height)[:, None]
    canvas.index[low:][rows > top[None, :]] = ink


CLASSES = things.CLASSES
PALETTE = things.PALETTE
assert NEAR < CELL
__all__ = ["CLASSES", "PALETTE", "STYLE_NUMBERS", "VOID", "Drive", "Style", "render"]
