"""The oracle: it returns labels of revealed units, and of no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError
from workbench.pool.state import PoolState
from workbench.types import IGNORE, UnitIds, by_image, image_numbers

if TYPE_CHECKING:
    from workbench.datasets.base import Mask
    from workbench.geometry import Geometry
    from workbench.pool.source import LabelSource, UnitLabels


class Oracle:
    """Returns the labels of revealed units.

    Args:
        source: the source of labels.
        geometry: the geometry of the pool.
        revealed: (L,) units that are labelled already, in order.

    Raises:
        PoolError: as for :meth:`reveal`.
    """

    def __init__(
        self, source: LabelSource, geometry: Geometry, revealed: npt.ArrayLike = ()
    ) -> None:
        self._source = source
        self._state = PoolState(geometry)
        self.reveal(revealed)

    @property
    def geometry(self) -> Geometry:
        """The geometry of the pool."""
        return self._state.geometry

    @property
    def revealed(self) -> UnitIds:
        """(L,) ids of the revealed units, in order."""
        return self._state.labelled

    def reveal(self, ids: npt.ArrayLike) -> None:
        """Reveal units whose labels are there.

        Raises:
            PoolError: if one is not in the pool or was revealed before, or its label is not there.
        """
        state = self._state.reveal(ids)
        new = state.labelled[len(self.revealed) :]
        missing = new[~self._source.available(new)] if len(new) else new
        if len(missing):
            raise PoolError(
                f"The label of the unit {int(missing[0])} is not there yet; request it, and reveal "
                "it once it is available."
            )
        self._state = state

    def units(self, ids: npt.ArrayLike) -> Iterator[UnitLabels]:
        """Yield the labels of some revealed units, each by itself, in ascending order of the ids.

        Raises:
            PoolError: if one of them was not revealed.
        """
        unit_ids = np.asarray(ids, dtype=np.int64)
        hidden = unit_ids[~np.isin(unit_ids, self.revealed)]
        if len(hidden):
            raise PoolError(f"The unit {int(hidden[0])} was not revealed; reveal it first.")
        return self._source.labels(unit_ids)

    def labels(self, ids: UnitIds) -> Mask:
        """Return the mask (H, W) of one image in which all pixels outside some units are void.

        Args:
            ids: revealed units of one image.

        Raises:
            PoolError: if one of them was not revealed.
        """
        height, width = self.geometry.sizes[int(image_numbers(ids)[0])]
        mask = np.full((height, width), IGNORE, dtype=np.uint8)
        for unit in self.units(ids):
            mask[unit.place][unit.inside] = unit.labels[unit.inside]
        return mask

    def class_pixels(self, n_classes: int) -> npt.NDArray[np.int64]:
        """Return the number of pixels of each class in the revealed units.

        Returns:
            (C,) pixels; void is not counted, a pixel that several units share counts once.
        """
        counts = np.zeros(IGNORE + 1, dtype=np.int64)
        for _, ids in by_image(self.revealed):
            counts += np.bincount(self.labels(ids).ravel(), minlength=IGNORE + 1)
        return counts[:n_classes]
