"""Non-maximum suppression: of overlapping boxes only the first stays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.integer]


def overlaps(boxes: Boxes, box: Boxes) -> npt.NDArray[np.float64]:
    """Return how much of the smaller one of two boxes both share.

    Args:
        boxes: (N, 4) y0, x0, y1, x1, end exclusive.
        box: (4,) the other one.

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

    A row that is kept rules out what it overlaps, all at once, so the work grows with the rows that
    are kept and not with those that are passed over.

    Args:
        order: rows, best first.
        boxes: (U, 4) of all rows.
        images: (U,) image of each.
        k: most rows wanted.
        max_overlap: largest share of the smaller box that may be common.
    """
    group = _groups(images)
    by_group = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group)) if len(group) else np.empty(0, np.int64)
    ruled_out = bytearray(len(boxes))
    kept: list[int] = []
    for row in order:
        if len(kept) >= k:
            break
        if ruled_out[row]:
            continue
        kept.append(row)
        number = int(group[row])
        mates = by_group[ends[number - 1] if number else 0 : ends[number]]
        for other in mates[overlaps(boxes[mates], boxes[row]) > max_overlap].tolist():
            ruled_out[other] = 1
    return kept


def _groups(images: npt.NDArray[np.generic]) -> npt.NDArray[np.intp]:
    """Number the images; candidates in order of their ids come image by image, which is quick."""
    heads = np.flatnonzero(np.append(True, images[1:] != images[:-1]))[: len(images)]
    _, of_run = np.unique(images[heads], return_inverse=True)
    return np.repeat(of_run, np.diff(np.append(heads, len(images))))
