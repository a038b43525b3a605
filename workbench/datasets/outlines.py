"""Outlines that annotators drew: what the clicks of a label are counted by, where they are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Vertices = npt.NDArray[np.float64]
"""(n, 2) row and column in pixels, whole numbers being the centres of pixels."""


class Outline(NamedTuple):
    """One closed polygon that an annotator drew.

    Attributes:
        class_id: training id of the class that lies in it; void has no outlines.
        vertices: its corners in the order in which they were clicked, all within the image.
    """

    class_id: int
    vertices: Vertices


def resized(
    outlines: Iterable[Outline], before: tuple[int, int], after: tuple[int, int]
) -> tuple[Outline, ...]:
    """Return the same outlines in an image of another size.

    Args:
        outlines: outlines in an image of the size ``before``.
        before: (H, W).
        after: (H, W).
    """
    scale = np.asarray(after) / np.asarray(before)
    return tuple(
        one._replace(vertices=within((one.vertices + 0.5) * scale - 0.5, after)) for one in outlines
    )


def within(vertices: Vertices, size: tuple[int, int]) -> Vertices:
    """Return vertices moved to the nearest place within an image of some size, (H, W)."""
    return np.clip(vertices, 0.0, np.asarray(size) - 1.0)
