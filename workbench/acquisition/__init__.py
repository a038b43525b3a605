"""Acquisition functions: a committee ► one number a pixel, higher = query first.

Each is a pure function ``Committee -> (B, H, W)`` in a module of its own, named in its entry with
its range, its unit, its source and the committee sums it ``needs`` besides ``mean_probs``.
``Entry.upper(classes, members)`` is the largest value possible; the 8-bit cache and every colour
scale read it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.registry import Entry, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.acquisition._entropy import entropy
    from workbench.acquisition._least_confidence import least_confidence
    from workbench.acquisition._margin import margin
    from workbench.acquisition._mutual_information import mutual_information
    from workbench.acquisition._total_entropy import total_entropy
    from workbench.acquisition._variance import variance
    from workbench.acquisition._vote_entropy import vote_entropy

ACQUISITIONS = Registry("acquisition function", "workbench.acquisition")


def _log_classes(classes: int, members: int) -> float:  # noqa: ARG001
    return math.log(classes)


def _distinct(classes: int, members: int) -> int:
    """How many classes members can disagree on; at least two, so that no range is empty."""
    return min(classes, max(members, 2))


ACQUISITIONS.add(
    Entry(
        "entropy",
        "workbench.acquisition._entropy:entropy",
        "Entropy of the mean prediction: 0 is certain, ln C is uniform.",
        source="Chen et al. III-A.1; Settles 2009, 3.1",
        upper=_log_classes,
        unit="nats",
    ),
    Entry(
        "least_confidence",
        "workbench.acquisition._least_confidence:least_confidence",
        "One minus the largest class probability (the papers' max-softmax).",
        source="Chen et al. III-A.2",
        upper=lambda classes, members: 1 - 1 / classes,  # noqa: ARG005
        unit="probability",
    ),
    Entry(
        "margin",
        "workbench.acquisition._margin:margin",
        "One minus the gap between the two largest class probabilities.",
        source="Chen et al. III-A.3",
        upper=lambda classes, members: 1.0,  # noqa: ARG005
        unit="probability",
    ),
    Entry(
        "total_entropy",
        "workbench.acquisition._total_entropy:total_entropy",
        "Sum of the members' entropies (EquAL with a mirrored copy).",
        source="Golestaneh & Kitani 3.2",
        needs=("mean_entropy",),
        upper=lambda classes, members: members * math.log(classes),
        unit="nats",
    ),
    Entry(
        "mutual_information",
        "workbench.acquisition._mutual_information:mutual_information",
        "BALD: entropy of the mean minus the mean of the members' entropies.",
        source="Houlsby et al. 2011; Chen et al. III-A.4",
        needs=("mean_entropy",),
        upper=lambda classes, members: math.log(_distinct(classes, members)),
        unit="nats",
    ),
    Entry(
        "vote_entropy",
        "workbench.acquisition._vote_entropy:vote_entropy",
        "Entropy of the members' votes for their largest class.",
        source="Dagan & Engelson 1995; Chen et al. III-A.4",
        needs=("votes",),
        upper=lambda classes, members: math.log(_distinct(classes, members)),
        unit="nats",
    ),
    Entry(
        "variance",
        "workbench.acquisition._variance:variance",
        "Variance of the class probabilities over the members, averaged over the classes.",
        source="Yang et al. 2017 (Suggestive Annotation); Gu, section on query-by-committee",
        needs=("mean_square_probs",),
        upper=lambda classes, members: (1 - 1 / _distinct(classes, members)) / classes,
        unit="probability²",
    ),
)

__getattr__, _public = lazy_exports(__name__, {e.name: e.target for e in ACQUISITIONS})

__all__ = [
    "ACQUISITIONS",
    "entropy",
    "least_confidence",
    "margin",
    "mutual_information",
    "total_entropy",
    "variance",
    "vote_entropy",
]
