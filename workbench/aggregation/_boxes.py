"""Aggregation over windows, which may overlap: boxes instead of a unit map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from workbench.aggregation import AGGREGATIONS
from workbench.aggregation._entry import AggregationEntry
from workbench.errors import ShapeError
from workbench.registry import load

if TYPE_CHECKING:
    from workbench.registry import Bound

Floats = npt.NDArray[np.float64]


def over_boxes(
    score_map: npt.NDArray[Any],
    boxes: npt.ArrayLike,
    aggregation: Bound[AggregationEntry] | str = "mean",
) -> Floats:
    """Aggregate a score map over windows.

    Sums over any number of windows come from one integral image, so ``mean``, ``sum`` and
    ``count_above`` cost the same for windows of every size. For an aggregation whose entry names
    no ``of_boxes`` every window is cut out, which is slow.

    Args:
        score_map: (H, W) in the score's unit.
        boxes: (n, 4) whole numbers y0, x0, y1, x1 in pixels, end exclusive, within the map, not
            empty.
        aggregation: one of ``AGGREGATIONS``, bound or as a spec string.

    Returns:
        (n,) float64, equal to the aggregation over a unit map that holds the window alone.

    Raises:
        ShapeError: if a box is empty or leaves the map.
        ConfigError: for an unknown aggregation.
    """
    bound = AGGREGATIONS.bind(aggregation) if isinstance(aggregation, str) else aggregation
    checked = _check(boxes, score_map.shape)
    if bound.entry.of_boxes:
        found: Floats = load(bound.entry.of_boxes)(score_map, checked, **bound.options)
        return found
    return np.array([_cut(bound, score_map[y0:y1, x0:x1]) for y0, x0, y1, x1 in checked.tolist()])


def box_sums(values: npt.NDArray[Any], boxes: npt.NDArray[np.int64]) -> Floats:
    """Sum (H, W) values over (n, 4) boxes, in float64, through an integral image."""
    plain = values.astype(np.uint8 if values.dtype == bool else values.dtype, order="C", copy=False)
    if plain.dtype not in (np.uint8, np.float32, np.float64):
        plain = plain.astype(np.float64)
    integral = cv2.integral(plain, sdepth=cv2.CV_64F)  # (H + 1, W + 1)
    y0, x0, y1, x1 = boxes.T
    sums: Floats = integral[y1, x1] - integral[y0, x1] - integral[y1, x0] + integral[y0, x0]
    return sums


def box_means(values: npt.NDArray[Any], boxes: npt.NDArray[np.int64]) -> Floats:
    """Average (H, W) values over (n, 4) boxes."""
    means: Floats = box_sums(values, boxes) / np.prod(boxes[:, 2:] - boxes[:, :2], 1)
    return means


def box_shares_above(
    values: npt.NDArray[Any], boxes: npt.NDArray[np.int64], threshold: float
) -> Floats:
    """Return the share of (H, W) values strictly greater than a threshold over (n, 4) boxes."""
    return box_means(values > threshold, boxes)


def _cut(bound: Bound[AggregationEntry], window: npt.NDArray[Any]) -> float:
    whole = np.zeros(window.shape, dtype=np.int32)
    return float(bound.call(window, whole, 1)[0])


def _check(boxes: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    checked = np.asarray(boxes).reshape(-1, 4).astype(np.int64)
    y0, x0, y1, x1 = checked.T
    fits = (y0 >= 0) & (x0 >= 0) & (y1 <= shape[0]) & (x1 <= shape[1]) & (y0 < y1) & (x0 < x1)
    if not fits.all():
        raise ShapeError(
            f"The box {checked[~fits][0].tolist()} (y0, x0, y1, x1) is empty or leaves the score "
            f"map of {shape[0]}×{shape[1]} pixels."
        )
    return checked
