"""Cars, seen from behind or from the front, each with the flank that faces the camera."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from workbench.datasets.scenes.palette import CAR, PAINTS, pick
from workbench.datasets.scenes.stretch import (
    AT_NIGHT,
    FRONT,
    GROUND,
    LEFT,
    NEAR,
    RIGHT,
    Floats,
    Ink,
    Layout,
    ground,
)

LENGTH = 4.2
_INSET = 0.24
"""Metres by which the roof is narrower than the doors, on each side."""


_Points = tuple[tuple[float, float, float], ...]


class _Part(NamedTuple):
    """A polygon of a car: its material, whether it belongs to the flank, its (k, 3) points."""

    material: str
    on_flank: bool
    points: _Points


def _across(y0: float, y1: float, half0: float, half1: float, z0: float, z1: float) -> _Points:
    """Return a panel across the car, 2 ``half0`` wide at the bottom and 2 ``half1`` at the top."""
    return ((-half0, y0, z0), (half0, y0, z0), (half1, y1, z1), (-half1, y1, z1))


def _along(side: int, outline: list[tuple[float, float]]) -> _Points:
    """Return a panel along the car through (z, y) points; above the doors it leans inwards."""
    return tuple((side * (0.92 - _INSET * max(0.0, y - 1.0) / 0.45), y, z) for z, y in outline)


def _wheel(side: int, z: float) -> _Points:
    angle = np.arange(8) * np.pi / 4
    return tuple(
        (side * 0.93, 0.33 + 0.33 * s, z + 0.33 * c)
        for s, c in zip(np.sin(angle).tolist(), np.cos(angle).tolist(), strict=True)
    )


@lru_cache(maxsize=4)
def _parts(from_behind: bool, side: int) -> tuple[tuple[_Part, ...], Floats]:
    """Return the parts in the order of drawing, and the points of all parts as one (n, 3) array."""
    if from_behind:
        body = [
            (0, 0.32),
            (0, 1.0),
            (0.25, 1.45),
            (2.2, 1.45),
            (3.0, 1.0),
            (4.2, 0.85),
            (4.2, 0.32),
        ]
        panes = [(0.3, 1.04), (0.45, 1.38), (2.1, 1.38), (2.75, 1.04)]
        faces: tuple[_Part, ...] = (
            _Part("roof", False, _across(1.45, 1.45, 0.68, 0.68, 0.25, 2.2)),
            _Part("paint", False, _across(0.34, 1.0, 0.92, 0.92, 0.0, 0.0)),
            _Part("paint", False, _across(1.0, 1.45, 0.92, 0.68, 0.0, 0.25)),
            _Part("glass", False, _across(1.04, 1.38, 0.76, 0.62, 0.0, 0.2)),
            _Part("plate", False, _across(0.52, 0.64, 0.26, 0.26, 0.0, 0.0)),
        )
    else:
        body = [(0, 0.32), (0, 0.9), (1.1, 1.02), (1.9, 1.45), (3.9, 1.45), (4.2, 1.0), (4.2, 0.32)]
        panes = [(1.35, 1.06), (1.95, 1.38), (3.8, 1.38), (3.95, 1.06)]
        faces = (
            _Part("roof", False, _across(1.45, 1.45, 0.68, 0.68, 1.9, 3.9)),
            _Part("side", False, _across(1.0, 1.45, 0.92, 0.68, 1.1, 1.9)),
            _Part("glass", False, _across(1.04, 1.4, 0.82, 0.64, 1.17, 1.81)),
            _Part("roof", False, _across(0.88, 1.02, 0.92, 0.92, 0.0, 1.1)),
            _Part("paint", False, _across(0.3, 0.88, 0.92, 0.92, 0.0, 0.0)),
            _Part("black", False, _across(0.46, 0.62, 0.5, 0.5, 0.0, 0.0)),
        )
    tyres = tuple(
        _Part("black", False, ((x, 0, 0), (x + 0.24, 0, 0), (x + 0.24, 0.34, 0), (x, 0.34, 0)))
        for x in (-0.86, 0.62)
    )
    lamps = tuple(
        _Part("lamp", False, ((x, 0.7, 0), (x + 0.28, 0.7, 0), (x + 0.28, 0.86, 0), (x, 0.86, 0)))
        for x in (-0.88, 0.6)
    )
    parts = (
        _Part("side", True, _along(side, body)),
        _Part("glass", True, _along(side, panes)),
        _Part("black", True, _wheel(side, 0.85)),
        _Part("black", True, _wheel(side, 3.3)),
        *tyres,
        *faces,
        *lamps,
    )
    return parts, np.concatenate([np.array(part.points, dtype=np.float64) for part in parts])


def add_car(layout: Layout, n: list[float], x: float, depth: float) -> None:
    """Add a car; cars on the right half of the street are seen from behind.

    Args:
        layout: the layout to which the car is added.
        n: 2 uniform numbers; the first picks the paint, the second decides whether it is a van.
        x: metres right of the street's middle; the camera must be nearer to the middle.
        depth: metres to the nearer end of the car; only the flank is drawn of a car that the
            camera is passing.
    """
    side = -1 if x > 0 else 1
    paint = pick(PAINTS, n[0], n[1])
    tall = 1.5 if n[1] > 0.87 else 1.0 + 0.12 * n[1]
    parts, template = _parts(x > 0, side)
    points = template * (1.0, tall, 1.0) + (x, 0.0, depth)
    tail = (206, 36, 34) if x > 0 else (246, 240, 214)
    inks = {
        "paint": Ink(CAR, paint, FRONT, grain=2.5),
        "side": Ink(CAR, paint, LEFT if side > 0 else RIGHT, grain=2.5),
        "roof": Ink(CAR, paint, GROUND, grain=2.5),
        "glass": Ink(CAR, (36, 42, 50), FRONT, grain=2.0, sky=0.15),
        "black": Ink(CAR, (26, 26, 28), FRONT, grain=2.0),
        "plate": Ink(CAR, (222, 222, 214), FRONT, grain=1.0),
        "lamp": Ink(CAR, tail, FRONT, grain=1.0, glows=AT_NIGHT),
    }
    start, passing = 0, NEAR + 0.4 - LENGTH
    for i, part in enumerate(parts):
        outline = points[start : start + len(part.points)]
        start += len(part.points)
        seen = (passing if part.on_flank else NEAR + 0.1, 60.0)
        layout.add(inks[part.material], outline, -depth + 0.001 * i, depth, seen=seen)
    shadow = ground(x - 1.05, x + 1.05, depth - 0.25, depth + LENGTH + 0.2)
    layout.shade(shadow, depth, seen=(passing, 60.0))
