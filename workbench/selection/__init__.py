"""Selectors: which of the candidates to label next.

A selector is a function ``(candidates, k, rng, **settings) -> (k,) int64 unit ids`` in the order
picked. It reads unit scores, embeddings and costs, never labels, and uses numpy and scikit-learn
only. Fewer than ``k`` candidates: all of them. The order in which candidates come carries no
meaning; ties are settled by score (or distance, or gain), then unit id.

An entry's ``needs`` names the arrays of ``Candidates`` that must be there, ``facts`` holds

* ``prefix``: whether the batch of k is always the beginning of the batch of k + 1;
* ``reads``: arrays that are used where they are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import Entry, Param, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.selection._k_center import k_center
    from workbench.selection._random import random
    from workbench.selection._top_k import top_k

SELECTORS = Registry("selector", "workbench.selectors")

SELECTORS.add(
    Entry(
        "random",
        "workbench.selection._random:random",
        "Units drawn evenly from all candidates.",
        source="Chen et al. III; Mittal et al. 3; Golestaneh & Kitani 4.2",
        facts={"prefix": True},
    ),
    Entry(
        "top_k",
        "workbench.selection._top_k:top_k",
        "The units with the largest scores.",
        source="Settles 2009, 3.1",
        needs=("scores",),
        facts={"prefix": True},
    ),
    Entry(
        "k_center",
        "workbench.selection._k_center:k_center",
        "Coreset: again and again the unit farthest from all that is labelled or picked.",
        params=(
            Param(
                "metric",
                "str",
                "euclidean",
                "how far apart two embeddings are",
                choices=("euclidean", "cosine"),
            ),
        ),
        source="Sener & Savarese 2018, Algorithm 1 (greedy); Mittal et al. 3",
        needs=("embeddings",),
        facts={"prefix": True, "reads": ("labelled_embeddings",)},
    ),
)

__getattr__, _ = lazy_exports(
    __name__,
    {
        "k_center": "workbench.selection._k_center:k_center",
        "random": "workbench.selection._random:random",
        "top_k": "workbench.selection._top_k:top_k",
    },
)

__all__ = ["SELECTORS", "k_center", "random", "top_k"]
