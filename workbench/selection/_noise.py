"""Noise on scores, so that a batch is not made of many similar units [Kirsch et al. 2023].

Adding Gumbel noise and taking the largest k draws k units without replacement. The noise is added
to the logarithm of a score, to its value, or to the logarithm of its rank.
"""

from __future__ import annotations

import numpy as np

from workbench.selection._batch import by_score, positive, ranking
from workbench.types import Candidates, UnitIds


def power_noise(
    candidates: Candidates, k: int, rng: np.random.Generator, beta: float = 1.0
) -> UnitIds:
    """Draw units with probability in proportion to ``score ** beta``.

    Args:
        candidates: ``scores`` (U,), not negative; a score of 0 comes last.
        k: number of units to draw.
        rng: source of the noise.
        beta: 0 draws uniformly, a large value equals top-k; 1 in the paper.

    Returns:
        (min(k, U),) unit ids in the order drawn.

    Raises:
        ShapeError: if scores are missing or not finite.
        ScoreError: if a score is negative.
    """
    candidates, k, ties = ranking(candidates, k, rng)
    scores, noise = positive(candidates), rng.gumbel(size=len(candidates))
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(scores > 0, beta * np.log(scores), -np.inf) + noise
    return candidates.unit_ids[by_score(values, ties)[:k]]


def softmax_noise(
    candidates: Candidates, k: int, rng: np.random.Generator, beta: float = 1.0
) -> UnitIds:
    """Draw units with probability in proportion to ``exp(beta * score)``.

    Args:
        candidates: ``scores`` (U,).
        k: number of units to draw.
        rng: source of the noise.
        beta: inverse temperature, per unit of the score: 0 draws uniformly, a large value equals
            top-k.

    Returns:
        (min(k, U),) unit ids in the order drawn.

    Raises:
        ShapeError: if scores are missing or not finite.
    """
    candidates, k, ties = ranking(candidates, k, rng)
    scores = candidates.require("scores")
    noise = rng.gumbel(size=len(candidates))
    return candidates.unit_ids[by_score(beta * scores + noise, ties)[:k]]


def soft_rank_noise(
    candidates: Candidates, k: int, rng: np.random.Generator, beta: float = 1.0
) -> UnitIds:
    """Draw units with probability in proportion to ``rank ** -beta``; the largest score has rank 1.

    Args:
        candidates: ``scores`` (U,); equal scores are ranked in the order of ties.
        k: number of units to draw.
        rng: source of the noise.
        beta: 0 draws uniformly, a large value equals top-k; 1 in the paper.

    Returns:
        (min(k, U),) unit ids in the order drawn.

    Raises:
        ShapeError: if scores are missing or not finite.
    """
    candidates, k, ties = ranking(candidates, k, rng)
    order = by_score(candidates.require("scores"), ties)
    ranks = np.arange(1, len(candidates) + 1)
    noise = rng.gumbel(size=len(candidates))
    return candidates.unit_ids[order[by_score(noise - beta * np.log(ranks))[:k]]]
