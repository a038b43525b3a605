"""A stretch of street: polygons in metres and their inks, laid out once per drive.

The things in a street stay the same from frame to frame; light and viewpoint change. So things are
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
"""Metres from the camera; nearer parts of a shape are cut off, or the shape is left out."""

BACK = -400.0
"""Order of houses and hedges: they are drawn before all things on the street."""

FULL, FRONT, GROUND, LEFT, RIGHT = range(5)
"""Kinds of light on a shape: full light, or the light on a surface that faces the camera, on the
ground, or on a surface that stands at the left (right) and faces right (left)."""

ALWAYS, AT_NIGHT, BY_DAY, IN_SUN, SUN_RIGHT, SUN_LEFT = range(6)
"""Conditions for a shape, a shadow or a glow; the last two hold when the sun is on that side."""

NEVER = -1


class Ink(NamedTuple):
    """Colour, class and lighting of a shape.

    Attributes:
        klass: class id.
        colour: colour in full light.
        light: kind of light that falls on the shape, ``FULL`` … ``RIGHT``.
        share: share of that light that the shape gets.
        grain: strength of the texture in grey levels.
        glows: condition under which the shape shines by itself, ``ALWAYS`` … or ``NEVER``.
        leaf: number in [0, 1] that picks a colour of leaves in this season, in place of
            ``colour``; negative for no leaves.
        sky: share of the sky's bottom colour that is mixed in, as a reflection.
        night: colour at night; ``None`` for the same as ``colour``.
        haze: 1, or 0 for things that haze does not veil.
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
    """Columns of :attr:`Stretch.facts`."""

    START = 0
    """Row of the shape's first point in :attr:`Stretch.points`."""
    CORNERS = 1
    """Number of points of each polygon of the shape."""
    POLYGONS = 2
    """Number of polygons of the shape."""
    ORDER = 3
    """Rank in the order of drawing; shapes of higher order are drawn later."""
    DEPTH = 4
    """Metres from the beginning of the stretch to the shape."""
    END = 5
    """Metres from the beginning of the stretch to the shape's farthest point."""
    NEAR = 6
    """Metres from the camera; the shape is left out at or below this distance."""
    FAR = 7
    """Metres from the camera; the shape is left out at or above this distance."""
    WHEN = 8
    """Condition under which the shape is there, ``ALWAYS`` …"""
    SHADOW = 9
    """1 for a shadow on the ground, else 0."""
    INK = 10
    """First column of the ink; :attr:`Stretch.facts` lists all of them."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """Shapes and shadows, measured from the beginning of the stretch.

    Attributes:
        points: (n, 5) metres: x (right of the street's middle), y (up), z (ahead), the distance by
            which x moves away from the sun when the sun is at the side, and the greatest such
            distance.
        facts: (s, …) one row per shape: the columns of :class:`Fact`, then the columns of the ink:
            class, R, G, B, light, share, grain, glows, leaf, sky, R, G and B at night, haze.
    """

    points: Floats
    facts: Floats


class Layout:
    """Builds a stretch, shape by shape.

    Args:
        outlines: (n, 24, 2) points of uneven discs of radius about 1.
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
        """Add a shape of one polygon, (k, 3) points, or of m, (m, k, 3); see :class:`Fact`."""
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
        """Add a shadow: (k, 3) points on the ground that move (k,) metres away from the sun."""
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
        """Return the stretch of all shapes and shadows added so far."""
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
