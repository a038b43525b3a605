"""The segment-reduce of all aggregations: sums over the pixels of each unit of a unit map.

Arrays and tensors in main memory share one code path, so they give the same bits. On a GPU the
pixels are sorted by their units first and summed in that order: atomic additions in arbitrary order
would give other last digits in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from workbench.aggregation._order import beyond, cached_order, unit_codes
from workbench.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor

    Values = TypeVar("Values", npt.NDArray[Any], Tensor)
else:
    Values = TypeVar("Values")


def segment_sum(values: Values, unit_map: Values, n_units: int) -> Values:
    """Sum the values over each unit's pixels, in float64.

    Args:
        values: (H, W) numbers or booleans.
        unit_map: (H, W) whole numbers, −1 … n_units − 1; −1 belongs to no unit.
        n_units: number of units; a unit without pixels sums to 0.

    Returns:
        (n_units,) float64, an array for arrays, a tensor for tensors.

    Raises:
        ShapeError: if the two maps differ in size or the unit map holds a unit ≥ n_units.
    """
    check_sizes(values, unit_map)
    if isinstance(values, np.ndarray):
        return _sum_array(values, np.asarray(unit_map), n_units)
    return _sum_tensor(values, unit_map, n_units)


def segment_size(unit_map: Values, n_units: int) -> Values:
    """Return each unit's number of pixels: (n_units,) float64, an array or a tensor as given."""
    if isinstance(unit_map, np.ndarray):
        order = cached_order(unit_map, n_units)
        if order is not None:
            return order.sizes.astype(np.float64)
        return np.bincount(unit_codes(unit_map, n_units), minlength=n_units + 1)[1:].astype(
            np.float64
        )
    import torch

    if unit_map.device.type == "cpu":
        return torch.from_numpy(segment_size(unit_map.numpy(), n_units))
    return _lengths(unit_map, n_units)[1:].double()


def check_sizes(values: Any, unit_map: Any) -> None:
    """Raise ShapeError unless a score map and a unit map are (H, W) of one size."""
    if values.shape != unit_map.shape or values.ndim != 2:
        raise ShapeError(
            f"A score map of {tuple(values.shape)} does not fit a unit map of "
            f"{tuple(unit_map.shape)}; both must be (H, W) of one size."
        )


def _sum_array(
    values: npt.NDArray[Any], unit_map: npt.NDArray[Any], n_units: int
) -> npt.NDArray[np.float64]:
    order = cached_order(unit_map, n_units)
    if order is not None:
        return order.sums(values)
    codes = unit_codes(unit_map, n_units)
    sums = np.bincount(codes, weights=values.ravel(), minlength=n_units + 1)[1:]
    return sums.astype(np.float64, copy=False)  # without pixels, bincount returns whole numbers


def _sum_tensor(values: Tensor, unit_map: Tensor, n_units: int) -> Tensor:
    import torch

    if values.device.type == "cpu":
        return torch.from_numpy(_sum_array(values.numpy(), unit_map.numpy(), n_units))
    return sum_sorted(values, unit_map, n_units)


def sum_sorted(values: Tensor, unit_map: Tensor, n_units: int) -> Tensor:
    """Do :func:`segment_sum` on a GPU, with the same result in every run."""
    import torch

    order = unit_map.flatten().argsort(stable=True)
    ordered = values.flatten().double()[order]
    lengths = _lengths(unit_map, n_units)
    return torch.segment_reduce(ordered, "sum", lengths=lengths, initial=0)[1:]


def _lengths(unit_map: Tensor, n_units: int) -> Tensor:
    """Return the number of pixels of no unit, then of each unit."""
    import torch

    flat = unit_map.flatten().long()
    low, high = (int(v) for v in flat.aminmax())
    if low < -1 or high >= n_units:
        raise beyond(low, high, n_units)
    return torch.bincount(flat + 1, minlength=n_units + 1)
