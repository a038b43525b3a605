"""Mean of a unit's highest scores."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.aggregation._sorted import SortedUnits, per_sorted_unit

if TYPE_CHECKING:
    from workbench.aggregation._segments import Values


def top_mean(score_map: Values, unit_map: Values, n_units: int, share: float) -> Values:
    """Average the top share of each unit's pixels, so that many certain pixels do not count.

    Args:
        score_map: (H, W) in the score's unit.
        unit_map: (H, W) unit of each pixel, −1 for none.
        n_units: number of units.
        share: q, 0 < q ≤ 1; of n pixels the ⌈q · n⌉ highest count, at least one.

    Returns:
        (n_units,) float64 in the score's unit; NaN for a unit without pixels.

    Raises:
        ShapeError: if the maps do not fit each other.
    """
    return per_sorted_unit(partial(top_mean_of, share=share), score_map, unit_map, n_units)


def top_mean_of(units: SortedUnits, share: float) -> npt.NDArray[np.float64]:
    """Return :func:`top_mean` of units whose values are sorted."""
    # rounding, since 0.1 · 30 = 3.0000000000000004 would count four pixels
    kept = np.maximum(np.ceil(np.round(share * units.sizes, 9)), 1).astype(np.intp)
    kept = np.minimum(kept, units.sizes)
    ends = units.starts + units.sizes
    sums = np.array([units.values[a:b].sum() for a, b in zip(ends - kept, ends, strict=True)])
    with np.errstate(invalid="ignore"):
        return sums / kept
