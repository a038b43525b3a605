"""The clicks of a unit: counted by what annotators drew where that is recorded, else in its mask.

An annotator who labels a region clicks on the vertices of the outlines that lie in it, on the
places where an outline leaves the region or comes into it, and once for the class of each outline;
an outline has at least three vertices. Whatever was drawn counts, also beneath what was drawn later
on top of it. Where a class covers a region so widely that no outline of it passes through, it costs
the fewest clicks. (Mackowiak et al., CEREALS, 2018, counts the clicks of Cityscapes' polygons; how
those are counted that a region cuts was chosen here.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.pool.clicks import FEWEST_CLICKS, click_points, count_clicks
from workbench.types import IGNORE

if TYPE_CHECKING:
    from workbench.datasets.outlines import Outline, Vertices
    from workbench.pool.source import UnitLabels

Points = npt.NDArray[np.float64]
"""(n, 3) row, column and clicks; rows and columns count from the corner of the unit's box."""


def clicks_of(unit: UnitLabels, tolerance: float) -> int:
    """Return the clicks that labelling a unit takes.

    Args:
        unit: the unit with its labels.
        tolerance: largest distance between a polygon and a segment's outline, in pixels; outlines
            that are recorded are taken as they are.
    """
    outlines = unit.outlines()
    if outlines is None:
        return count_clicks(unit.labels, tolerance)
    return round(float(recorded_points(unit, outlines)[:, 2].sum()))


def points_of(unit: UnitLabels, tolerance: float) -> Points:
    """Return the places of those clicks; those of an outline add up to a whole number."""
    outlines = unit.outlines()
    if outlines is None:
        return click_points(unit.labels, tolerance)
    return recorded_points(unit, outlines)


def recorded_points(unit: UnitLabels, outlines: Sequence[Outline]) -> Points:
    """Return the places of the clicks that recorded outlines take within a unit.

    Args:
        unit: the unit with its labels.
        outlines: all outlines of its image.
    """
    if (unit.labels == IGNORE).all():
        return np.empty((0, 3))
    points, drawn = [np.empty((0, 3))], set()
    corner = np.array([side.start for side in unit.place])
    for outline in outlines:
        places = _clicked(outline.vertices - corner, unit.inside)
        if len(places):
            drawn.add(outline.class_id)
            points.append(_with_clicks(places))
    points += [_with_clicks(place) for place in _wide_classes(unit.labels, drawn)]
    return np.concatenate(points)


def _with_clicks(places: npt.NDArray[np.float64]) -> Points:
    clicks = max(len(places) + 1, FEWEST_CLICKS) / len(places)
    return np.column_stack([places, np.full(len(places), clicks)])


def _clicked(vertices: Vertices, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the (n, 2) pixels of a unit in which an outline is clicked on.

    These are the pixels of its vertices, one for each, and those pixels without a vertex at which
    it crosses the unit's border.

    Args:
        vertices: (v, 2) row and column from the corner of the unit's box.
        inside: (h, w) whether a pixel of the box belongs to the unit.
    """
    if (vertices.max(axis=0) < -0.5).any() or (vertices.min(axis=0) >= inside.shape).any():
        return np.empty((0, 2))  # beside the box
    along, corner = _walked(vertices)
    rows, columns = np.floor(along + 0.5).astype(np.int64).T
    there = (rows >= 0) & (rows < inside.shape[0]) & (columns >= 0) & (columns < inside.shape[1])
    there[there] = inside[rows[there], columns[there]]
    comes, leaves = there & ~np.roll(there, 1), there & ~np.roll(there, -1)
    pixels = rows * inside.shape[1] + columns
    vertex = there & corner
    clicked = vertex | ((comes | leaves) & ~np.isin(pixels, pixels[vertex]))
    return np.column_stack([rows[clicked], columns[clicked]]).astype(np.float64)


def _walked(vertices: Vertices) -> tuple[Vertices, npt.NDArray[np.bool_]]:
    """Return (n, 2) points along a closed outline, a pixel apart or less, and its vertices'."""
    steps = np.roll(vertices, -1, axis=0) - vertices
    counts = np.maximum(np.ceil(np.abs(steps).max(axis=1)).astype(np.int64), 1)
    edge = np.repeat(np.arange(len(vertices)), counts)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = number / counts[edge]
    return vertices[edge] + share[:, None] * steps[edge], number == 0


def _wide_classes(
    labels: npt.NDArray[np.uint8], drawn: set[int]
) -> Iterator[npt.NDArray[np.float64]]:
    """Yield a (1, 2) pixel of each class of a unit that none of some classes is."""
    for class_id in np.unique(labels).tolist():
        if class_id != IGNORE and class_id not in drawn:
            pixels = np.argwhere(labels == class_id)
            yield pixels[len(pixels) // 2, None].astype(np.float64)
