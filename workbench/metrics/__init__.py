"""Metrics of predictions, of learning curves and of the spread of a query.

mIoU, IoU, Dice and pixel accuracy are fractions; code that shows percent multiplies by 100 at the
end. The curve metrics return the unit of their arguments. Everything here is numpy; scikit-learn is
imported by the measures that need it, at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.metrics._agreement import jaccard, overlap, rank_correlation
    from workbench.metrics._collapse import (
        Clusters,
        Coverage,
        Neighbours,
        adjacent_share,
        class_entropy,
        cluster_coverage,
        cluster_entropy,
        coverage_radius,
        nearest_neighbour_distance,
        same_sequence_share,
        vendi_score,
    )
    from workbench.metrics._confusion import (
        confusion_matrix,
        dice,
        iou,
        mean_iou,
        pixel_accuracy,
    )
    from workbench.metrics._curves import alc, auc_at, miou_at
    from workbench.metrics._entropy_distribution import (
        EntropyDistribution,
        EntropyHistogram,
        entropy_distribution,
    )
    from workbench.metrics._synthetic_softmax import SYNTHETIC_KINDS, synthetic_logits

_MODULES = {
    "_agreement": ("jaccard", "overlap", "rank_correlation"),
    "_collapse": (
        "Clusters",
        "Coverage",
        "Neighbours",
        "adjacent_share",
        "class_entropy",
        "cluster_coverage",
        "cluster_entropy",
        "coverage_radius",
        "nearest_neighbour_distance",
        "same_sequence_share",
        "vendi_score",
    ),
    "_confusion": ("confusion_matrix", "dice", "iou", "mean_iou", "pixel_accuracy"),
    "_curves": ("alc", "auc_at", "miou_at"),
    "_entropy_distribution": ("EntropyDistribution", "EntropyHistogram", "entropy_distribution"),
    "_synthetic_softmax": ("SYNTHETIC_KINDS", "synthetic_logits"),
}

__getattr__, _ = lazy_exports(
    __name__,
    {name: f"{__name__}.{module}:{name}" for module, names in _MODULES.items() for name in names},
)

__all__ = [
    "SYNTHETIC_KINDS",
    "Clusters",
    "Coverage",
    "EntropyDistribution",
    "EntropyHistogram",
    "Neighbours",
    "adjacent_share",
    "alc",
    "auc_at",
    "class_entropy",
    "cluster_coverage",
    "cluster_entropy",
    "confusion_matrix",
    "coverage_radius",
    "dice",
    "entropy_distribution",
    "iou",
    "jaccard",
    "mean_iou",
    "miou_at",
    "nearest_neighbour_distance",
    "overlap",
    "pixel_accuracy",
    "rank_correlation",
    "same_sequence_share",
    "synthetic_logits",
    "vendi_score",
]
