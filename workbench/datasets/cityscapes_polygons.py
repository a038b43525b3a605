"""Reads the polygons that the annotators of Cityscapes drew (``*_gtFine_polygons.json``).

A file holds ``imgHeight``, ``imgWidth`` and ``objects``, each with ``label`` and ``polygon``, a
list of [x, y] in pixels, in the order in which they were drawn: later ones lie on top.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from workbench.datasets.cityscapes_labels import LABELS
from workbench.datasets.outlines import Outline, Vertices, within
from workbench.errors import DatasetError, quoted, shown
from workbench.types import IGNORE

_GROUP = "group"
"""Ending of a label for several objects that were not told apart, as in ``cargroup``."""

_TRAIN_IDS = {label.name: label.train_id for label in LABELS}


def read_polygons(data: bytes, path: Path, size: tuple[int, int]) -> tuple[Outline, ...]:
    """Return the polygons of the 19 classes, in the order in which they were drawn.

    Args:
        data: the bytes of the file.
        path: the file, for messages.
        size: (H, W) of the image.

    Raises:
        DatasetError: if it is no such file, has an unknown label or belongs to another size.
    """
    try:
        found = json.loads(data)
        drawn = int(found["imgHeight"]), int(found["imgWidth"])
        objects = [
            (_train_id(one["label"], path), _vertices(one["polygon"]))
            for one in found["objects"]
            if not one.get("deleted")
        ]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise DatasetError(
            f"The file {shown(path, 100)} ({len(data):,} bytes) does not hold polygons; wanted "
            "JSON with imgHeight, imgWidth and objects of a label and a polygon: unpack the "
            "archive again."
        ) from None
    if drawn != size:
        raise DatasetError(
            f"The polygons in {shown(path, 80)} were drawn in an image of {drawn[0]}×{drawn[1]} "
            f"(height×width) and the image is {size[0]}×{size[1]}; wanted the files as they were "
            "published: set dataset.resize for another size."
        )
    return tuple(
        Outline(class_id, within(vertices, size))
        for class_id, vertices in objects
        if class_id != IGNORE
    )


def _train_id(label: str, path: Path) -> int:
    known = label if label in _TRAIN_IDS else label.removesuffix(_GROUP)
    if known not in _TRAIN_IDS:
        raise DatasetError(
            f"The file {shown(path, 80)} has a polygon with the label {quoted(label, 40)}, which "
            "Cityscapes does not have; mend the file."
        )
    return _TRAIN_IDS[known]


def _vertices(polygon: Any) -> Vertices:
    """Return (n, 2) row and column of a list of [x, y]."""
    points = np.array(polygon, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError
    return points[:, ::-1]
