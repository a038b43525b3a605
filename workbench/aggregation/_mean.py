"""Mean over a unit's pixels (Chen et al. III-B)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.aggregation._segments import segment_size, segment_sum

if TYPE_CHECKING:
    from workbench.aggregation._segments import Values


def mean(score_map: Values, unit_map: Values, n_units: int) -> Values:
    """Average a score map over each unit.

    Args:
        score_map: (H, W) in the score's unit.
        unit_map: (H, W) unit of each pixel, −1 for none.
        n_units: number of units.

    Returns:
        (n_units,) float64 in the score's unit; NaN for a unit without pixels, which no selector
        accepts.

    Raises:
        ShapeError: if the maps do not fit each other.
    """
    total = segment_sum(score_map, unit_map, n_units)
    size = segment_size(unit_map, n_units)
    size[size == 0] = float("nan")
    total /= size
    return total
