"""CEAL's query for segmentation [Górriz et al. 2017; Gu, III-A.1]: missed, uncertain and random."""

from __future__ import annotations

import numpy as np

from workbench.errors import ConfigError
from workbench.selection._batch import by_score, filled, prepared
from workbench.types import Candidates, UnitIds

_ROUNDING = 1e-6
"""Shares are float32; one minus a share of 1 may differ from 0 by this."""


def ceal(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator,
    missing: int = 10,
    uncertain: int = 10,
    drawn: int = 15,
    background: int = 0,
    found_share: float = 0.0,
) -> UnitIds:
    """Pick units without a predicted object, then the most uncertain, then random ones.

    ``missing``, ``uncertain`` and ``drawn`` are the paper's numbers of a batch of 35; another ``k``
    is split in the same proportion. The learner makes the pseudo-labels of the most certain units.

    Args:
        candidates: ``scores`` (U,), in the paper the disagreement of a dropout committee;
            ``class_shares`` (U, C).
        k: number of units to pick.
        rng: draws the random part.
        missing: part without a predicted object: least object share first, then by score. Where
            there are too few, the most uncertain units follow.
        uncertain: part with the largest scores.
        drawn: part drawn uniformly from the remaining units.
        background: the class that is no object.
        found_share: a unit has no predicted object where all other classes together cover at most
            this share.

    Returns:
        (min(k, U),) unit ids: missed, uncertain, random.

    Raises:
        ConfigError: if the background class does not exist.
        ShapeError: if an array is missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    scores = candidates.require("scores")
    n_missing, n_uncertain, _ = _split(k, (missing, uncertain, drawn))
    shares = candidates.require("class_shares")
    if not 0 <= background < shares.shape[1]:
        raise ConfigError(
            f"The background is class {background}; wanted 0 to {shares.shape[1] - 1}."
        )
    found = 1 - shares[:, background]
    order = by_score(scores)
    emptiest = order[np.argsort(found[order], kind="stable")]
    missed = emptiest[found[emptiest] <= found_share + _ROUNDING][:n_missing]
    picked = filled(missed.tolist(), order, n_missing + n_uncertain)
    return candidates.unit_ids[filled(picked.tolist(), rng.permutation(len(scores)), k)]


def _split(k: int, parts: tuple[int, ...]) -> list[int]:
    """Split ``k`` in the proportion of the parts, by largest remainder; the first part first."""
    exact = k * np.array(parts, dtype=np.float64) / max(1, sum(parts))
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: k - whole.sum()]] += 1
    return [int(n) for n in whole]
