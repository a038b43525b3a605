"""Computes values of units from values of pixels: scores, predicted classes, features.

Units that do not overlap are counted by their unit map, windows by integral images. Scores and
features are arrays or tensors; the results are arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from workbench.aggregation import ascending, over_boxes
from workbench.errors import ShapeError
from workbench.geometry.cells import at_centres, cell_weights, centres, window_means
from workbench.geometry.shares import boundary, boundary_share, class_shares
from workbench.units.base import UnitLayout, area_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.aggregation import AggregationEntry
    from workbench.registry import Bound
    from workbench.units.base import Ints, Layout

Floats = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float32]


class UnitCounts(Protocol):
    """Counts over the units of a layout, for maps of one size; row i of a result is unit i."""

    @property
    def areas(self) -> Ints:
        """(n,) pixels of the maps in each unit."""

    def aggregate(self, aggregation: Bound[AggregationEntry], score_map: Any) -> Floats:
        """Return (n,) the score of each unit.

        Args:
            aggregation: one of ``AGGREGATIONS``, with its settings.
            score_map: (h, w) array or tensor.
        """

    def class_shares(self, prediction: npt.NDArray[np.uint8], n_classes: int) -> Shares:
        """Return (n, C): the share of each unit's pixels that is predicted as each class."""

    def boundary_share(self, prediction: npt.NDArray[np.uint8]) -> Shares:
        """Return (n,): the share of each unit's pixels beside a pixel of another class."""

    def feature_means(self, features: Any) -> Shares:
        """Return (n, D): the mean of features over each unit, exact by area.

        Args:
            features: (h', w', D) array or tensor of equal cells that cover the image.
        """

    def ascending(self, values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
        """Return the values of each unit's pixels, unit after unit, ascending in each unit.

        Returns:
            (pixels,) of the given type; (n,) pixels of each unit.
        """


def _as_given(array: npt.NDArray[Any]) -> Any:
    return array


def counts_of(
    layout: Layout, size: tuple[int, int], place: Callable[[npt.NDArray[Any]], Any] = _as_given
) -> UnitCounts:
    """Prepare the units of a layout for maps of a size.

    Args:
        layout: the units of an image.
        size: (h, w) of the maps, at most the image's.
        place: moves an array to the device of score maps and features; if not given, arrays stay.

    Raises:
        ShapeError: if a unit has no pixel in maps of that size.
    """
    # Layouts are of the package below, which has neither score maps nor aggregations; so the two
    # kinds part here, and nowhere else but in `build.py`.
    if isinstance(layout, UnitLayout):
        return _map_counts(layout, size, place)
    return _box_counts(layout, size)


@dataclass(frozen=True, eq=False)
class MapCounts:
    """Units that do not overlap.

    Attributes:
        layout: the units.
        areas: (n,) pixels of the maps in each unit.
        unit_map: (h, w) the unit map in the size of the maps.
        placed: the unit map on the device of score maps.
        place: moves an array to that device.
    """

    layout: UnitLayout
    areas: Ints
    unit_map: npt.NDArray[Any]
    placed: Any
    place: Callable[[npt.NDArray[Any]], Any]
    _weights: dict[tuple[int, int], Any] = field(default_factory=dict)

    def aggregate(self, aggregation: Bound[AggregationEntry], score_map: Any) -> Floats:
        """Return (n,) the score of each unit."""
        scores: Floats = _array(aggregation.call(score_map, self.placed, len(self.areas)))
        return scores

    @cached_property
    def _codes(self) -> npt.NDArray[np.intp]:
        """(h·w,) unit of each pixel plus one, so that 0 is "no unit"."""
        return self.unit_map.ravel().astype(np.intp) + 1

    @cached_property
    def _divisors(self) -> Ints:
        return np.maximum(self.areas, 1)  # a unit may have lost all its pixels

    def class_shares(self, prediction: npt.NDArray[np.uint8], n_classes: int) -> Shares:
        """Return (n, C): the share of each unit's pixels that is predicted as each class."""
        return class_shares(prediction, self._codes, self._divisors, n_classes)

    def boundary_share(self, prediction: npt.NDArray[np.uint8]) -> Shares:
        """Return (n,): the share of each unit's pixels beside a pixel of another class."""
        return boundary_share(prediction, self._codes, self._divisors)

    def feature_means(self, features: Any) -> Shares:
        """Return (n, D): the mean of features over each unit."""
        height, width, channels = features.shape
        weights = self._weights.get((height, width))
        if weights is None:
            layout = self.layout
            weights = self.place(cell_weights(layout.unit_map, len(layout), (height, width)))
            self._weights[height, width] = weights
        means: Shares = _array(weights @ features.reshape(height * width, channels))
        return means

    def ascending(self, values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
        """Return the values of each unit's pixels in ascending order."""
        return ascending(values, self.unit_map, len(self.areas))


@dataclass(frozen=True, eq=False)
class BoxCounts:
    """Windows, which may overlap.

    Attributes:
        layout: the windows.
        boxes: (n, 4) in the maps' pixels.
        areas: (n,) pixels of the maps in each window.
    """

    layout: Layout
    boxes: Ints
    areas: Ints

    def aggregate(self, aggregation: Bound[AggregationEntry], score_map: Any) -> Floats:
        """Return (n,) the score of each window, exact to the rounding of float64 sums."""
        return over_boxes(_array(score_map), self.boxes, aggregation)

    def class_shares(self, prediction: npt.NDArray[np.uint8], n_classes: int) -> Shares:
        """Return (n, C): the share of each window's pixels that is predicted as each class."""
        shares = np.zeros((len(self.areas), n_classes), dtype=np.float32)
        for found in np.unique(prediction).tolist():
            shares[:, found] = over_boxes(prediction == found, self.boxes)
        return shares

    def boundary_share(self, prediction: npt.NDArray[np.uint8]) -> Shares:
        """Return (n,): the share of each window's pixels beside a pixel of another class."""
        return over_boxes(boundary(prediction), self.boxes).astype(np.float32)

    def feature_means(self, features: Any) -> Shares:
        """Return (n, D): the mean of features over each window."""
        return window_means(_array(features), self.layout.boxes, self.layout.size)

    def ascending(self, values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
        """Return the values of each window's pixels in ascending order."""
        parts = [np.sort(values[a:c, b:d], axis=None) for a, b, c, d in self.boxes.tolist()]
        ordered = np.concatenate(parts) if parts else values[:0].ravel()
        return ordered, self.areas.astype(np.intp)


def _map_counts(
    layout: UnitLayout, size: tuple[int, int], place: Callable[[npt.NDArray[Any]], Any]
) -> MapCounts:
    if layout.size == size:
        return MapCounts(layout, layout.areas, layout.unit_map, place(layout.unit_map), place)
    unit_map = at_centres(layout.unit_map, size)
    areas = np.bincount(unit_map.ravel() + 1, minlength=len(layout) + 1)[1:]
    if not areas.all():
        unit = int(areas.argmin())
        raise ShapeError(
            f"Unit {unit} of an image has {layout.areas[unit]} pixels and lies between the cells "
            f"of a score map of {size[0]}×{size[1]}; set scan.resolution to full, or choose larger "
            "units."
        )
    return MapCounts(layout, areas, unit_map, place(unit_map), place)


def _box_counts(layout: Layout, size: tuple[int, int]) -> BoxCounts:
    boxes = layout.boxes.astype(np.int64)
    for axis, (pixels, cells) in enumerate(zip(layout.size, size, strict=True)):
        if pixels != cells:  # a cell belongs to the windows that hold its centre
            boxes[:, axis::2] = np.searchsorted(centres(pixels, cells), boxes[:, axis::2])
    areas = area_of(boxes)
    if not areas.all():
        window = int(areas.argmin())
        raise ShapeError(
            f"The window {layout.boxes[window].tolist()} (y0, x0, y1, x1) lies between the cells "
            f"of a score map of {size[0]}×{size[1]}; set scan.resolution to full, or choose larger "
            "windows."
        )
    return BoxCounts(layout, boxes, areas)


def _array(values: Any) -> npt.NDArray[Any]:
    """Return an array as it is, a tensor as an array."""
    found: npt.NDArray[Any] = values if isinstance(values, np.ndarray) else values.cpu().numpy()
    return found
