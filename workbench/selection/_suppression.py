"""Non-maximum suppression: of overlapping boxes only the first stays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.integer]


def overlaps(boxes: Boxes, box: Boxes) -> npt.NDArray[np.float64]:
    """Return the overlap of two boxes as a share of the smaller one.

    Args:
        boxes: (N, 4) y0, x0, y1, x1 in pixels, end exclusive.
        box: (4,) the other box.

    Returns:
        (N,) 0 (apart) … 1 (one holds the other).
    """
    boxes, box = boxes.astype(np.int64), box.astype(np.int64)
    low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    smaller = np.minimum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), (box[2:] - box[:2]).prod())
    shares: npt.NDArray[np.float64] = shared / np.maximum(smaller, 1)
    return shares


def suppress(
    order: Iterable[int],
    boxes: Boxes,
    images: npt.NDArray[np.generic],
    k: int,
    max_overlap: float,
) -> list[int]:
    """Return the first ``k`` rows of ``order`` that overlap no earlier one of their image too much.

    Each kept row excludes all rows that it overlaps at once, so the work grows with the number of
    kept rows and not with that of the skipped ones.

    Args:
        order: rows, best first.
        boxes: (U, 4) of all rows.
        images: (U,) image of each row.
        k: largest number of rows to return.
        max_overlap: largest share of the smaller of two boxes that may lie in both.
    """
    group = _groups(images)
    by_group = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group)) if len(group) else np.empty(0, np.int64)
    excluded = bytearray(len(boxes))
    kept: list[int] = []
    for row in order:
        if len(kept) >= k:
            break
        if excluded[row]:
            continue
        kept.append(row)
        number = int(group[row])
        mates = by_group[ends[number - 1] if number else 0 : ends[number]]
        for other in mates[overlaps(boxes[mates], boxes[row]) > max_overlap].tolist():
            excluded[other] = 1
    return kept


def _groups(images: npt.NDArray[np.generic]) -> npt.NDArray[np.intp]:
    """Return (U,) numbers of the images; fast for candidates sorted by image, as by unit id."""
    heads = np.flatnonzero(np.append(True, images[1:] != images[:-1]))[: len(images)]
    _, of_run = np.unique(images[heads], return_inverse=True)
    return np.repeat(of_run, np.diff(np.append(heads, len(images))))
