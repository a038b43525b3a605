"""Largest value among a unit's pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.aggregation._sorted import SortedUnits, per_sorted_unit

if TYPE_CHECKING:
    from workbench.aggregation._segments import Values


def largest(score_map: Values, unit_map: Values, n_units: int) -> Values:
    """Return each unit's largest score.

    Args:
        score_map: (H, W) in the score's unit.
        unit_map: (H, W) unit of each pixel, −1 for none.
        n_units: number of units.

    Returns:
        (n_units,) float64 in the score's unit; NaN for a unit without pixels.

    Raises:
        ShapeError: if the maps do not fit each other.
    """
    return per_sorted_unit(largest_of, score_map, unit_map, n_units)


def largest_of(units: SortedUnits) -> npt.NDArray[np.float64]:
    """Return :func:`largest` of units whose values are sorted."""
    return units.at(units.sizes - 1)
