"""Facility location: units that together resemble the whole pool [Wei et al. 2015]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.selection._batch import filled, most_uncertain, prepared, rows_of
from workbench.selection._cover import LazyCover, cosine
from workbench.selection._distances import embedded
from workbench.types import Candidates, UnitIds


def facility_location(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,
) -> UnitIds:
    """Pick greedily the units that raise the pool's similarity to labelled and picked units most.

    Args:
        candidates: ``embeddings`` (U, D), which are both picked and covered;
            ``labelled_embeddings`` (L, D) cover from the start. Similarity is cosine, negative
            values as 0. ``scores`` (U,) are optional.
        k: number of units to pick.
        rng: breaks ties; ``None``: ties are broken by unit id.

    Returns:
        (min(k, U),) unit ids in the order picked; equal gains in the order of ties. Where no
        unit has a gain, the largest scores follow, or without scores the order of ties.

    Raises:
        ShapeError: if embeddings are missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    points, labelled = embedded(candidates, "cosine")
    picked = LazyCover(points, points, cosine(), labelled).pick(k)
    return candidates.unit_ids[filled(picked.tolist(), most_uncertain(candidates), k)]


def gain(
    candidates: Candidates,
    picked: UnitIds,
    k: int,  # noqa: ARG001 - a batch of any size begins alike
) -> npt.NDArray[np.float64]:
    """Return (U,) by how much each unit would raise the pool's similarity to what is picked."""
    points, labelled = embedded(candidates, "cosine")
    covering = np.concatenate([labelled, points[rows_of(candidates, picked)]])
    return LazyCover(points, points, cosine(), covering).gains()
