"""What every selector does first: a fixed order of candidates and a batch size that fits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ConfigError
from workbench.types import Candidates

Rows = npt.NDArray[np.int64]
"""(K,) positions in the candidates at hand; they never leave the function that made them."""


def prepared(candidates: Candidates, k: int) -> tuple[Candidates, int]:
    """Return the candidates sorted by id and the number of units that can be picked.

    Raises:
        ConfigError: if ``k`` is negative.
    """
    if k < 0:
        raise ConfigError(f"A batch of {k} units was asked for; wanted 0 or more.")
    return candidates.ordered(), min(int(k), len(candidates))


def by_score(scores: npt.NDArray[np.floating]) -> Rows:
    """Return rows from the largest score to the smallest; equal scores keep the rows' order.

    Args:
        scores: (U,) of candidates that are sorted by id, so that ties go to the smaller id.
    """
    return np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
