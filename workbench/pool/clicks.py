"""Clicks: the annotator's effort to outline and name the segments of a region.

A segment is a connected part of one class (pixels that touch at a corner are connected). It costs
the vertices of the polygon around it, at least three, and one more click for its class. Holes are
not outlined: what lies in them is another segment, drawn on top. Void is not outlined.

A mask holds outlines, not clicks, so the vertices are those of the coarsest polygon that stays
within a tolerance of the outline (Douglas & Peucker 1973, as in OpenCV).
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from workbench.types import IGNORE

CLICK_TOLERANCE = 2.0
"""Largest distance between a polygon and a segment's outline, in pixels."""

_FEWEST = 3
"""Vertices of the smallest polygon."""

FEWEST_CLICKS = _FEWEST + 1
"""Fewest clicks of a unit that is not all void: one polygon and its class."""

Labels = npt.NDArray[np.uint8]
"""(h, w) class ids, void = ``IGNORE``."""


def count_clicks(labels: Labels, tolerance: float = CLICK_TOLERANCE) -> int:
    """Return the clicks that labelling a region takes.

    Args:
        labels: (h, w) class ids of the region; pixels outside it are void.
        tolerance: largest distance between a polygon and a segment's outline, in pixels.

    Returns:
        The number of clicks; 0 for a region that is all void.
    """
    return sum(
        max(len(vertices), _FEWEST) + 1
        for part, _ in _classes(labels)
        for vertices in _polygons(part, tolerance)
    )


def click_points(labels: Labels, tolerance: float = CLICK_TOLERANCE) -> npt.NDArray[np.float64]:
    """Return the places of those clicks.

    They are on the vertices. The click for the class may be anywhere in a segment; it is divided
    evenly among the segment's vertices, where the annotator works.

    Args:
        labels: (h, w) as for :func:`count_clicks`.
        tolerance: as for :func:`count_clicks`.

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
    """Yield, for each class, its mask (h, w) within its bounding box, and the corner of the box."""
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
