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

from typing import TYPE_CHECKING, Any

from workbench.param import LARGEST_SEED
from workbench.registry import Param, Registry, lazy_exports
from workbench.selection._entry import PoolFilterEntry, SelectorEntry
from workbench.types import IGNORE

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

_LABELLED = ("labelled_embeddings",)
_METRIC = Param(
    "metric", "str", "euclidean", "distance of embeddings", choices=("euclidean", "cosine")
)
_MANY = 1_000_000  # units; no batch of one query has more
_LARGE = 1e6  # of a weight: what is weighed against it no longer counts
_BETA = Param("beta", "float", 1.0, "0 draws evenly, a large one is top-k", 0, _LARGE)
_N_INFORMATIVE = Param("n_informative", "int", 200, "most uncertain units kept", 1, _MANY)
_UMAP = (
    Param("neighbours", "int", 15, "UMAP's n_neighbors", 2, 500),
    Param("min_dist", "float", 0.1, "UMAP's min_dist", 0, 1),
    Param("seed", "int", 0, "seed of the UMAP fit", 0, LARGEST_SEED),
)


def _selector(
    name: str, module: str, summary: str, source: str, *params: Param, **stated: Any
) -> SelectorEntry:
    target = f"workbench.selection.{module}:{name}"
    return SelectorEntry(name, target, summary, params, source, **stated)


