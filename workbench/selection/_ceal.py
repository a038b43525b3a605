"""CEAL's query for segmentation [Górriz et al. 2017; Gu, III-A.1]: missed, uncertain and random."""

from __future__ import annotations

import numpy as np

from workbench.errors import ConfigError
from workbench.selection._batch import by_score, filled, prepared
from workbench.types import Candidates, UnitIds

_ROUNDING = 1e-6
"""Shares are float32; one minus a whole share may miss 0 by this."""


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
    """Pick units in which no object was found, then the most uncertain, then random ones.

    ``missing``, ``uncertain`` and ``drawn`` are the paper's numbers of a batch of 35; another ``k``
    is split in the same proportion. Pseudo-labels for the most certain are the learner's part.

    Args:
        candidates: ``scores`` (U,), in the paper the disagreement of a dropout committee;
            ``class_shares`` (U, C).
        k: number of units to pick.
        rng: draws the random part.
        missing: part with no object found: least object share first, then by score. Where there
            are too few, the most uncertain units take their place.
        uncertain: part with the largest scores.
        drawn: part drawn evenly from what is left.
        background: the class that is no object.
        found_share: no object was found where all other classes together cover at most this share.

    Returns:
        (min(k, U),) unit ids: missed, uncertain, random.

    Raises:
        ConfigError: if there is no such background class.
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
