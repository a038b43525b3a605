"""What stands behind the pavement: houses with windows, hedges, and the far end of the street."""

from __future__ import annotations

import math

import numpy as np

from workbench.datasets.scenes.painting import NEAR, Floats, Ink
from workbench.datasets.scenes.palette import BUILDING, SKY, TREE, WALLS, mix, pick
from workbench.datasets.scenes.scene import BACK, Scene, flank, ground

_STOREY = 2.9


def add_house(scene: Scene, n: list[float], side: int, depth: float, cell: float) -> None:
    """Add a house to a cell.

    Args:
        scene: what it is added to.
        n: at least 8 uniform numbers.
        side: −1 left, 1 right.
        depth: metres to the cell's beginning, may be negative.
        cell: its length in metres.
    """
    light = scene.light
    x = side * (scene.style.wall + 1.6 * n[3] ** 2)
    length = cell * (0.72 + 0.28 * n[1])
    start = depth + (cell - length) * n[2]
    near, far = max(start, NEAR), start + length
    if far < NEAR + 0.5:
        return
    height = 4.2 + 15.0 * n[4] ** 1.4
    wall, order, shade = pick(WALLS, n[5], n[6]), BACK - near, light.facing(side)
    low = height < 7.5  # low houses have a steep roof with its ridge along the street
    top = height + 3.2 if low else height
    if start > NEAR:
        inner, outer = x + side * (2.8 if low else 0.0), x + side * (5.6 if low else 9.0)
        outline = ((x, 0.0), (x, height), (inner, top), (outer, height), (outer, 0.0))
        gable = np.array([(px, py, start) for px, py in outline])
        scene.add(order - 0.2, Ink(BUILDING, wall, light.front, start, 8.0), gable)
    if low:
        ridge = x + side * 2.8
        edges = ((x, height, near), (ridge, top, near), (ridge, top, far), (x, height, far))
        tiles = mix((132, 66, 50), (84, 80, 82), round(n[7]))
        scene.add(order - 0.1, Ink(BUILDING, tiles, shade, near, 9.0), np.array(edges))
    front_wall = flank(x, 0.0, height, near, far)
    scene.add(order, Ink(BUILDING, wall, shade, near, 8.0), front_wall)
    if near < 40:
        windows = _windows(n, x, start, length, height)
        if len(windows):
            _glaze(scene, n, windows, order, near, shade)
    if light.sharp and side * light.sun_side > 0.15:  # the sun is behind this house
        reach = min(height * 0.6 * side * light.sun_side, 2 * abs(x))
        scene.shadows.append(ground(x, x - side * reach, near, far))


def _windows(n: list[float], x: float, start: float, length: float, height: float) -> Floats:
    """Return (m, 4, 3) windows of a front, in rows."""
    wide, pitch = 1.0 + 0.9 * n[7], 2.3 + 1.5 * n[6]
    skipped = max(0, math.ceil((NEAR - start - 0.7) / pitch))  # those behind the camera
    columns = max(0, int((length - 0.7 - wide) / pitch) + 1)
    z = start + 0.7 + pitch * np.arange(skipped, columns)
    y = 1.0 + _STOREY * np.arange(int((height - 1.6) / _STOREY) + 1)
    quads = np.empty((len(y), len(z), 4, 3))
    quads[..., 0] = x
    quads[..., (0, 3), 1] = y[:, None, None]
    quads[..., (1, 2), 1] = y[:, None, None] + 1.55
    quads[..., (0, 1), 2] = z[:, None]
    quads[..., (2, 3), 2] = z[:, None] + wide
    return quads.reshape(-1, 4, 3)


def _glaze(
    scene: Scene, n: list[float], windows: Floats, order: float, depth: float, shade: float
) -> None:
    """Add windows; at night some of them are lit."""
    glass = mix((52, 60, 72), scene.light.bottom, 0.12 + 0.25 * n[3])
    scene.add(order + 0.1, Ink(BUILDING, glass, shade, depth, 3.0), windows)
    if scene.light.dark:
        lit = windows[np.sin(np.arange(len(windows)) * 12.9898 + n[5] * 78.0) > 0.3]
        if len(lit):
            warm = Ink(BUILDING, (236, 190, 110), 1.0, depth, 3.0, glow=True)
            scene.add(order + 0.2, warm, lit)


def add_hedge(scene: Scene, n: list[float], side: int, depth: float, cell: float) -> None:
    """Fill a gap between houses by bushes; settings as for :func:`add_house`."""
    x = side * (scene.style.wall + 2.0)
    for i in (1, 0):
        at = depth + cell * (0.3 + 0.4 * i)
        if at < NEAR + 2:
            continue
        high = 1.6 + 3.4 * n[4 + i]
        leaves = Ink(
            TREE, scene.light.leaves(n[5 + i]), scene.light.front * (0.9 - 0.15 * i), at, 22
        )
        scene.add(BACK - at, leaves, scene.blob(n[6 + i], x, high * 0.5, at, 4.2, high))


def add_distance(scene: Scene, skyline: Floats, bend: float, depth: float) -> None:
    """Add clouds, and the far houses and trees that close the street.

    Args:
        scene: what they are added to.
        skyline: (3, 40) uniform numbers.
        bend: of the camera, undone here so that the street always runs into something.
        depth: metres.
    """
    middle = -bend * depth**2
    light = scene.light
    if not light.dark:
        white = Ink(SKY, mix(light.bottom, (250, 250, 252), 0.5), 1.0, 0.0, 3.0, glow=True)
        for a, b, c in skyline[2, :12].reshape(4, 3).tolist():
            wide = 6.0 + 16.0 * b
            cloud = scene.blob(c, middle + 110 * (a - 0.5), 14 + 34 * c, depth, wide, 0.16 * wide)
            scene.add(-1100.0, white, cloud)
    x = np.linspace(-75.0, 75.0, skyline.shape[1])
    houses = np.repeat(x, 2)[1:], np.repeat(3.0 + 9.0 * skyline[0], 2)[:-1]
    trees = x, 2.5 + 5.0 * skyline[1] ** 2
    inks = (
        Ink(BUILDING, (128, 122, 122), light.front, depth, 5.0),
        Ink(TREE, light.leaves(0.5), light.front, depth, 8.0),
    )
    for order, (ink, (xs, ys)) in enumerate(zip(inks, (houses, trees), strict=True)):
        points = np.empty((len(xs) + 2, 3))
        points[:-2, 0], points[:-2, 1] = xs, ys
        points[-2:, 0], points[-2:, 1] = (75.0, -75.0), 0.0
        points[:, 0] += middle
        points[:, 2] = depth
        scene.add(-1000.0 + order, ink, points)
