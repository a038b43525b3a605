"""Aggregation of units whose values are sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.aggregation._entry import AggregationEntry
from workbench.aggregation._sorted import SortedUnits
from workbench.registry import load

if TYPE_CHECKING:
    from workbench.registry import Bound


def of_sorted(
    aggregation: Bound[AggregationEntry], values: npt.NDArray[Any], sizes: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Aggregate values that :func:`workbench.aggregation.ascending` has sorted.

    Args:
        aggregation: an aggregation whose entry names an ``of_sorted``.
        values: (pixels,) unit after unit, in each unit from the smallest up.
        sizes: (n,) pixels of each unit.

    Returns:
        (n,) values, equal to those of the aggregation on the original map.
    """
    starts = np.cumsum(sizes) - sizes
    units = SortedUnits(values.astype(np.float64), starts, sizes)
    found: npt.NDArray[np.float64] = load(aggregation.entry.of_sorted)(units, **aggregation.options)
    return found
