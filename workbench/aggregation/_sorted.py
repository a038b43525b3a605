"""Each unit's values in ascending order, for the largest, the top share and quantiles.

Tensors on a GPU are copied to main memory first: a score map is copied there anyway to be stored,
and one code path gives the same result everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.aggregation._order import cached_order, order_of, unit_codes
from workbench.aggregation._segments import check_sizes

if TYPE_CHECKING:
    from workbench.aggregation._segments import Values


@dataclass(frozen=True, eq=False)
class SortedUnits:
    """The pixels of all units, unit after unit, in each unit from the smallest value up.

    Attributes:
        values: (pixels,) float64.
        starts: (n,) start of each unit in ``values``.
        sizes: (n,) number of pixels of each unit.
    """

    values: npt.NDArray[np.float64]
    starts: npt.NDArray[np.intp]
    sizes: npt.NDArray[np.intp]

    def at(self, rank: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return each unit's value of a rank (0 = smallest); NaN for a unit without pixels."""
        found = np.full(len(self.sizes), np.nan)
        there = self.sizes > 0
        found[there] = self.values[(self.starts + rank)[there]]
        return found


def per_sorted_unit(
    reduce: Callable[[SortedUnits], npt.NDArray[np.float64]],
    score_map: Values,
    unit_map: Values,
    n_units: int,
) -> Values:
    """Sort and reduce; return (n_units,) float64, an array for arrays, a tensor for tensors."""
    check_sizes(score_map, unit_map)
    if isinstance(score_map, np.ndarray):
        return reduce(_sort(score_map, np.asarray(unit_map), n_units))
    import torch

    units = _sort(score_map.cpu().numpy(), unit_map.cpu().numpy(), n_units)
    return torch.from_numpy(reduce(units)).to(score_map.device)


def ascending(
    values: npt.NDArray[Any], unit_map: npt.NDArray[Any], n_units: int
) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    """Sort the values of each unit's pixels.

    Args:
        values: (H, W) of any type.
        unit_map: (H, W) unit of each pixel, −1 for none.
        n_units: number of units.

    Returns:
        (pixels,) values of the given type, unit after unit, in each unit from the smallest up;
        (n_units,) pixels of each unit.

    Raises:
        ShapeError: if the maps do not fit each other.
    """
    check_sizes(values, unit_map)
    order = cached_order(unit_map, n_units) or order_of(unit_codes(unit_map, n_units), n_units)
    return order.ascending(values), order.sizes


def _sort(score_map: npt.NDArray[Any], unit_map: npt.NDArray[Any], n_units: int) -> SortedUnits:
    order = cached_order(unit_map, n_units)
    if order is not None:
        ascending = order.ascending(score_map).astype(np.float64)
        return SortedUnits(ascending, order.starts, order.sizes)
    codes = unit_codes(unit_map, n_units)
    values = score_map.ravel().astype(np.float64)
    by_value = np.argsort(values)
    if n_units < np.iinfo(np.int16).max:
        codes = codes.astype(np.int16)  # numpy sorts 16 bits by counting
    ranked = by_value[np.argsort(codes[by_value], kind="stable")]
    sizes = np.bincount(codes, minlength=n_units + 1)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return SortedUnits(values[ranked], starts[1:], sizes[1:])
