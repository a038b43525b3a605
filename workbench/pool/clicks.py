"""Clicks: what outlining and naming the segments of a region takes an annotator.

A segment is a connected part of one class (pixels that touch at a corner are connected). It costs
the vertices of the polygon around it, at least three, and one more click for its class. Holes are
not outlined: what lies in them is a segment of its own, drawn on top. Void is not outlined.

A mask knows outlines, not clicks, so the vertices are those of the coarsest polygon that stays
within a tolerance of the outline (Douglas & Peucker 1973, as in OpenCV).
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from workbench.types import IGNORE

CLICK_TOLERANCE = 2.0
"""Pixels by which a polygon may miss a segment's outline."""

_FEWEST = 3
"""Vertices of the smallest polygon."""

FEWEST_CLICKS = _FEWEST + 1
"""What a unit takes at least, unless all of it is void: one polygon and its class."""

Labels = npt.NDArray[np.uint8]
"""(h, w) class ids, void = ``IGNORE``."""


def count_clicks(labels: Labels, tolerance: float = CLICK_TOLERANCE) -> int:
    """Return the clicks that labelling a region takes.

    Args:
        labels: (h, w) class ids of the region; what lies outside it is void.
        tolerance: pixels by which a polygon may miss a segment's outline.

    Returns:
        0 for a region that is all void.
    """
    return sum(
        max(len(vertices), _FEWEST) + 1
        for part, _ in _classes(labels)
        for vertices in _polygons(part, tolerance)
    )


def click_points(labels: Labels, tolerance: float = CLICK_TOLERANCE) -> npt.NDArray[np.float64]:
    """Return where those clicks fall.

    They fall on the vertices. The one for the class may be given anywhere in a segment; it is
    shared evenly by its vertices, which is where the annotator is.

    Args:
        labels: (h, w) as for :func:`count_clicks`.
        tolerance: likewise.

    Returns:
        (n, 3) row, column and clicks of each vertex; the clicks add up to :func:`count_clicks`.
    """
    points = [np.empty((0, 3))]
    for part, (top, left) in _classes(labels):
        for vertices in _polygons(part, tolerance):
            clicks = (max(len(vertices), _FEWEST) + 1) / len(vertices)
            rows, columns = vertices[:, 1] + top, vertices[:, 0] + left
            points.append(np.stack([rows, columns, np.full(len(vertices), clicks)], axis=1))
    return np.concatenate(points)


def _classes(labels: Labels) -> Iterator[tuple[npt.NDArray[np.uint8], tuple[int, int]]]:
    """Yield, for each class, 1 where it is within its bounding box, and that box's corner."""
    for class_id in np.unique(labels):
        if class_id == IGNORE:
            continue
        there = (labels == class_id).view(np.uint8)
        left, top, width, height = cv2.boundingRect(there)
        yield np.ascontiguousarray(there[top : top + height, left : left + width]), (top, left)


def _polygons(part: npt.NDArray[np.uint8], tolerance: float) -> Iterator[npt.NDArray[np.int32]]:
    """Yield the (n, 2) x, y vertices of the polygon around each segment of one class."""
    # two levels: a segment within a hole of another one is on the first level too
    contours, hierarchy = cv2.findContours(part, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for contour, (_, _, _, parent) in zip(contours, hierarchy[0], strict=True):
        if parent < 0:  # not the rim of a hole
            yield np.asarray(cv2.approxPolyDP(contour, tolerance, True)[:, 0], dtype=np.int32)
