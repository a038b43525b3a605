"""Metrics of predictions, of learning curves, of their seeds, and of the spread of a query.

mIoU, IoU, Dice, boundary IoU, F1 and pixel accuracy are fractions; code that shows percent
multiplies by 100 at the end. The curve metrics return the unit of their arguments. Everything here
takes numpy arrays; OpenCV and scikit-learn are imported by the measures that need them, at first
use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.metrics._agreement import jaccard, overlap, rank_correlation
    from workbench.metrics._boundary import boundary_counts, boundary_iou
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
        frequency_weighted_iou,
        iou,
        mean_dice,
        mean_iou,
        pixel_accuracy,
    )
    from workbench.metrics._curves import (
        alc,
        amount_to_reach,
        auc_at,
        label_saving,
        miou_at,
        normalised,
    )
    from workbench.metrics._entropy_distribution import (
        EntropyDistribution,
        EntropyHistogram,
        entropy_distribution,
    )
    from workbench.metrics._interval import FEWEST, LEVEL, Interval, seed_interval
    from workbench.metrics._objects import f1_of, object_counts, object_f1
    from workbench.metrics._permutation import (
        ALPHA,
        PermutationTest,
        fewest_seeds,
        least_p,
        paired_permutation_test,
    )
    from workbench.metrics._redundancy import (
        distinct_units,
        following_share,
        redundancy,
        typical_distance,
    )
    from workbench.metrics._separation import POWER, holm, seeds_needed
    from workbench.metrics._split import MEAN_OF, OVERALL, PER_CLASS, SplitCounts
    from workbench.metrics._synthetic_softmax import SYNTHETIC_KINDS, synthetic_logits

_MODULES = {
    "_agreement": ("jaccard", "overlap", "rank_correlation"),
    "_boundary": ("boundary_counts", "boundary_iou"),
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
    "_confusion": (
        "confusion_matrix",
        "dice",
        "frequency_weighted_iou",
        "iou",
        "mean_dice",
        "mean_iou",
        "pixel_accuracy",
    ),
    "_curves": ("alc", "amount_to_reach", "auc_at", "label_saving", "miou_at", "normalised"),
    "_entropy_distribution": ("EntropyDistribution", "EntropyHistogram", "entropy_distribution"),
    "_interval": ("FEWEST", "LEVEL", "Interval", "seed_interval"),
    "_objects": ("f1_of", "object_counts", "object_f1"),
    "_redundancy": ("distinct_units", "following_share", "redundancy", "typical_distance"),
    "_permutation": (
        "ALPHA",
        "PermutationTest",
        "fewest_seeds",
        "least_p",
        "paired_permutation_test",
    ),
    "_separation": ("POWER", "holm", "seeds_needed"),
    "_split": ("MEAN_OF", "OVERALL", "PER_CLASS", "SplitCounts"),
    "_synthetic_softmax": ("SYNTHETIC_KINDS", "synthetic_logits"),
}

__getattr__, _ = lazy_exports(
    __name__,
    {name: f"{__name__}.{module}:{name}" for module, names in _MODULES.items() for name in names},
)

__all__ = [
    "ALPHA",
    "FEWEST",
    "LEVEL",
    "MEAN_OF",
    "OVERALL",
    "PER_CLASS",
    "POWER",
    "SYNTHETIC_KINDS",
    "Clusters",
    "Coverage",
    "EntropyDistribution",
    "EntropyHistogram",
    "Interval",
    "Neighbours",
    "PermutationTest",
    "SplitCounts",
    "adjacent_share",
    "alc",
    "amount_to_reach",
    "auc_at",
    "boundary_counts",
    "boundary_iou",
    "class_entropy",
    "cluster_coverage",
    "cluster_entropy",
    "confusion_matrix",
    "coverage_radius",
    "dice",
    "distinct_units",
    "entropy_distribution",
    "f1_of",
    "fewest_seeds",
    "following_share",
    "frequency_weighted_iou",
    "holm",
    "iou",
    "jaccard",
    "label_saving",
    "least_p",
    "mean_dice",
    "mean_iou",
    "miou_at",
    "nearest_neighbour_distance",
    "normalised",
    "object_counts",
    "object_f1",
    "overlap",
    "paired_permutation_test",
    "pixel_accuracy",
    "rank_correlation",
    "redundancy",
    "same_sequence_share",
    "seed_interval",
    "seeds_needed",
    "synthetic_logits",
    "typical_distance",
    "vendi_score",
]
