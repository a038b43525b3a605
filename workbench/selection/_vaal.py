"""VAAL: units most probably unlabelled by a discriminator [Sinha et al. 2019; Gu, III-B.2]."""

from __future__ import annotations

import numpy as np

from workbench.errors import ScoreError
from workbench.selection._batch import by_score, ranking
from workbench.types import Candidates, UnitIds


def vaal(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,
) -> UnitIds:
    """Pick the units that are unlabelled with the largest probability, by a discriminator.

    The discriminator on a variational autoencoder's latent space separates labelled from unlabelled
    units; it predicts one number per unit, and no pixel score is read.

    Args:
        candidates: ``scores`` (U,), the discriminator's probability that a unit is unlabelled.
            From a discriminator D of labelled units these are 1 − D.
        k: number of units to pick.
        rng: breaks ties; ``None``: ties are broken by unit id.

    Returns:
        (min(k, U),) unit ids, the largest probability first.

    Raises:
        ShapeError: if the candidates have no scores, or one is not finite.
        ScoreError: if a number is not a probability.
    """
    candidates, k, ties = ranking(candidates, k, rng)
    unlabelled = candidates.require("scores")
    outside = np.flatnonzero((unlabelled < 0) | (unlabelled > 1))
    if len(outside):
        raise ScoreError(
            f"Unit {candidates.unit_ids[outside[0]]} has the number {unlabelled[outside[0]]:.4g}; "
            "vaal reads a discriminator's probabilities, 0 to 1. For other scores take top_k."
        )
    return candidates.unit_ids[by_score(unlabelled, ties)[:k]]
