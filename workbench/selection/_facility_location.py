"""Facility location: units that together resemble the whole pool [Wei et al. 2015]."""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import prepared
from workbench.selection._cover import LazyCover, cosine
from workbench.selection._distances import embedded
from workbench.types import Candidates, UnitIds


def facility_location(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,  # noqa: ARG001 every selector is called alike
) -> UnitIds:
    """Pick greedily what raises the pool's similarity to labelled and picked units most.

    Args:
        candidates: ``embeddings`` (U, D), which are both picked and covered;
            ``labelled_embeddings`` (L, D) cover from the start. Similarity is cosine, negative
            values as 0.
        k: number of units to pick.
        rng: not used.

    Returns:
        (min(k, U),) unit ids in the order picked; equal gains by the smaller unit id.

    Raises:
        ShapeError: if embeddings are missing or not finite.
    """
    candidates, k = prepared(candidates, k)
    points, labelled = embedded(candidates, "cosine")
    return candidates.unit_ids[LazyCover(points, points, cosine(), labelled).pick(k)]
