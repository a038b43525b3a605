"""Outlines of units that are no rectangles: what a front-end draws of them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from workbench.units.base import AnyLayout, WindowLayout

Rings = list[list[int]]
"""Closed lines through a unit's outermost pixels: ``[x, y, x, y, …]`` each; holes have their own.
A rectangle has none, as its box says it all."""


def outlines(layout: AnyLayout) -> list[Rings]:
    """Return each unit's outline, in the order of the local numbers."""
    if isinstance(layout, WindowLayout):
        return [[] for _ in range(len(layout))]
    return [
        [] if is_rectangle else _rings(layout.unit_map, unit, layout.boxes[unit].tolist())
        for unit, is_rectangle in enumerate(rectangles(layout.boxes, layout.areas))
    ]


def rectangles(boxes: npt.NDArray[np.int32], areas: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return (n,) which units fill their boxes.

    Args:
        boxes: (n, 4) y0, x0, y1, x1, end exclusive.
        areas: (n,) pixels.
    """
    y0, x0, y1, x1 = boxes.astype(np.int64).T
    filled: npt.NDArray[np.bool_] = (y1 - y0) * (x1 - x0) == areas
    return filled


def _rings(unit_map: npt.NDArray[np.int32], unit: int, box: list[int]) -> Rings:
    y0, x0, y1, x1 = box
    inside = (unit_map[y0:y1, x0:x1] == unit).astype(np.uint8)
    found, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=(x0, y0))
    return [ring.reshape(-1).tolist() for ring in found]
