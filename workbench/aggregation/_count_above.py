"""Count of a unit's pixels above a threshold (Chen et al. III-B)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.aggregation._segments import segment_sum

if TYPE_CHECKING:
    from workbench.aggregation._segments import Values


def count_above(score_map: Values, unit_map: Values, n_units: int, threshold: float) -> Values:
    """Count each unit's pixels whose score is strictly greater than a threshold.

    Args:
        score_map: (H, W) in the score's unit.
        unit_map: (H, W) unit of each pixel, −1 for none.
        n_units: number of units.
        threshold: in the score's unit, compared in the precision of the score map.

    Returns:
        (n_units,) float64 pixels; 0 for a unit without pixels.

    Raises:
        ShapeError: if the maps do not fit each other.
    """
    return segment_sum(score_map > threshold, unit_map, n_units)
