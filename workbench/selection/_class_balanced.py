"""Scores weighted by the rarity of a unit's dominant predicted class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.selection._batch import by_score, positive, ranking
from workbench.types import Candidates, UnitIds


def class_balanced(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,
) -> UnitIds:
    """Pick the largest scores, each weighted by the rarity of the unit's dominant class.

    Cai et al. 2021, 3.2: if a share f of all candidates has the unit's dominant predicted class,
    its score is multiplied by exp(−f). The dominant class is the one with the largest
    predicted share, the first of equal ones. Shares and scores come from the same scan.

    Args:
        candidates: ``scores`` (U,), not negative, and ``class_shares`` (U, C).
        k: number of units to pick.
        rng: breaks ties; ``None``: ties are broken by unit id.

    Returns:
        (min(k, U),) unit ids, the largest weighted score first.

    Raises:
        ShapeError: if an array is missing or not finite.
        ScoreError: if a score is negative.
    """
    candidates, k, ties = ranking(candidates, k, rng)
    return candidates.unit_ids[by_score(_weighted(candidates), ties)[:k]]


def weighted(
    candidates: Candidates,
    picked: UnitIds,  # noqa: ARG001 - a rank does not depend on the batch
    k: int,  # noqa: ARG001
) -> npt.NDArray[np.float64]:
    """Return (U,) the score times the rarity of the dominant class."""
    return _weighted(candidates)


def _weighted(candidates: Candidates) -> npt.NDArray[np.float64]:
    return positive(candidates) * rarity(candidates.require("class_shares"))


def rarity(class_shares: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return (U,) weights, e⁻¹ … 1, of units with (U, C) predicted class shares."""
    dominant = class_shares.argmax(axis=1)
    alike = np.bincount(dominant)[dominant]
    weights: npt.NDArray[np.float64] = np.exp(-alike / len(dominant))
    return weights
