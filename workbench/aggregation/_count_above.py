"""Share of a unit's pixels above a threshold (Chen et al. III-B)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.aggregation._segments import segment_size, segment_sum

if TYPE_CHECKING:
    from workbench.aggregation._segments import Values


def count_above(score_map: Values, unit_map: Values, n_units: int, threshold: float) -> Values:
    """Count each unit's pixels whose score is strictly greater than a threshold, and divide.

    The paper divides the count by the number of pixels, so that units of every size compare.

    Args:
        score_map: (H, W) in the score's unit.
        unit_map: (H, W) unit of each pixel, −1 for none.
        n_units: number of units.
        threshold: in the score's unit, compared in the precision of the score map.

    Returns:
        (n_units,) float64 share of the unit's pixels, 0 … 1; 0 for a unit without pixels.

    Raises:
        ShapeError: if the maps do not fit each other.
    """
    share = segment_sum(score_map > threshold, unit_map, n_units)
    size = segment_size(unit_map, n_units)
    size[size == 0] = 1
    share /= size
    return share
