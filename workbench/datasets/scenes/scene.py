"""Collects what a frame shows before it is painted, and the simple outlines things are made of."""

from __future__ import annotations

import numpy as np

from workbench.datasets.scenes.painting import Floats, Ink, Shape
from workbench.datasets.scenes.style import Light, Style

BACK = -400.0
"""Order of houses and hedges: they stand behind all that is on the street."""


class Scene:
    """Shapes of one frame and the shadows they throw on the ground.

    Args:
        style: of the frame.
        outlines: (n, 24, 2) uneven discs of radius about 1.
    """

    def __init__(self, style: Style, outlines: Floats) -> None:
        self.style = style
        self.light = Light.of(style)
        self.outlines = outlines
        self.shapes: list[Shape] = []
        self.shadows: list[Floats] = []

    def add(self, order: float, ink: Ink, points: Floats) -> None:
        """Add a shape; those of higher order are drawn later."""
        self.shapes.append(Shape(order, ink, points))

    def blob(
        self, number: float, x: float, y: float, depth: float, wide: float, high: float
    ) -> Floats:
        """Return an uneven disc that faces the camera and does not reach below the ground."""
        outline = self.outlines[int(number * len(self.outlines)) % len(self.outlines)]
        points = np.empty((len(outline), 3))
        points[:, 0] = x + wide * outline[:, 0]
        points[:, 1] = np.maximum(y + high * outline[:, 1], 0.0)
        points[:, 2] = depth
        return points


def front(x0: float, x1: float, y0: float, y1: float, depth: float) -> Floats:
    """Return an upright rectangle that faces the camera."""
    return np.array(((x0, y0, depth), (x1, y0, depth), (x1, y1, depth), (x0, y1, depth)))


def flank(x: float, y0: float, y1: float, near: float, far: float) -> Floats:
    """Return an upright rectangle along the street."""
    return np.array(((x, y0, near), (x, y1, near), (x, y1, far), (x, y0, far)))


def ground(x0: float, x1: float, near: float, far: float) -> Floats:
    """Return a rectangle on the ground."""
    return np.array(((x0, 0.0, near), (x1, 0.0, near), (x1, 0.0, far), (x0, 0.0, far)))
