"""Outlines of units that are not rectangles, for front-ends to draw."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Rings = list[list[int]]
"""Closed lines through a unit's outermost pixels: ``[x, y, x, y, …]`` each; holes have their own.
A rectangle has none, as its box is its outline."""


def rings(inside: npt.NDArray[np.bool_], corner: tuple[int, int]) -> Rings:
    """Return the lines around one unit.

    Args:
        inside: (h, w) bool, whether a pixel of its box belongs to it.
        corner: y0, x0 of its box.
    """
    y0, x0 = corner
    found, _ = cv2.findContours(
        inside.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=(x0, y0)
    )
    return [ring.reshape(-1).astype(int).tolist() for ring in found]
