"""Suggestive annotation: uncertain units that represent the pool [Yang et al. 2017; Gu III-A.2]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.selection._batch import by_score, filled, prepared, rows_of
from workbench.selection._cover import LazyCover, cosine
from workbench.selection._distances import vectors
from workbench.types import Candidates, UnitIds


def suggestive_annotation(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,
    n_uncertain: int | None = None,
    binary_threshold: float | None = None,
) -> UnitIds:
    """Pick, among the K most uncertain units, the k that are most similar to all unlabelled ones.

    The similarity of a unit to the batch is its largest cosine similarity to one of the picks; its
    sum over all candidates is maximised greedily. The survey's set cover rounds it to 0 or 1.

    Args:
        candidates: ``scores`` (U,) and ``embeddings`` (U, D).
        k: number of units to pick, 8 in the paper.
        rng: breaks ties; ``None``: ties are broken by unit id.
        n_uncertain: the paper's K, 16 there; ``None`` for 2k. Picks beyond it follow by
            score, as do units without a gain.
        binary_threshold: cosine similarity from which a unit counts as covered; ``None``
            does not round.

    Returns:
        (min(k, U),) unit ids in the order picked; equal gains in the order of ties.

    Raises:
        ShapeError: if an array is missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    order = by_score(candidates.require("scores"))
    points = vectors(candidates.require("embeddings"), "cosine")
    top = np.sort(order[: 2 * k if n_uncertain is None else n_uncertain])
    picked = LazyCover(points[top], points, cosine(binary_threshold)).pick(min(k, len(top)))
    return candidates.unit_ids[filled(top[picked].tolist(), order, k)]


def gain(
    candidates: Candidates,
    picked: UnitIds,
    k: int,
    n_uncertain: int | None = None,
    binary_threshold: float | None = None,
) -> npt.NDArray[np.float64]:
    """Return (U,) the similarity to all candidates that each unit would add to the batch.

    NaN for those that are not among the K most uncertain ones; at the K-th score all are in, as
    ties there are broken by chance.
    """
    scores = candidates.require("scores")
    points = vectors(candidates.require("embeddings"), "cosine")
    count = min(2 * k if n_uncertain is None else n_uncertain, len(scores))
    lowest = np.sort(scores)[::-1][count - 1] if count else np.inf
    top = np.flatnonzero(scores >= lowest)
    covering = points[rows_of(candidates, picked)]
    found = np.full(len(scores), np.nan)
    found[top] = LazyCover(points[top], points, cosine(binary_threshold), covering).gains()
    return found
