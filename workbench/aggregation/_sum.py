"""Sum over a unit's pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.aggregation._segments import segment_sum

if TYPE_CHECKING:
    from workbench.aggregation._segments import Values


def total(score_map: Values, unit_map: Values, n_units: int) -> Values:
    """Sum a score map over each unit; larger units score higher.

    Args:
        score_map: (H, W) in the score's unit.
        unit_map: (H, W) unit of each pixel, −1 for none.
        n_units: number of units.

    Returns:
        (n_units,) float64, score unit × pixels; 0 for a unit without pixels.

    Raises:
        ShapeError: if the maps do not fit each other.
    """
    return segment_sum(score_map, unit_map, n_units)
