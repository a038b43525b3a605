"""Things behind the pavement: houses with windows, hedges, and the far end of the street."""

from __future__ import annotations

import numpy as np

from workbench.datasets.scenes.palette import BUILDING, SKY, TREE, WALLS, mix, pick
from workbench.datasets.scenes.stretch import (
    ALWAYS,
    AT_NIGHT,
    BACK,
    BY_DAY,
    FULL,
    LEFT,
    NEAR,
    RIGHT,
    SUN_LEFT,
    SUN_RIGHT,
    Floats,
    Ink,
    Layout,
    flank,
    ground,
)

_STOREY = 2.9
_ANYWHERE = (-np.inf, np.inf)
_NOT_FAR = (-np.inf, 40.0)


def add_house(layout: Layout, n: list[float], side: int, wall_x: float, cell: float) -> None:
    """Add a house to a cell.

    Args:
        layout: the layout to which the house is added.
        n: at least 8 uniform numbers.
        side: −1 for the left side of the street, 1 for the right side.
        wall_x: metres from the street's middle to the house fronts.
        cell: length of the cell in metres.
    """
    x = side * (wall_x + 1.6 * n[3] ** 2)
    length = cell * (0.72 + 0.28 * n[1])
    near = (cell - length) * n[2]
    far, order = near + length, BACK - near
    height = 4.2 + 15.0 * n[4] ** 1.4
    wall, facing = pick(WALLS, n[5], n[6]), RIGHT if side > 0 else LEFT
    low = height < 7.5  # low houses have a steep roof with its ridge along the street
    top = height + 3.2 if low else height
    inner, outer = x + side * (2.8 if low else 0.0), x + side * (5.6 if low else 9.0)
    outline = ((x, 0.0), (x, height), (inner, top), (outer, height), (outer, 0.0))
    gable = [(px, py, near) for px, py in outline]
    layout.add(Ink(BUILDING, wall, grain=8.0), gable, order - 0.2, near)
    if low:
        ridge = x + side * 2.8
        edges = ((x, height, near), (ridge, top, near), (ridge, top, far), (x, height, far))
        tiles = Ink(BUILDING, mix((132, 66, 50), (84, 80, 82), round(n[7])), facing, grain=9.0)
        layout.add(tiles, edges, order - 0.1, near, seen=_ANYWHERE)
    walls = Ink(BUILDING, wall, facing, grain=8.0)
    layout.add(walls, flank(x, 0.0, height, near, far), order, near, seen=_ANYWHERE)
    _add_windows(layout, n, (x, near, length, height), order, facing)
    # the house throws a shadow on the street if the sun is behind the house
    shadow = ground(x, x, near, far)
    lean = 0.6 * height * np.array([0.0, 1.0, 1.0, 0.0])
    when = SUN_RIGHT if side > 0 else SUN_LEFT
    layout.shade(shadow, near, seen=_ANYWHERE, when=when, lean=lean, most=2 * abs(x))


def _add_windows(
    layout: Layout,
    n: list[float],
    house: tuple[float, float, float, float],
    order: float,
    facing: int,
) -> None:
    """Add the windows of a house front, column by column; at night some windows are lit."""
    x, start, length, height = house
    wide, pitch = 1.0 + 0.9 * n[7], 2.3 + 1.5 * n[6]
    glass = Ink(BUILDING, (52, 60, 72), facing, grain=3.0, sky=0.12 + 0.25 * n[3])
    warm = Ink(BUILDING, (236, 190, 110), FULL, grain=3.0, glows=ALWAYS)
    storeys = int((height - 1.6) / _STOREY) + 1
    columns = max(0, int((length - 0.7 - wide) / pitch) + 1)
    for column in range(columns):
        z = start + 0.7 + pitch * column
        panes = np.stack(
            [flank(x, y, y + 1.55, z, z + wide) for y in 1.0 + _STOREY * np.arange(storeys)]
        )
        layout.add(glass, panes, order + 0.1, start, seen=_NOT_FAR)
        numbers = column + columns * np.arange(storeys)
        lit = panes[np.sin(numbers * 12.9898 + n[5] * 78.0) > 0.3]
        if len(lit):
            layout.add(warm, lit, order + 0.2, start, seen=_NOT_FAR, when=AT_NIGHT)


def add_hedge(layout: Layout, n: list[float], side: int, wall_x: float, cell: float) -> None:
    """Fill a gap between houses with bushes; the arguments are those of :func:`add_house`."""
    x = side * (wall_x + 2.0)
    for i in (1, 0):
        at = cell * (0.3 + 0.4 * i)
        high = 1.6 + 3.4 * n[4 + i]
        leaves = Ink(TREE, (0, 0, 0), share=0.9 - 0.15 * i, grain=22.0, leaf=n[5 + i])
        bush = layout.blob(n[6 + i], x, high * 0.5, at, 4.2, high)
        layout.add(leaves, bush, BACK - at, at, seen=(NEAR + 2, np.inf))


def add_distance(layout: Layout, skyline: Floats) -> None:
    """Add clouds, and the far houses and trees at the end of the street.

    Args:
        layout: the layout to which they are added; it is placed far from the camera.
        skyline: (3, 40) uniform numbers.
    """
    white = Ink(SKY, (250, 250, 252), FULL, grain=3.0, glows=ALWAYS, sky=0.5, haze=0.0)
    for a, b, c in skyline[2, :12].reshape(4, 3).tolist():
        wide = 6.0 + 16.0 * b
        cloud = layout.blob(c, 110 * (a - 0.5), 14 + 34 * c, 0.0, wide, 0.16 * wide)
        layout.add(white, cloud, -1100.0, 0.0, when=BY_DAY)
    x = np.linspace(-75.0, 75.0, skyline.shape[1])
    houses = np.repeat(x, 2)[1:], np.repeat(3.0 + 9.0 * skyline[0], 2)[:-1]
    trees = x, 2.5 + 5.0 * skyline[1] ** 2
    inks = Ink(BUILDING, (128, 122, 122), grain=5.0), Ink(TREE, (0, 0, 0), grain=8.0, leaf=0.5)
    for order, (ink, (xs, ys)) in enumerate(zip(inks, (houses, trees), strict=True)):
        points = np.zeros((len(xs) + 2, 3))
        points[:-2, 0], points[:-2, 1] = xs, ys
        points[-2:, 0] = (75.0, -75.0)
        layout.add(ink, points, -1000.0 + order, 0.0)
