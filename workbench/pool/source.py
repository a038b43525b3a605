"""Label sources, which give labels on request.

Labels are requested first and read once they are available: at once from a dataset's masks, later
from people. No other module reads a mask of the training split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from workbench.datasets.base import Mask
from workbench.errors import ShapeError
from workbench.types import IGNORE, UnitIds, by_image, local_numbers

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.datasets.outlines import Outline
    from workbench.geometry import Geometry


class UnitLabels(NamedTuple):
    """The labels of one unit.

    Attributes:
        id: id of the unit.
        place: rows and columns of its box in the image.
        inside: (h, w) whether a pixel of the box belongs to the unit.
        labels: (h, w) uint8 class ids, void outside the unit.
        outlines: reads the outlines that annotators drew in its image, ``None`` if none are
            recorded. They reach beyond the unit: only the count of its clicks may call it.
    """

    id: int
    place: tuple[slice, slice]
    inside: npt.NDArray[np.bool_]
    labels: Mask
    outlines: Callable[[], tuple[Outline, ...] | None] = lambda: None


class LabelSource(Protocol):
    """Returns labels of query units once they are available."""

    def request(self, ids: UnitIds) -> None:
        """Request the labels of units; units requested before are not requested again.

        Raises:
            PoolError: if one of them is not in the pool.
        """

    def available(self, ids: UnitIds) -> npt.NDArray[np.bool_]:
        """Return (k,) bool, whether the labels of each unit are there."""

    def labels(self, ids: UnitIds) -> Iterator[UnitLabels]:
        """Yield the labels of some units that are available, in ascending order of the ids."""


class MaskLabels:
    """The masks of a dataset as a label source: every label is available at once.

    Args:
        dataset: the dataset with the masks.
        geometry: the geometry of the pool.
    """

    def __init__(self, dataset: SegmentationDataset, geometry: Geometry) -> None:
        self._dataset = dataset
        self._geometry = geometry

    def request(self, ids: UnitIds) -> None:
        """Check that the units are in the pool.

        Raises:
            PoolError: if one of them is not.
        """
        self._geometry.rows(ids)

    def available(self, ids: UnitIds) -> npt.NDArray[np.bool_]:
        """Return (k,) True for each unit."""
        return np.ones(len(ids), dtype=bool)

    def labels(self, ids: UnitIds) -> Iterator[UnitLabels]:
        """Yield each unit's part of its image's mask.

        Raises:
            PoolError: if one of them is not in the pool.
            ShapeError: if a mask and its image differ in size.
        """
        for number, mine in by_image(ids):
            layout, mask = self._geometry.layout(number), self._mask(number)
            key = self._geometry.image_ids[number]
            outlines = cache(partial(self._dataset.outlines, "train", key))
            boxes = self._geometry.boxes_of(mine).tolist()
            for unit, local, box in zip(mine.tolist(), local_numbers(mine), boxes, strict=True):
                place = slice(box[0], box[2]), slice(box[1], box[3])
                inside = layout.inside(int(local))
                labels = np.where(inside, mask[place], np.uint8(IGNORE))
                yield UnitLabels(unit, place, inside, labels, outlines)

    def _mask(self, number: int) -> Mask:
        key, size = self._geometry.image_ids[number], tuple(map(int, self._geometry.sizes[number]))
        mask = self._dataset.mask("train", key)
        if mask.shape != size:
            raise ShapeError(
                f"The mask of {key} is {mask.shape[0]}×{mask.shape[1]}, its image "
                f"{size[0]}×{size[1]}."
            )
        return mask
