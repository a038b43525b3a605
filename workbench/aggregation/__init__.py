"""Aggregation: score map + unit map ► one number a unit.

Each implementation is ``(score_map (H, W), unit_map (H, W) int, n_units, **settings)
-> (n_units,) float64``, for arrays and tensors alike, and returns the kind it was given.
Pixels whose unit is −1 belong to no unit and count nowhere. Void is unknown while scoring, so
every pixel of a unit counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import Entry, Param, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.aggregation._count_above import count_above
    from workbench.aggregation._mean import mean

AGGREGATIONS = Registry("aggregation", "workbench.aggregation")

AGGREGATIONS.add(
    Entry(
        "mean",
        "workbench.aggregation._mean:mean",
        "Mean over the unit's pixels.",
        source="Chen et al. III-B; Golestaneh & Kitani 3.2; Mittal et al. 3",
    ),
    Entry(
        "count_above",
        "workbench.aggregation._count_above:count_above",
        "Number of the unit's pixels whose score is strictly greater than a threshold.",
        params=(
            Param(
                "threshold",
                "float",
                help="in the score's own unit; the papers' are log 2 = 0.693147 (entropy), "
                "0.5 (least confidence) and 0.8 (margin)",
            ),
        ),
        source="Chen et al. III-B",
        unit="pixels",
    ),
)

__getattr__, _public = lazy_exports(__name__, {e.name: e.target for e in AGGREGATIONS})

__all__ = ["AGGREGATIONS", "count_above", "mean"]
