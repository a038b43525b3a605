"""Quantile of a unit's scores."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.aggregation._sorted import SortedUnits, per_sorted_unit

if TYPE_CHECKING:
    from workbench.aggregation._segments import Values


def quantile(score_map: Values, unit_map: Values, n_units: int, q: float) -> Values:
    """Return the score that a share q of each unit's pixels does not exceed.

    Args:
        score_map: (H, W) in the score's unit.
        unit_map: (H, W) unit of each pixel, −1 for none.
        n_units: number of units.
        q: 0 … 1; 0.5 is the median. Between two pixels the value is interpolated as in numpy.

    Returns:
        (n_units,) float64 in the score's unit; NaN for a unit without pixels.

    Raises:
        ShapeError: if the maps do not fit each other.
    """
    return per_sorted_unit(partial(quantile_of, q=q), score_map, unit_map, n_units)


def quantile_of(units: SortedUnits, q: float) -> npt.NDArray[np.float64]:
    """Return :func:`quantile` of units whose values are sorted."""
    place = q * np.maximum(units.sizes - 1, 0)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(units.sizes - 1, 0))
    low, high = units.at(below), units.at(above)
    return low + (high - low) * (place - below)
