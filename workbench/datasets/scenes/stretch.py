"""A stretch of street: polygons in metres and what they are made of, laid out once a drive.

What stands in a street does not change from frame to frame; light and viewpoint do. So things are
laid out once, in arrays, and a frame only moves, lights and projects them (:mod:`.view`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.datasets.scenes.palette import Colour

Floats = npt.NDArray[np.float64]

NEAR = 1.2
"""Metres; what is nearer is cut off or left out."""

BACK = -400.0
"""Order of houses and hedges: they stand behind all that is on the street."""

FULL, FRONT, GROUND, LEFT, RIGHT = range(5)
"""Which light falls on a shape: all of it, that on what faces the camera, that on the ground, or
that on what stands at the left or the right and faces the other side."""

ALWAYS, AT_NIGHT, BY_DAY, IN_SUN, SUN_RIGHT, SUN_LEFT = range(6)
"""When a shape is there, a shadow is thrown or a lamp shines; the last two: sun from that side."""

NEVER = -1


class Ink(NamedTuple):
    """What a shape is made of.

    Attributes:
        klass: class id.
        colour: in full light.
        light: which light falls on it.
        share: how much of that.
        grain: strength of the texture in grey levels.
        glows: when it shines by itself.
        leaf: number that the season's colour of leaves is made from, instead of ``colour``.
        sky: share of the sky's lower colour that is mirrored.
        night: its colour at night, if that is another one.
        haze: 1, or 0 for what no haze veils.
    """

    klass: int
    colour: Colour
    light: int = FRONT
    share: float = 1.0
    grain: float = 4.0
    glows: int = NEVER
    leaf: float = -1.0
    sky: float = 0.0
    night: Colour | None = None
    haze: float = 1.0


class Fact(IntEnum):
    """Columns of :attr:`Stretch.facts`; metres are ahead of where the stretch begins."""

    START = 0
    """The shape's first point."""
    CORNERS = 1
    """Points of each of its polygons."""
    POLYGONS = 2
    """How many it has."""
    ORDER = 3
    """Shapes of higher order are drawn later."""
    DEPTH = 4
    """Metres."""
    END = 5
    """Metres to its farthest point."""
    NEAR = 6
    """It is left out where it is nearer to the camera,"""
    FAR = 7
    """and where it is farther away."""
    WHEN = 8
    """When it is there."""
    SHADOW = 9
    """1 for a shadow on the ground, else 0."""
    INK = 10
    """First of the ink's columns."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """Shapes and shadows, measured from where the stretch begins.

    Attributes:
        points: (n, 5) x (metres right of the street's middle), y (up), z (ahead), metres that x
            leans away from the sun for a sun at the side, and the most that it may.
        facts: (s, …) one row a shape, columns as :class:`Fact` names them, then the ink's: class,
            R, G, B, light, share, grain, glows, leaf, sky, R, G and B at night, haze.
    """

    points: Floats
    facts: Floats


class Layout:
    """Collects the things of a stretch.

    Args:
        outlines: (n, 24, 2) uneven discs of radius about 1.
    """

    def __init__(self, outlines: Floats) -> None:
        self._outlines = outlines
        self._points: list[Floats] = []
        self._facts: list[tuple[float, ...]] = []
        self._taken = 0

    def add(
        self,
        ink: Ink,
        points: npt.ArrayLike,
        order: float,
        depth: float,
        *,
        seen: tuple[float, float] = (NEAR, np.inf),
        when: int = ALWAYS,
        lean: float = 0.0,
    ) -> None:
        """Add a polygon, (k, 3) points, or m of them, (m, k, 3); see :class:`Fact`."""
        self._take(points, (lean, np.inf), order, depth, seen, when, 0, _row(ink))

    def shade(
        self,
        points: npt.ArrayLike,
        depth: float,
        *,
        seen: tuple[float, float] = (NEAR, np.inf),
        when: int = ALWAYS,
        lean: npt.ArrayLike = 0.0,
        most: float = np.inf,
    ) -> None:
        """Add a shadow, (k, 3) points on the ground that lean (k,) metres away from the sun."""
        self._take(points, (lean, most), 0.0, depth, seen, when, 1, _NOTHING)

    def _take(
        self,
        points: npt.ArrayLike,
        lean: tuple[npt.ArrayLike, float],
        order: float,
        depth: float,
        seen: tuple[float, float],
        when: int,
        shadow: int,
        ink: tuple[float, ...],
    ) -> None:
        array = np.asarray(points, dtype=np.float64)
        *many, corners, _ = array.shape
        rows = np.empty((array.size // 3, 5))
        rows[:, :3] = array.reshape(-1, 3)
        rows[:, 3], rows[:, 4] = lean
        end = float(rows[:, 2].max())
        polygons = many[0] if many else 1
        place = (self._taken, corners, polygons, order, depth, end, *seen, when, shadow)
        self._facts.append((*place, *ink))
        self._points.append(rows)
        self._taken += len(rows)

    def blob(
        self, number: float, x: float, y: float, depth: float, wide: float, high: float
    ) -> Floats:
        """Return an uneven disc that faces the camera and does not reach below the ground."""
        outline = self._outlines[int(number * len(self._outlines)) % len(self._outlines)]
        points = np.empty((len(outline), 3))
        points[:, 0] = x + wide * outline[:, 0]
        points[:, 1] = np.maximum(y + high * outline[:, 1], 0.0)
        points[:, 2] = depth
        return points

    def done(self) -> Stretch:
        """Return what was collected."""
        if not self._facts:
            return Stretch(np.empty((0, 5)), np.empty((0, Fact.INK + len(_NOTHING))))
        return Stretch(np.concatenate(self._points), np.array(self._facts, dtype=np.float64))


def _row(ink: Ink) -> tuple[float, ...]:
    night = ink.night or ink.colour
    before = (ink.klass, *ink.colour, ink.light, ink.share, ink.grain, ink.glows)
    return (*before, ink.leaf, ink.sky, *night, ink.haze)


_NOTHING = _row(Ink(0, (0.0, 0.0, 0.0)))


def front(x0: float, x1: float, y0: float, y1: float, depth: float) -> Floats:
    """Return an upright rectangle that faces the camera."""
    return np.array(((x0, y0, depth), (x1, y0, depth), (x1, y1, depth), (x0, y1, depth)))


def flank(x: float, y0: float, y1: float, near: float, far: float) -> Floats:
    """Return an upright rectangle along the street."""
    return np.array(((x, y0, near), (x, y1, near), (x, y1, far), (x, y0, far)))


def ground(x0: float, x1: float, near: float, far: float) -> Floats:
    """Return a rectangle on the ground."""
    return np.array(((x0, 0.0, near), (x1, 0.0, near), (x1, 0.0, far), (x0, 0.0, far)))
