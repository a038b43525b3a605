"""The things of a made-up street: houses, trees, poles, signs, cars, people, and their shadows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.datasets.painting import NEAR, Colour, Floats, Ink, Shape
from workbench.types import IGNORE

if TYPE_CHECKING:
    from workbench.datasets.street import Style

CLASSES = ("road", "pavement", "building", "sky", "tree", "car", "person", "pole", "sign")
PALETTE: tuple[tuple[int, int, int], ...] = (
    (128, 64, 128),
    (244, 35, 232),
    (70, 70, 70),
    (70, 130, 180),
    (107, 142, 35),
    (0, 0, 142),
    (220, 20, 60),
    (153, 153, 153),
    (220, 220, 0),
)
ROAD, PAVEMENT, BUILDING, SKY, TREE, CAR, PERSON, POLE, SIGN = range(9)
VOID = IGNORE

CELL = 12.0
"""Metres of street in which one side's things are drawn from one row of numbers."""

CELL_NUMBERS = 32

_WALLS: tuple[Colour, ...] = (
    (150, 84, 64),
    (198, 172, 130),
    (142, 142, 144),
    (214, 208, 196),
    (178, 138, 102),
    (98, 118, 136),
    (92, 84, 80),
)
_PAINTS: tuple[Colour, ...] = (
    (176, 30, 34),
    (32, 58, 128),
    (36, 38, 42),
    (206, 208, 210),
    (128, 132, 136),
    (62, 92, 70),
    (196, 160, 60),
)
_CLOTHES: tuple[Colour, ...] = (
    (40, 44, 66),
    (170, 50, 48),
    (60, 96, 140),
    (212, 204, 190),
    (88, 74, 60),
    (46, 92, 66),
    (214, 170, 60),
)
_SIGNS: tuple[Colour, ...] = ((206, 34, 40), (30, 84, 176), (238, 200, 40), (232, 232, 232))
_SKINS: tuple[Colour, ...] = ((234, 192, 164), (196, 146, 112), (120, 82, 60))


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return a colour between two."""
    return (
        a[0] + (b[0] - a[0]) * share,
        a[1] + (b[1] - a[1]) * share,
        a[2] + (b[2] - a[2]) * share,
    )


def _pick(colours: tuple[Colour, ...], number: float, jitter: float = 0.5) -> Colour:
    """Choose a colour by a uniform number, a little lighter or darker by another."""
    colour = colours[int(number * len(colours)) % len(colours)]
    return mix(colour, (255, 255, 255) if jitter > 0.5 else (0, 0, 0), abs(jitter - 0.5) * 0.5)


@dataclass(frozen=True)
class Light:
    """Where light comes from.

    Attributes:
        ambient: light everywhere.
        sun: what the sun adds.
        sun_side: −1 left … 1 right.
        top: colour of the sky above.
        bottom: colour of the sky at the horizon.
        dark: night, with lit windows.
        season: 0 spring … 1 autumn.
    """

    ambient: float
    sun: float
    sun_side: float
    top: Colour
    bottom: Colour
    dark: bool
    season: float

    @property
    def ground(self) -> float:
        """Light on the ground in the sun."""
        return self.ambient + 0.75 * self.sun

    @property
    def shadow(self) -> float:
        """Light on the ground in shadow."""
        return self.ambient * 0.82

    @property
    def front(self) -> float:
        """Light on what faces the camera."""
        return self.ambient + 0.35 * self.sun

    def facing(self, side: int) -> float:
        """Return the light on a wall at a side of the street, which faces the other side."""
        return self.ambient * 0.92 + self.sun * max(0.0, -side * self.sun_side)

    def leaves(self, number: float) -> Colour:
        """Return a colour of leaves in this season."""
        green = mix((52, 92, 40), (112, 138, 62), number)
        if self.season < 0.7:
            return green
        return mix(green, (184, 112, 44), (self.season - 0.7) / 0.3 * (0.4 + 0.6 * number))


def _quad(x0: float, x1: float, y0: float, y1: float, depth: float) -> Floats:
    """Return an upright rectangle that faces the camera."""
    return np.array([(x0, y0, depth), (x1, y0, depth), (x1, y1, depth), (x0, y1, depth)])


def _side_quad(x: float, y0: float, y1: float, near: float, far: float) -> Floats:
    """Return an upright rectangle along the street."""
    return np.array([(x, y0, near), (x, y1, near), (x, y1, far), (x, y0, far)])


def _ground_quad(x0: float, x1: float, near: float, far: float) -> Floats:
    return np.array([(x0, 0.0, near), (x1, 0.0, near), (x1, 0.0, far), (x0, 0.0, far)])


def cell(
    u: Floats,
    side: int,
    depth: float,
    style: Style,
    light: Light,
    outlines: Floats,
    rng: np.random.Generator,
) -> tuple[list[Shape], list[Floats]]:
    """Return what stands in one cell at one side, and the shadows on the ground.

    Args:
        u: (CELL_NUMBERS,) uniform numbers.
        side: −1 left, 1 right.
        depth: metres from the camera to the cell's beginning, may be negative.
        style: of the frame.
        light: of the frame.
        outlines: radii of treetops.
        rng: moves people a little.
    """
    shapes: list[Shape] = []
    shadows: list[Floats] = []
    n = u.tolist()
    x_wall = side * (style.wall + 1.6 * n[3] ** 2)
    if n[0] < 0.8:
        _building(shapes, shadows, n, side, x_wall, depth, light)
    else:
        _hedge(shapes, n, x_wall, depth + 0.5 * CELL, light, outlines)
    kerb = side * (style.road_half + 0.55)
    if n[8] < 0.42:
        _tree(shapes, shadows, n[9:13], kerb, depth + CELL * n[9], light, outlines)
    if n[13] < 0.34:
        _lamp(shapes, n[14], side, kerb, depth + CELL * n[14], light)
    if n[15] < 0.24:
        _sign(shapes, n[16:20], kerb, depth + CELL * n[16], light)
    if n[20] < 0.34:
        x = side * (style.road_half - 1.0)
        car(shapes, shadows, n[21:24], x, depth + (CELL - 4.5) * n[21], style, light)
    if n[24] < 0.34:
        walk = float(rng.standard_normal()) * 0.06
        room = style.wall - style.road_half - 1.4
        for i in range(1 + (n[25] < 0.3)):
            x = side * (style.road_half + 0.8 + room * n[26 + i])
            _person(
                shapes, shadows, n[26 + i : 30 + i], x, depth + CELL * n[25] + i * 0.9 + walk, light
            )
    elif n[24] > 0.88:
        _clutter(shapes, n[25:28], side * (style.wall - 0.8), depth + CELL * n[25], light)
    return shapes, shadows


def _building(
    shapes: list[Shape],
    shadows: list[Floats],
    n: list[float],
    side: int,
    x: float,
    depth: float,
    light: Light,
) -> None:
    length = CELL * (0.72 + 0.28 * n[1])
    start = depth + (CELL - length) * n[2]
    near, far = max(start, NEAR), start + length
    if far < NEAR + 0.5:
        return
    height = 4.2 + 15.0 * n[4] ** 1.4
    wall = _pick(_WALLS, n[5], n[6])
    shade, order = light.facing(side), -near
    if start > NEAR:
        gable = _quad(x, x + side * 9.0, 0.0, height, start)
        shapes.append(Shape(order - 400.1, Ink(BUILDING, wall, light.front, start, 8.0), gable))
    if height < 8.5:
        roof = np.array(
            [
                (x, height, near),
                (x + side * 4, height + 2.6, near),
                (x + side * 4, height + 2.6, far),
                (x, height, far),
            ]
        )
        tiles = mix((132, 66, 50), (84, 80, 82), round(n[7]))
        shapes.append(Shape(order - 400.05, Ink(BUILDING, tiles, shade, near, 9.0), roof))
    shapes.append(
        Shape(
            order - 400, Ink(BUILDING, wall, shade, near, 8.0), _side_quad(x, 0, height, near, far)
        )
    )
    if near < 40:
        _windows(shapes, n, x, start, length, height, order, shade, light)
    if light.sun > 0.15 and side * light.sun_side > 0.15:  # the sun is behind this house
        reach = min(height * 0.6 * side * light.sun_side, 2 * abs(x))
        shadows.append(_ground_quad(x, x - side * reach, near, far))


def _windows(
    shapes: list[Shape],
    n: list[float],
    x: float,
    start: float,
    length: float,
    height: float,
    order: float,
    shade: float,
    light: Light,
) -> None:
    """Add rows of windows; at night some of them are lit."""
    wide, pitch = 1.0 + 0.9 * n[7], 2.3 + 1.5 * n[6]
    z = np.arange(start + 0.7, start + length - wide, pitch)
    z = z[z > NEAR]
    y = np.arange(1.0, height - 1.6, 2.9)
    if not len(z) or not len(y):
        return
    z, y = (a.ravel() for a in np.meshgrid(z, y))
    quads = np.empty((len(z), 4, 3))
    quads[:, :, 0] = x
    quads[:, 0, 1] = quads[:, 3, 1] = y
    quads[:, 1, 1] = quads[:, 2, 1] = y + 1.55
    quads[:, 0, 2] = quads[:, 1, 2] = z
    quads[:, 2, 2] = quads[:, 3, 2] = z + wide
    glass = mix((52, 60, 72), light.bottom, 0.12 + 0.25 * n[3])
    ink = Ink(BUILDING, glass, shade, -order, 3.0)
    shapes.append(Shape(order - 399.9, ink, quads))
    if light.dark:
        lit = np.sin(np.arange(len(quads)) * 12.9898 + n[5] * 78.0) > 0.3
        if lit.any():
            ink = Ink(BUILDING, (236, 190, 110), 1.0, -order, 3.0, glow=True)
            shapes.append(Shape(order - 399.8, ink, quads[lit]))


def _blob(x: float, y: float, depth: float, wide: float, high: float, radii: Floats) -> Floats:
    """Return an uneven disc that faces the camera."""
    angle = np.linspace(0.0, 2.0 * np.pi, len(radii), endpoint=False)
    out = np.empty((len(radii), 3))
    out[:, 0] = x + wide * radii * np.cos(angle)
    out[:, 1] = np.maximum(y + high * radii * np.sin(angle), 0.0)
    out[:, 2] = depth
    return out


def _hedge(
    shapes: list[Shape], n: list[float], x: float, depth: float, light: Light, outlines: Floats
) -> None:
    """Fill a gap between houses by bushes."""
    if depth < NEAR + 2:
        return
    for i in range(2):
        high = 1.6 + 3.4 * n[4 + i]
        at = depth + (i - 0.5) * 4.0
        radii = outlines[int(n[6] * 31) - i]
        leaves = Ink(TREE, light.leaves(n[5 + i]), light.front * (0.8 + 0.2 * i), at, 22.0)
        shapes.append(
            Shape(-at - 400, leaves, _blob(x + np.sign(x) * 2.0, high * 0.5, at, 4.2, high, radii))
        )


def _tree(
    shapes: list[Shape],
    shadows: list[Floats],
    n: list[float],
    x: float,
    depth: float,
    light: Light,
    outlines: Floats,
) -> None:
    if depth < NEAR + 1.5:
        return
    size = 1.3 + 1.5 * n[1]
    middle = 2.6 + size
    row = int(n[2] * 31)
    leaves = light.leaves(n[3])
    bark = Ink(TREE, mix((84, 66, 50), (110, 104, 96), n[2]), light.front, depth, 8.0)
    shapes.append(Shape(-depth, bark, _quad(x - 0.14, x + 0.14, 0.0, middle, depth)))
    high = size * (1.0 + 0.6 * n[2])
    layers = ((0.0, 0.0, 1.0, 0.78), (0.22 * light.sun_side, 0.2, 0.68, 1.0))
    for i, (dx, dy, scale, shade) in enumerate(layers):
        ink = Ink(TREE, leaves, light.front * shade, depth, 24.0)
        blob = _blob(
            x + dx * size, middle + dy * high, depth, size * scale, high * scale, outlines[row - i]
        )
        shapes.append(Shape(-depth + 0.01 * (i + 1), ink, blob))
    if light.sun > 0.15:
        shadow = _blob(0, 0, depth, size, 1.0, outlines[row])
        shadow[:, 0] += x - light.sun_side * 2.5
        shadow[:, 2] = np.maximum(
            depth + size * 0.8 * np.sin(np.linspace(0, 2 * np.pi, len(shadow), endpoint=False)),
            NEAR,
        )
        shadow[:, 1] = 0.0
        shadows.append(shadow)


def _lamp(
    shapes: list[Shape], number: float, side: int, x: float, depth: float, light: Light
) -> None:
    if depth < NEAR or depth > 55:
        return
    high = 4.6 + 2.4 * number
    metal = Ink(POLE, mix((92, 98, 96), (136, 138, 140), number), light.front, depth, 3.0)
    shapes.append(Shape(-depth, metal, _quad(x - 0.08, x + 0.08, 0.0, high, depth)))
    arm = _quad(x, x - side * 1.3, high - 0.1, high + 0.06, depth)
    shapes.append(Shape(-depth, metal, arm))
    head = _quad(x - side * 0.9, x - side * 1.5, high - 0.16, high + 0.1, depth)
    lamp = Ink(
        POLE,
        (252, 226, 160) if light.dark else (200, 202, 200),
        light.front,
        depth,
        1.0,
        light.dark,
    )
    shapes.append(Shape(-depth + 0.01, lamp, head))


def _sign(shapes: list[Shape], n: list[float], x: float, depth: float, light: Light) -> None:
    if depth < NEAR or depth > 45:
        return
    high, radius = 2.1 + 0.5 * n[1], 0.36 + 0.14 * n[2]
    metal = Ink(POLE, (140, 142, 144), light.front, depth, 2.0)
    shapes.append(Shape(-depth, metal, _quad(x - 0.05, x + 0.05, 0.0, high, depth)))
    corners = (3, 4, 12, 12)[int(n[3] * 4) % 4]
    turn = {3: np.pi / 2, 4: np.pi / 4, 12: 0.0}[corners]
    angle = turn + np.arange(corners) * 2 * np.pi / corners
    for i, scale in enumerate((1.0, 0.6)):
        points = np.empty((corners, 3))
        points[:, 0] = x + radius * scale * np.cos(angle)
        points[:, 1] = high + radius * scale * np.sin(angle)
        points[:, 2] = depth
        colour = _SIGNS[int(n[2] * 4) % 4] if i == 0 else (236, 236, 232)
        shapes.append(
            Shape(-depth + 0.01 * (i + 1), Ink(SIGN, colour, light.front, depth, 2.0), points)
        )


_BODY = np.array(
    [
        (-0.9, 0.35),
        (0.9, 0.35),
        (0.92, 0.8),
        (0.78, 1.0),
        (0.62, 1.45),
        (-0.62, 1.45),
        (-0.78, 1.0),
        (-0.92, 0.8),
    ]
)
_PROFILE = np.array(
    [
        (0.0, 0.3),
        (0.0, 0.95),
        (0.35, 1.05),
        (0.8, 1.45),
        (2.5, 1.45),
        (3.2, 1.0),
        (4.2, 0.85),
        (4.2, 0.3),
    ]
)


def car(
    shapes: list[Shape],
    shadows: list[Floats],
    n: list[float],
    x: float,
    depth: float,
    style: Style,
    light: Light,
) -> None:
    """Add a car that is seen from behind or from ahead, with the flank that faces the camera."""
    if depth < NEAR + 0.9 or depth > 60:
        return
    paint = _pick(_PAINTS, n[1], n[2])
    big = 1.0 + (0.55 if n[2] > 0.86 else 0.12 * n[2])  # some are vans
    camera_x = (style.camera_x - 0.35) * 0.7 * style.road_half
    flank = x - 0.9 if x > camera_x else x + 0.9
    side = np.column_stack(
        [np.full(len(_PROFILE), flank), _PROFILE[:, 1] * big, depth + _PROFILE[:, 0]]
    )
    facing = light.facing(1 if x > camera_x else -1)
    shapes.append(Shape(-depth, Ink(CAR, paint, facing, depth, 2.5), side))
    wheel = _side_quad(flank, 0.0, 0.42, depth + 0.5, depth + 1.1)
    wheels = np.stack([wheel, wheel + (0.0, 0.0, 2.4)])
    shapes.append(Shape(-depth + 0.01, Ink(CAR, (28, 28, 30), light.front, depth, 2.0), wheels))
    glass = mix((36, 42, 50), light.bottom, 0.15)
    pane = _side_quad(flank, 1.0 * big, 1.36 * big, depth + 0.75, depth + 2.5)
    shapes.append(Shape(-depth + 0.01, Ink(CAR, glass, facing, depth, 2.0), pane))
    back = np.column_stack([x + _BODY[:, 0], _BODY[:, 1] * big, np.full(len(_BODY), depth)])
    shapes.append(Shape(-depth + 0.02, Ink(CAR, paint, light.front, depth, 2.5), back))
    tyres = np.stack([_quad(x + dx, x + dx + 0.26, 0.0, 0.36, depth) for dx in (-0.85, 0.59)])
    shapes.append(Shape(-depth + 0.02, Ink(CAR, (24, 24, 26), light.front, depth, 2.0), tyres))
    window = _quad(x - 0.6, x + 0.6, 1.02 * big, 1.36 * big, depth)
    shapes.append(Shape(-depth + 0.03, Ink(CAR, glass, light.front, depth, 2.0), window))
    lamps = np.stack([_quad(x + dx, x + dx + 0.3, 0.72, 0.9, depth) for dx in (-0.86, 0.56)])
    shine = (214, 40, 36) if x > 0 else (246, 240, 214)  # we drive on the right
    shapes.append(Shape(-depth + 0.03, Ink(CAR, shine, light.front, depth, 1.0, light.dark), lamps))
    shadows.append(_ground_quad(x - 1.05, x + 1.05, depth - 0.25, depth + 4.4))


_TORSO = np.array(
    [(-0.2, 0.75), (0.2, 0.75), (0.27, 1.35), (0.14, 1.48), (-0.14, 1.48), (-0.27, 1.35)]
)
_HEAD = 0.13 * np.column_stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)])


def _person(
    shapes: list[Shape],
    shadows: list[Floats],
    n: list[float],
    x: float,
    depth: float,
    light: Light,
) -> None:
    if depth < NEAR + 0.7 or depth > 38:
        return
    tall = 0.86 + 0.22 * n[1]
    stride = 0.06 + 0.2 * n[2]

    def flat(outline: Floats, dy: float = 0.0) -> Floats:
        return np.column_stack(
            [x + outline[:, 0], (outline[:, 1] + dy) * tall, np.full(len(outline), depth)]
        )

    trousers = _pick(_CLOTHES, n[0] * 7 % 1, 0.3)
    legs = np.stack(
        [
            flat(
                np.array(
                    [
                        (s * stride - 0.08, 0.0),
                        (s * stride + 0.08, 0.0),
                        (s * 0.02 + 0.12, 0.8),
                        (s * 0.02 - 0.12, 0.8),
                    ]
                )
            )
            for s in (-1, 1)
        ]
    )
    for i in range(2):
        shapes.append(Shape(-depth, Ink(PERSON, trousers, light.front, depth, 3.0), legs[i]))
    shapes.append(
        Shape(
            -depth + 0.01,
            Ink(PERSON, _pick(_CLOTHES, n[3], n[1]), light.front, depth, 4.0),
            flat(_TORSO),
        )
    )
    skin = _SKINS[int(n[2] * 3) % 3]
    shapes.append(
        Shape(-depth + 0.02, Ink(PERSON, skin, light.front, depth, 2.0), flat(_HEAD, 1.62))
    )
    shadows.append(_ground_quad(x - 0.3, x + 0.3, depth - 0.1, depth + 0.35))


def _clutter(shapes: list[Shape], n: list[float], x: float, depth: float, light: Light) -> None:
    """Add a bin or a box: nothing that has a class, so void."""
    if depth < NEAR or depth > 40:
        return
    colour = _pick(((56, 84, 62), (96, 92, 88), (150, 120, 80)), n[1])
    box = _quad(x - 0.35, x + 0.35, 0.0, 0.8 + 0.5 * n[2], depth)
    shapes.append(Shape(-depth, Ink(VOID, colour, light.front, depth, 3.0), box))


def traffic(
    numbers: Floats, style: Style, light: Light, position: float
) -> tuple[list[Shape], list[Floats]]:
    """Return the moving cars, ahead in the own lane and oncoming, and their shadows."""
    shapes: list[Shape] = []
    shadows: list[Floats] = []
    for i, row in enumerate(numbers.tolist()):
        if row[0] > (0.45, 0.25, 0.45, 0.25)[i]:
            continue
        oncoming = i >= 2
        lane = style.road_half * 0.5
        ahead = 6.0 + 40.0 * row[1]
        # Relative to the camera: those ahead drift a little, oncoming ones pass by.
        depth = (ahead - 1.6 * position) % 60.0 if oncoming else (ahead + 0.3 * position) % 60.0
        car(shapes, shadows, row[3:6], -lane if oncoming else lane, depth, style, light)
    return shapes, shadows
