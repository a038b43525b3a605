"""Selectors: which of the candidates to label next.

A selector is a function ``(candidates, k, rng, **settings) -> (k,) int64 unit ids`` in the order
picked. It reads unit scores, embeddings and costs, never labels, and uses numpy and scikit-learn
only. Fewer than ``k`` candidates: all of them. The order of the candidates has no
meaning. Ties of score (or distance, or gain) are broken by a permutation of the unit ids, which
every selector draws first, as one 64-bit number, so that all methods break them alike in a cycle of
a seed; with ``rng=None`` they are broken by id. Identical units, equal scores and an empty labelled
set are no errors; docstrings describe the result where it is not obvious.

A pool filter decides which images can be queried at all: ``(sequences, frames, **settings) ->
(I,)``, True for the images that can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import Param, Registry, lazy_exports
from workbench.selection._entries import OWN
from workbench.selection._entry import PoolFilterEntry, SelectorEntry

if TYPE_CHECKING:
    from workbench.selection._badge import badge
    from workbench.selection._ceal import ceal
    from workbench.selection._cereals import cereals
    from workbench.selection._class_balanced import class_balanced
    from workbench.selection._class_present import class_present_random
    from workbench.selection._class_stratified import class_stratified
    from workbench.selection._dropquery import dropquery
    from workbench.selection._facility_location import facility_location
    from workbench.selection._hybrid import hybrid
    from workbench.selection._information_density import information_density
    from workbench.selection._k_center import k_center
    from workbench.selection._k_means import k_means
    from workbench.selection._meal import meal, meal_ft
    from workbench.selection._noise import power_noise, soft_rank_noise, softmax_noise
    from workbench.selection._plusplus import k_means_plus_plus
    from workbench.selection._prob_cover import prob_cover
    from workbench.selection._random import random
    from workbench.selection._suggestive_annotation import suggestive_annotation
    from workbench.selection._time import even_places, every_nth_frame, in_time, uniform
    from workbench.selection._top_k import top_k
    from workbench.selection._typiclust import typiclust
    from workbench.selection._vaal import vaal

SELECTORS = Registry("selector", "workbench.selectors", SelectorEntry)
POOL_FILTERS = Registry("pool filter", "workbench.pool_filters", PoolFilterEntry)

SELECTORS.add(*OWN)

POOL_FILTERS.add(
    PoolFilterEntry(
        "every_nth_frame",
        "workbench.selection._time:every_nth_frame",
        "Every n-th of the frames that a sequence has, the first one among them.",
        params=(Param("n", "int", 5, "1 keeps all", 1, 1_000_000),),
        source="Mittal et al. 4.4, Uniform(@5)+Entropy",
        needs=("sequences", "frames"),
    ),
)

__getattr__, _ = lazy_exports(
    __name__,
    {
        name: f"workbench.selection._time:{name}"
        for name in ("even_places", "every_nth_frame", "in_time")
    }
    | {entry.name: entry.target for entry in OWN},
)

__all__ = [
    "POOL_FILTERS",
    "SELECTORS",
    "PoolFilterEntry",
    "SelectorEntry",
    "badge",
    "ceal",
    "cereals",
    "class_balanced",
    "class_present_random",
    "class_stratified",
    "dropquery",
    "even_places",
    "every_nth_frame",
    "facility_location",
    "hybrid",
    "in_time",
    "information_density",
    "k_center",
    "k_means",
    "k_means_plus_plus",
    "meal",
    "meal_ft",
    "power_noise",
    "prob_cover",
    "random",
    "soft_rank_noise",
    "softmax_noise",
    "suggestive_annotation",
    "top_k",
    "typiclust",
    "uniform",
    "vaal",
]
