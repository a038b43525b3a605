"""The oracle: the only code that reads masks of the training split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError, ShapeError
from workbench.pool.labelled import LabelledSet, View
from workbench.pool.state import PoolState
from workbench.types import IGNORE, UnitIds, image_numbers, local_numbers

if TYPE_CHECKING:
    from workbench.datasets.base import Image, Mask, SegmentationDataset
    from workbench.pool.index import PoolIndex
    from workbench.units.base import UnitLayout, UnitScheme


class Oracle:
    """Gives labels of the units that were revealed to it, and of no others.

    Args:
        dataset: where the masks are.
        scheme: how images are divided into units.
        index: the pool that this scheme makes of this dataset.
    """

    def __init__(
        self,
        dataset: SegmentationDataset,
        scheme: UnitScheme,
        index: PoolIndex,
    ) -> None:
        self._dataset = dataset
        self._scheme = scheme
        self._state = PoolState(index)

    @property
    def revealed(self) -> UnitIds:
        """Ids revealed so far, in order."""
        return self._state.labelled

    def reveal(self, ids: npt.ArrayLike) -> None:
        """Label some units.

        Raises:
            PoolError: if one is not in the pool or was revealed before.
        """
        self._state = self._state.reveal(ids)

    def labelled_set(self, view: View) -> LabelledSet:
        """Return the training samples of what is revealed now; later reveals do not change it.

        Args:
            view: ``image``: whole images, pixels not revealed are void. ``unit``: one sample a
                unit, cut by its box, pixels outside the unit are void.
        """
        return LabelledSet(self, self._state.index, np.sort(self.revealed), view)

    def class_pixels(self, n_classes: int) -> npt.NDArray[np.int64]:
        """Count the pixels of each class in what is revealed now.

        Returns:
            (C,) pixels; void is left out, a pixel that several units share counts once.
        """
        ids = np.sort(self.revealed)
        parts = np.split(ids, 1 + np.flatnonzero(np.diff(image_numbers(ids)))) if len(ids) else []
        counts = np.zeros(IGNORE + 1, dtype=np.int64)
        for part in parts:
            counts += np.bincount(self.labels(part).ravel(), minlength=IGNORE + 1)
        return counts[:n_classes]

    def image(self, number: int) -> Image:
        """Return an image of the pool by its number."""
        return self._dataset.image("train", self._state.index.image_ids[number])

    def layout(self, number: int) -> UnitLayout:
        """Return the units of an image by its number."""
        height, width = map(int, self._state.index.sizes[number])
        image = self.image(number) if self._scheme.needs_image else None
        return self._scheme.layout((height, width), image)

    def labels(self, ids: UnitIds) -> Mask:
        """Return the mask of one image in which everything but some revealed units is void.

        Args:
            ids: revealed units of one image.

        Raises:
            PoolError: if one of them was not revealed.
        """
        hidden = ids[~np.isin(ids, self.revealed)]
        if len(hidden):
            raise PoolError(f"The unit {int(hidden[0])} was not revealed; reveal it first.")
        locals_ = local_numbers(ids)
        number = int(image_numbers(ids)[0])
        layout = self.layout(number)
        mask = self._dataset.mask("train", self._state.index.image_ids[number])
        if mask.shape != layout.unit_map.shape:
            raise ShapeError(
                f"The mask of {self._state.index.image_ids[number]} is {mask.shape[0]}×"
                f"{mask.shape[1]}, its image {layout.unit_map.shape[0]}×{layout.unit_map.shape[1]}."
            )
        shown = np.zeros(len(layout) + 1, dtype=bool)  # the last one answers for −1: no unit
        shown[locals_] = True
        return np.where(shown[layout.unit_map], mask, np.uint8(IGNORE))
