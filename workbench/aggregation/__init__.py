"""Aggregation: score map + unit map ► one number per unit.

Each implementation is ``(score_map (H, W), unit_map (H, W) int, n_units, **settings)
-> (n_units,) float64``, for arrays and tensors alike, and returns an array for arrays, a tensor for
tensors. Pixels whose unit is −1, e.g. borders that a unit map leaves out, belong to no unit and do
not count. Scoring does not read masks, so every pixel of a unit counts, void or not. Windows, which
may overlap, have boxes instead of a unit map: :func:`over_boxes`.

An entry may name faster functions with the same values, see :class:`AggregationEntry`; without any
it works everywhere, only slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.aggregation._entry import AggregationEntry
from workbench.registry import Param, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.aggregation._boxes import over_boxes
    from workbench.aggregation._count_above import count_above
    from workbench.aggregation._max import largest
    from workbench.aggregation._mean import mean
    from workbench.aggregation._of_sorted import of_sorted
    from workbench.aggregation._quantile import quantile
    from workbench.aggregation._sorted import SortedUnits, ascending
    from workbench.aggregation._sum import total
    from workbench.aggregation._top_mean import top_mean

AGGREGATIONS = Registry("aggregation", "workbench.aggregation", AggregationEntry)

AGGREGATIONS.add(
    AggregationEntry(
        "mean",
        "workbench.aggregation._mean:mean",
        "Mean over the unit's pixels.",
        source="Chen et al. III-B; Golestaneh & Kitani 3.2; Mittal et al. 3",
        of_boxes="workbench.aggregation._boxes:box_means",
    ),
    AggregationEntry(
        "count_above",
        "workbench.aggregation._count_above:count_above",
        "Share of the unit's pixels whose score is strictly greater than a threshold.",
        params=(
            Param(
                "threshold",
                "float",
                help="in the score's own unit; the papers' are log 2 = 0.693147 (entropy), "
                "0.5 (least confidence) and 0.8 (margin)",
                low=-1e6,
                high=1e6,
            ),
        ),
        source="Chen et al. III-B",
        unit="share of pixels",
        share_above="threshold",
        of_boxes="workbench.aggregation._boxes:box_shares_above",
    ),
    AggregationEntry(
        "sum",
        "workbench.aggregation._sum:total",
        "Sum over the unit's pixels: large units count for more.",
        source="common",
        of_boxes="workbench.aggregation._boxes:box_sums",
    ),
    AggregationEntry(
        "max",
        "workbench.aggregation._max:largest",
        "Largest score in the unit.",
        source="OREAL, WACV 2025",
        of_sorted="workbench.aggregation._max:largest_of",
    ),
    AggregationEntry(
        "top_mean",
        "workbench.aggregation._top_mean:top_mean",
        "Mean of the unit's highest scores.",
        params=(Param("share", "float", 0.1, "of the unit's pixels", low=1e-6, high=1.0),),
        source="common; between mean (share 1) and max",
        of_sorted="workbench.aggregation._top_mean:top_mean_of",
    ),
    AggregationEntry(
        "quantile",
        "workbench.aggregation._quantile:quantile",
        "The score that a share q of the unit's pixels does not exceed.",
        params=(Param("q", "float", 0.5, "0.5 is the median", low=0.0, high=1.0),),
        source="common",
        of_sorted="workbench.aggregation._quantile:quantile_of",
    ),
)

# `sum` and `max` are names of entries; their functions have other names than Python's own
_FUNCTIONS = {
    "ascending": "workbench.aggregation._sorted:ascending",
    "of_sorted": "workbench.aggregation._of_sorted:of_sorted",
    "SortedUnits": "workbench.aggregation._sorted:SortedUnits",
    "over_boxes": "workbench.aggregation._boxes:over_boxes",
    **{entry.target.partition(":")[2]: entry.target for entry in AGGREGATIONS},
}

__getattr__, _public = lazy_exports(__name__, _FUNCTIONS)

__all__ = [
    "AGGREGATIONS",
    "AggregationEntry",
    "SortedUnits",
    "ascending",
    "count_above",
    "largest",
    "mean",
    "of_sorted",
    "over_boxes",
    "quantile",
    "top_mean",
    "total",
]
