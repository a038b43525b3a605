"""A layout in the form in which the scan counts pixels."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from workbench.errors import ShapeError
from workbench.scoring._windows import WindowUnits
from workbench.scoring.shares import boundary_share, class_shares
from workbench.units.base import WindowLayout

if TYPE_CHECKING:
    from workbench.aggregation import AggregationEntry
    from workbench.registry import Bound
    from workbench.units.base import AnyLayout, UnitLayout

_LAYOUTS_KEPT = 8
"""Enough for a pool of few image sizes; layouts that depend on the image are not seen twice."""


@dataclass(frozen=True, eq=False)
class Units:
    """A layout in the form in which pixels are counted.

    Attributes:
        layout: as given.
        areas: (n,) pixels of each unit, or cells where scores are read at the output stride.
        codes: (H·W,) unit of each pixel plus one, so that 0 is "no unit".
        unit_map: (H, W) int64 on the scan's device.
    """

    layout: UnitLayout
    areas: npt.NDArray[np.int64]
    codes: npt.NDArray[np.intp]
    unit_map: torch.Tensor

    def aggregate(
        self, aggregation: Bound[AggregationEntry], score_map: torch.Tensor
    ) -> npt.NDArray[np.float64]:
        """Return (n,) the score of each unit."""
        values: torch.Tensor = aggregation.call(score_map, self.unit_map, len(self.layout))
        scores: npt.NDArray[np.float64] = values.cpu().numpy()
        return scores

    def class_shares(
        self, prediction: npt.NDArray[np.uint8], n_classes: int
    ) -> npt.NDArray[np.float32]:
        """Return (n, C): the share of each unit's pixels that is predicted as each class."""
        return class_shares(prediction, self.codes, self.areas, n_classes)

    def boundary_share(self, prediction: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return (n,): the share of each unit's pixels beside a pixel of another class."""
        return boundary_share(prediction, self.codes, self.areas)


class KnownLayouts:
    """Prepares each layout once while images share it.

    Args:
        device: of the unit maps.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._known: OrderedDict[tuple[int, int, int], Units | WindowUnits] = OrderedDict()

    def __call__(self, layout: AnyLayout, size: tuple[int, int]) -> Units | WindowUnits:
        """Return a layout, prepared for score maps of a size.

        Args:
            layout: the image's.
            size: (h, w) of the score maps, at most the image's.

        Raises:
            ShapeError: if a unit has no pixel in maps of that size.
        """
        key = (id(layout), *size)  # alive while it is held here: its id is its own
        units = self._known.get(key)
        if units is None:
            if isinstance(layout, WindowLayout):
                units = WindowUnits.of(layout, size)
            else:
                units = self._prepared(layout, size)
            self._known[key] = units
            if len(self._known) > _LAYOUTS_KEPT:
                self._known.popitem(last=False)
        return units

    def _prepared(self, layout: UnitLayout, size: tuple[int, int]) -> Units:
        unit_map, areas = layout.unit_map, layout.areas
        if unit_map.shape != size:
            unit_map = at_centres(unit_map, size)
            areas = np.bincount(unit_map.ravel() + 1, minlength=len(layout) + 1)[1:]
            if not areas.all():
                unit = int(areas.argmin())
                raise ShapeError(
                    f"Unit {unit} of an image has {layout.areas[unit]} pixels and lies between the "
                    f"cells of a score map of {size[0]}×{size[1]}; set scan.resolution to full, or "
                    "choose larger units."
                )
        wide = unit_map.astype(np.int64)
        return Units(layout, areas, wide.ravel() + 1, torch.from_numpy(wide).to(self._device))


def at_centres(array: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """Return (h, w): what an array (H, W) holds at the centre of each of h × w equal cells.

    It also enlarges: what (H, W) cells hold at each of more pixels.
    """
    rows, columns = (
        (2 * np.arange(cells) + 1) * pixels // (2 * cells)
        for pixels, cells in zip(array.shape, size, strict=True)
    )
    found: npt.NDArray[Any] = array[rows[:, None], columns]
    return found
