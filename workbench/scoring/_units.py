"""A layout in the form in which the scan counts pixels."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from workbench.scoring.shares import boundary_share, class_shares

if TYPE_CHECKING:
    from workbench.units.base import UnitLayout

_LAYOUTS_KEPT = 8
"""Enough for a pool of few image sizes; layouts that depend on the image are not seen twice."""


@dataclass(frozen=True, eq=False)
class Units:
    """A layout in the form in which pixels are counted.

    Attributes:
        layout: as given.
        codes: (H·W,) unit of each pixel plus one, so that 0 is "no unit".
        unit_map: (H, W) int64 on the scan's device.
    """

    layout: UnitLayout
    codes: npt.NDArray[np.intp]
    unit_map: torch.Tensor

    def class_shares(
        self, prediction: npt.NDArray[np.uint8], n_classes: int
    ) -> npt.NDArray[np.float32]:
        """Return (n, C): the share of each unit's pixels that is predicted as each class."""
        return class_shares(prediction, self.codes, self.layout.areas, n_classes)

    def boundary_share(self, prediction: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return (n,): the share of each unit's pixels beside a pixel of another class."""
        return boundary_share(prediction, self.codes, self.layout.areas)


class KnownLayouts:
    """Prepares each layout once while images share it.

    Args:
        device: of the unit maps.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._known: OrderedDict[int, Units] = OrderedDict()

    def __call__(self, layout: UnitLayout) -> Units:
        """Return a layout, prepared."""
        units = self._known.get(id(layout))  # alive while it is held here: its id is its own
        if units is None:
            wide = layout.unit_map.astype(np.int64)
            on_device = torch.from_numpy(wide).to(self._device)
            units = self._known[id(layout)] = Units(layout, wide.ravel() + 1, on_device)
            if len(self._known) > _LAYOUTS_KEPT:
                self._known.popitem(last=False)
        return units
