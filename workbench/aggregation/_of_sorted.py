"""Aggregation of units whose values are in rising order already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.aggregation._max import largest_of
from workbench.aggregation._quantile import quantile_of
from workbench.aggregation._sorted import SortedUnits
from workbench.aggregation._top_mean import top_mean_of

if TYPE_CHECKING:
    from workbench.registry import Bound

_REDUCE = {"max": largest_of, "quantile": quantile_of, "top_mean": top_mean_of}


def reads_sorted(aggregation: Bound) -> bool:
    """Whether an aggregation sorts each unit's values, so that it may be given them in order."""
    return aggregation.name in _REDUCE


def of_sorted(
    aggregation: Bound, values: npt.NDArray[Any], sizes: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Aggregate values that :func:`workbench.aggregation.ascending` has put in order.

    Args:
        aggregation: one that :func:`reads_sorted`.
        values: (pixels,) unit after unit, in each unit from the smallest up.
        sizes: (n,) pixels of each unit.

    Returns:
        (n,) what the aggregation gives on the map that they come from.
    """
    starts = np.cumsum(sizes) - sizes
    units = SortedUnits(values.astype(np.float64), starts, sizes)
    reduce: Any = _REDUCE[aggregation.name]
    found: npt.NDArray[np.float64] = reduce(units, **aggregation.options)
    return found
