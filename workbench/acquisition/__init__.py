"""Acquisition functions: a committee ► one number per pixel, higher = query first.

Each is a pure function ``Committee -> (B, H, W)`` in a module of its own, named in its entry with
its range, its unit, its source and the committee sums it ``needs`` besides ``mean_probs``. In a
``formula`` p_tc is member t's probability of class c, p̄_c their mean over the T members, C the
number of classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.acquisition._entry import AcquisitionEntry, Upper
from workbench.registry import Param, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.acquisition._bvsb_ratio import bvsb_ratio
    from workbench.acquisition._deviation import deviation
    from workbench.acquisition._entropy import entropy
    from workbench.acquisition._expected_entropy import expected_entropy
    from workbench.acquisition._least_confidence import least_confidence
    from workbench.acquisition._margin import margin
    from workbench.acquisition._mutual_information import mutual_information
    from workbench.acquisition._of_softmax import softmax_of, softmax_score
    from workbench.acquisition._one_vs_rest_entropy import one_vs_rest_entropy
    from workbench.acquisition._ripu import ripu
    from workbench.acquisition._total_entropy import total_entropy
    from workbench.acquisition._variance import variance
    from workbench.acquisition._variation_ratio import variation_ratio
    from workbench.acquisition._vote_entropy import vote_entropy

ACQUISITIONS = Registry("acquisition function", "workbench.acquisition", AcquisitionEntry)


def _of_classes(upper: Callable[[int], float]) -> Upper:
    """Return an ``Upper`` that depends on the number of classes alone."""
    return lambda classes, members: upper(classes)  # noqa: ARG005


def _of_disagreement(upper: Callable[[int], float]) -> Upper:
    """Return an ``Upper`` of the number of classes that members can split over, at least two.

    With one the range would be empty.
    """
    return lambda classes, members: upper(min(classes, max(members, 2)))


def _one_vs_rest(classes: int) -> float:
    return math.log(classes) + (classes - 1) * math.log(classes / (classes - 1))


ACQUISITIONS.add(
    AcquisitionEntry(
        "entropy",
        "workbench.acquisition._entropy:entropy",
        "Entropy of the mean prediction: 0 is certain, ln C is uniform.",
        source="Chen et al. III-A.2; Settles 2009, 3.1",
        upper=_of_classes(math.log),
        unit="nats",
        formula="−Σ_c p̄_c ln p̄_c",
        of_softmax=True,
    ),
    AcquisitionEntry(
        "least_confidence",
        "workbench.acquisition._least_confidence:least_confidence",
        "One minus the largest class probability (the papers' max-softmax).",
        source="Chen et al. III-A.3",
        upper=_of_classes(lambda classes: 1 - 1 / classes),
        unit="probability",
        formula="1 − max_c p̄_c",
        of_softmax=True,
    ),
    AcquisitionEntry(
        "margin",
        "workbench.acquisition._margin:margin",
        "One minus the gap between the two largest class probabilities.",
        source="Chen et al. III-A.4",
        upper=_of_classes(lambda classes: 1.0),  # noqa: ARG005
        unit="probability",
        formula="1 − (p̄_(1) − p̄_(2)), the two largest",
        of_softmax=True,
    ),
    AcquisitionEntry(
        "total_entropy",
        "workbench.acquisition._total_entropy:total_entropy",
        "Sum of the members' entropies (EquAL with a mirrored copy).",
        source="Golestaneh & Kitani 3.2",
        needs=("mean_entropy",),
        upper=lambda classes, members: members * math.log(classes),
        unit="nats",
        formula="−Σ_t Σ_c p_tc ln p_tc",
    ),
    AcquisitionEntry(
        "mutual_information",
        "workbench.acquisition._mutual_information:mutual_information",
        "BALD: entropy of the mean minus the mean of the members' entropies.",
        source="Houlsby et al. 2011; Chen et al. III-A.6",
        needs=("mean_entropy",),
        upper=_of_disagreement(math.log),
        unit="nats",
        formula="−Σ_c p̄_c ln p̄_c + 1/T Σ_t Σ_c p_tc ln p_tc",
        float32=True,
    ),
    AcquisitionEntry(
        "vote_entropy",
        "workbench.acquisition._vote_entropy:vote_entropy",
        "Entropy of the members' votes for their largest class.",
        source="Dagan & Engelson 1995; Chen et al. III-A.7",
        needs=("votes",),
        upper=_of_disagreement(math.log),
        unit="nats",
        formula="−Σ_c v_c ln v_c, v_c the share of members whose largest class is c",
        float32=True,
    ),
    AcquisitionEntry(
        "variance",
        "workbench.acquisition._variance:variance",
        "Variance of the class probabilities over the members, averaged over the classes.",
        source="Yang et al. 2017 (Suggestive Annotation); Gu, section on query-by-committee",
        needs=("mean_square_probs",),
        upper=lambda classes, members: (1 - 1 / min(classes, max(members, 2))) / classes,
        unit="probability²",
        formula="1/C Σ_c (1/T Σ_t p_tc² − p̄_c²)",
        float32=True,
    ),
    AcquisitionEntry(
        "deviation",
        "workbench.acquisition._deviation:deviation",
        "Standard deviation of the class probabilities over the members, mean over the classes.",
        source="Yang et al. 2017 (Suggestive Annotation); Gu, III-A.2",
        needs=("mean_square_probs",),
        upper=lambda classes, members: (min(classes, max(members, 2)) - 1) ** 0.5 / classes,
        unit="probability",
        formula="1/C Σ_c √(1/T Σ_t p_tc² − p̄_c²)",
        float32=True,
    ),
    AcquisitionEntry(
        "expected_entropy",
        "workbench.acquisition._expected_entropy:expected_entropy",
        "Mean of the members' entropies: the uncertainty that they have in common.",
        source="Houlsby et al. 2011",
        needs=("mean_entropy",),
        upper=_of_classes(math.log),
        unit="nats",
        formula="−1/T Σ_t Σ_c p_tc ln p_tc",
    ),
    AcquisitionEntry(
        "variation_ratio",
        "workbench.acquisition._variation_ratio:variation_ratio",
        "Share of members that vote against the largest group.",
        source="Freeman 1965; Gal et al. 2017, Eq. 4",
        needs=("votes",),
        upper=_of_disagreement(lambda groups: 1 - 1 / groups),
        unit="share",
        formula="1 − max_c v_c, v_c the share of members whose largest class is c",
        float32=True,
    ),
    AcquisitionEntry(
        "bvsb_ratio",
        "workbench.acquisition._bvsb_ratio:bvsb_ratio",
        "Second largest class probability over the largest.",
        source="Cai et al. 2021; after Joshi et al. 2009",
        upper=_of_classes(lambda classes: 1.0),  # noqa: ARG005
        unit="ratio",
        formula="p̄_(2) / p̄_(1), the two largest",
        of_softmax=True,
        title="Best-versus-second ratio",
        float32=True,
    ),
    AcquisitionEntry(
        "one_vs_rest_entropy",
        "workbench.acquisition._one_vs_rest_entropy:one_vs_rest_entropy",
        "Entropy of each class against all others, summed over the classes.",
        source="OREAL, WACV 2025",
        upper=_of_classes(_one_vs_rest),
        unit="nats",
        formula="−Σ_c (p̄_c ln p̄_c + (1 − p̄_c) ln (1 − p̄_c))",
        of_softmax=True,
        title="One-vs-rest entropy",
    ),
    AcquisitionEntry(
        "ripu",
        "workbench.acquisition._ripu:ripu",
        "Mix of predicted classes around a pixel times the mean entropy there.",
        params=(Param("radius", "int", 1, "of the window, pixels", low=1, high=64),),
        source="Xie et al. 2022, Eqs. 1-4",
        upper=_of_classes(lambda classes: math.log(classes) ** 2),
        unit="nats²",
        formula="entropy of the window's predicted classes × its mean −Σ_c p̄_c ln p̄_c",
        float32=True,
    ),
)

SOFTMAX_ACQUISITIONS = tuple(e.name for e in ACQUISITIONS if e.of_softmax)
"""Acquisition functions that read one softmax of one pixel only."""

__getattr__, _public = lazy_exports(
    __name__,
    {
        "softmax_of": "workbench.acquisition._of_softmax:softmax_of",
        "softmax_score": "workbench.acquisition._of_softmax:softmax_score",
        **{e.name: e.target for e in ACQUISITIONS},
    },
)

__all__ = [
    "ACQUISITIONS",
    "SOFTMAX_ACQUISITIONS",
    "AcquisitionEntry",
    "bvsb_ratio",
    "deviation",
    "entropy",
    "expected_entropy",
    "least_confidence",
    "margin",
    "mutual_information",
    "one_vs_rest_entropy",
    "ripu",
    "softmax_of",
    "softmax_score",
    "total_entropy",
    "variance",
    "variation_ratio",
    "vote_entropy",
]