_OWN = (
    # the papers' selectors
    _selector(
        "random",
        "_random",
        "Units drawn evenly from all candidates.",
        "Chen et al. III-A.1; Mittal et al. 3.1; Golestaneh & Kitani 4.2",
        ranks=True,
    ),
    _selector(
        "class_present_random",
        "_class_present",
        "For each class in turn, a random unit in which it is predicted.",
        "After the foreground-aware random query of MIC-DKFZ/nnActive",
        Param("min_share", "float", 0.0, "a class is present above this share", low=0, high=1),
        needs=("class_shares",),
        prefix=True,
    ),
    _selector(
        "uniform",
        "_time",
        "Units evenly spaced in time, together with those labelled before.",
        "Mittal et al. 4.4, Table 6",
        needs=("sequences", "frames"),
        reads=("labelled_sequences", "labelled_frames"),
    ),
    _selector(
        "top_k",
        "_top_k",
        "The units with the largest scores.",
        "Settles 2009, 3.1",
        needs=("scores",),
        ranks=True,
    ),
    _selector(
        "k_center",
        "_k_center",
        "Coreset: one by one the unit farthest from all labelled and picked units.",
        "Sener & Savarese 2018, Algorithm 1 (greedy); Mittal et al. 3.1",
        _METRIC,
        needs=("embeddings",),
        reads=_LABELLED,
        prefix=True,
    ),
    _selector(
        "meal",
        "_meal",
        "k-means++ among the most uncertain units, in a UMAP plane of the whole pool.",
        "Sreenivasaiah et al. (MEAL), Algorithm 1",
        _N_INFORMATIVE,
        *_UMAP,
        needs=("scores", "embeddings", "reference_embeddings"),
        reference="untrained",
        exact_embeddings=True,
        prefix=True,
    ),
    _selector(
        "meal_ft",
        "_meal",
        "k-means++ among the most uncertain units, in a UMAP plane of these alone.",
        "Sreenivasaiah et al. (MEAL-FT), 3.5",
        _N_INFORMATIVE,
        *_UMAP,
        needs=("scores", "embeddings"),
        prefix=True,
        exact_embeddings=True,
    ),
    _selector(
        "suggestive_annotation",
        "_suggestive_annotation",
        "Of the K most uncertain units the k that resemble all unlabelled ones most.",
        "Yang et al. 2017; Gu, III-A.2",
        Param("n_uncertain", "int", None, "K; not given: 2k, the paper's 16 for 8", 1, _MANY),
        Param("binary_threshold", "float", None, "similarity that covers", low=-1, high=1),
        needs=("scores", "embeddings"),
    ),
    _selector(
        "information_density",
        "_information_density",
        "The largest products of score and mean similarity to all candidates.",
        "Settles 2009, 3.6; Gu, I-B.3",
        Param("beta", "float", 1.0, "weight of the density", 0, 100),
        Param("form", "str", "settles", "where beta stands", choices=("settles", "survey")),
        needs=("scores", "embeddings"),
        ranks=True,
    ),
    _selector(
        "ceal",
        "_ceal",
        "Units without a predicted object, the most uncertain ones, and random ones.",
        "Górriz et al. 2017; Gu, III-A.1",
        Param("missing", "int", 10, "part without a predicted object", 0, _MANY),
        Param("uncertain", "int", 10, "part with the largest scores", 0, _MANY),
        Param("drawn", "int", 15, "part drawn evenly", 0, _MANY),
        Param("background", "int", 0, "the class that is no object", 0, IGNORE - 1),
        Param("found_share", "float", 0.0, "no object up to this share", low=0, high=1),
        needs=("scores", "class_shares"),
    ),
    _selector(
        "cereals",
        "_cereals",
        "Information fused with cost, overlapping regions suppressed.",
        "Mackowiak et al. 2018 (CEREALS); Gu, III-B.1",
        Param(
            "fusion",
            "str",
            "weighted",
            "(1 − C)·I, I − C or I / C",
            choices=("weighted", "difference", "ratio"),
        ),
        Param("max_overlap", "float", 0.0, "share of the smaller box", low=0, high=1),
        Param(
            "scale",
            "str",
            "range",
            "smallest to largest become 0 to 1, or all divided by the maximum",
            choices=("range", "maximum"),
        ),
        needs=("scores", "costs", "boxes", "image_ids"),
        fills=False,
        overlap_limit="max_overlap",
        ranks=True,
    ),
    _selector(
        "vaal",
        "_vaal",
        "Units that a discriminator is most sure are unlabelled.",
        "Sinha et al. 2019 (VAAL); Gu, III-B.2",
        needs=("scores",),
        ranks=True,
    ),
    # beyond the papers
    _selector(
        "power_noise",
        "_noise",
        "Units drawn in proportion to a power of their score.",
        "Kirsch et al. 2023",
        _BETA,
        needs=("scores",),
        ranks=True,
    ),
    _selector(
        "softmax_noise",
        "_noise",
        "Units drawn in proportion to the exponential of their score.",
        "Kirsch et al. 2023",
        _BETA,
        needs=("scores",),
        ranks=True,
    ),
    _selector(
        "soft_rank_noise",
        "_noise",
        "Units drawn in proportion to a power of their rank.",
        "Kirsch et al. 2023",
        _BETA,
        needs=("scores",),
        ranks=True,
    ),
    _selector(
        "badge",
        "_badge",
        "k-means++ on the gradients of the last layer, kept as factors.",
        "Ash et al. 2020, Algorithm 1",
        needs=("class_shares", "embeddings"),
        prefix=True,
    ),
    _selector(
        "k_means_plus_plus",
        "_plusplus",
        "Units drawn by squared distance from all labelled and picked units.",
        "Arthur & Vassilvitskii 2007",
        _METRIC,
        needs=("embeddings",),
        reads=_LABELLED,
        prefix=True,
    ),
    _selector(
        "k_means",
        "_k_means",
        "The unit nearest to the centre of each of k clusters.",
        "Zhdanov 2019, without weights",
        _METRIC,
        needs=("embeddings",),
    ),
    _selector(
        "typiclust",
        "_typiclust",
        "The most typical unit of each cluster that has no label yet.",
        "Hacohen et al. 2022, Algorithm 1",
        Param("neighbours", "int", 20, "neighbours that typicality averages over", 1, 10_000),
        Param("max_clusters", "int", 500, "most clusters", 1, _MANY),
        needs=("embeddings",),
        reads=_LABELLED,
    ),
    _selector(
        "prob_cover",
        "_prob_cover",
        "Units whose balls of one radius hold as much of the pool as possible.",
        "Yehuda et al. 2022, Algorithm 1",
        Param("delta", "float", None, "radius; not given: computed from purity", low=0, high=2),
        Param("n_clusters", "int", 10, "clusters in place of the classes", 1, _MANY),
        Param("purity", "float", 0.95, "share of pure balls", low=0, high=1),
        needs=("embeddings",),
        reads=(*_LABELLED, "scores"),
        prefix=True,
    ),
    _selector(
        "facility_location",
        "_facility_location",
        "Units that, with the labelled ones, resemble the whole pool most.",
        "Wei et al. 2015; lazily as Minoux 1978",
        needs=("embeddings",),
        reads=(*_LABELLED, "scores"),
        prefix=True,
    ),
    _selector(
        "class_balanced",
        "_class_balanced",
        "The largest scores, each weighted by the rarity of the unit's dominant predicted class.",
        "Cai et al. 2021, 3.2",
        needs=("scores", "class_shares"),
        ranks=True,
    ),
    _selector(
        "class_stratified",
        "_class_stratified",
        "Part of the batch class by class, the rest by score alone.",
        "ClaSP PE (TMLR 2026), code in MIC-DKFZ/nnActive",
        Param("share", "float", 0.66, "part of the batch for the classes", low=0, high=1),
        Param("background", "int", None, "class that gets no part", 0, IGNORE - 1),
        Param("beta", "float", None, "power noise; not given: none", 1e-6, _LARGE),
        needs=("scores", "class_shares"),
    ),
    _selector(
        "dropquery",
        "_dropquery",
        "Units on which a committee's votes differ, one per cluster.",
        "Gupte et al. 2024 (DropQuery)",
        Param("threshold", "float", 0.5, "disagreement that is kept", low=0, high=1),
        needs=("scores", "embeddings"),
    ),
    _selector(
        "hybrid",
        "_hybrid",
        "One by one the largest weighted sum of score, distance and cost.",
        "After Cardoso et al. 2017",
        Param("score", "float", 1.0, "weight of the score", 0, _LARGE),
        Param("distance", "float", 1.0, "weight of the distance", 0, _LARGE),
        Param("cost", "float", 0.0, "weight against the cost", 0, _LARGE),
        needs=("scores", "embeddings"),
        reads=("labelled_embeddings", "costs"),
        prefix=True,
    ),
)

SELECTORS.add(*_OWN)

POOL_FILTERS.add(
    PoolFilterEntry(
        "every_nth_frame",
        "workbench.selection._time:every_nth_frame",
        "Every n-th of the frames that a sequence has, the first one among them.",
        params=(Param("n", "int", 5, "1 keeps all", 1, _MANY),),
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
    | {entry.name: entry.target for entry in _OWN},
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
