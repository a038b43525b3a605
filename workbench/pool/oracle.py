"""The oracle: labels of the units that were revealed to it, and of no others."""

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
    """Gives labels of revealed units.

    Args:
        source: where labels come from.
        geometry: the pool.
        revealed: units that are labelled already, in order.

    Raises:
        PoolError: as :meth:`reveal`.
    """

    def __init__(
        self, source: LabelSource, geometry: Geometry, revealed: npt.ArrayLike = ()
    ) -> None:
        self._source = source
        self._state = PoolState(geometry)
        self.reveal(revealed)

    @property
    def geometry(self) -> Geometry:
        """The pool."""
        return self._state.geometry

    @property
    def revealed(self) -> UnitIds:
        """Ids revealed so far, in order."""
        return self._state.labelled

    def reveal(self, ids: npt.ArrayLike) -> None:
        """Label some units.

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
        wanted = np.asarray(ids, dtype=np.int64)
        hidden = wanted[~np.isin(wanted, self.revealed)]
        if len(hidden):
            raise PoolError(f"The unit {int(hidden[0])} was not revealed; reveal it first.")
        return self._source.labels(wanted)

    def labels(self, ids: UnitIds) -> Mask:
        """Return the mask of one image in which everything but some revealed units is void.

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
        """Count the pixels of each class in what is revealed now.

        Returns:
            (C,) pixels; void is left out, a pixel that several units share counts once.
        """
        counts = np.zeros(IGNORE + 1, dtype=np.int64)
        for _, ids in by_image(self.revealed):
            counts += np.bincount(self.labels(ids).ravel(), minlength=IGNORE + 1)
        return counts[:n_classes]
