"""Information density: uncertain units that resemble the pool [Settles 2009, 3.6; Gu, I-B.3]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import ConfigError
from workbench.selection._batch import by_score, positive, prepared
from workbench.selection._distances import Floats, blocks, first_equal, vectors
from workbench.types import Candidates, UnitIds


def information_density(
    candidates: Candidates,
    k: int,
    rng: np.random.Generator | None = None,
    beta: float = 1.0,
    form: str = "settles",
) -> UnitIds:
    """Pick the largest product of score and density, the mean cosine similarity to all candidates.

    A product is 0 where the score is, where a unit points away from the mean of the pool (negative
    similarity counts as 0) or where its features are all 0: such units come last, in the order of
    ties. Features without negative values, as after a ReLU, are all similar to a degree; where
    densities hardly differ this equals :func:`top_k`. Identical units have equal densities and are
    picked one after the other: no term makes a batch diverse.

    Args:
        candidates: ``scores`` (U,), not negative, and ``embeddings`` (U, D).
        k: number of units to pick.
        rng: breaks ties; ``None``: ties are broken by unit id.
        beta: weight of the density; with 0 the score alone counts.
        form: ``settles`` raises the mean similarity to the power ``beta``; ``survey`` raises each
            similarity, as in Gu. Negative similarities count as 0.

    Returns:
        (min(k, U),) unit ids from the largest product downwards.

    Raises:
        ConfigError: for another form.
        ShapeError: if an array is missing or not finite.
        ScoreError: if a score is negative.
    """
    candidates, k = prepared(candidates, k, rng)
    return candidates.unit_ids[by_score(_products(candidates, beta, form))[:k]]


def product(
    candidates: Candidates,
    picked: UnitIds,  # noqa: ARG001 - a rank does not depend on the batch
    k: int,  # noqa: ARG001
    beta: float = 1.0,
    form: str = "settles",
) -> npt.NDArray[np.float64]:
    """Return (U,) the product of score and density; see :func:`information_density`."""
    return _products(candidates, beta, form)


def _products(candidates: Candidates, beta: float, form: str) -> npt.NDArray[np.float64]:
    scores = positive(candidates)
    points = vectors(candidates.require("embeddings"), "cosine")
    if form == "settles":
        density = np.maximum(points @ points.mean(axis=0), 0) ** beta if len(points) else scores
    elif form == "survey":
        density = _mean_power(points, beta)
    else:
        raise ConfigError(f"The form of the density is {form!r}; wanted 'settles' or 'survey'.")
    found: npt.NDArray[np.float64] = scores * density[first_equal(points)]
    return found


def _mean_power(points: Floats, beta: float) -> npt.NDArray[np.float64]:
    means = np.empty(len(points))
    for part in blocks(len(points), 256):
        means[part] = (np.maximum(points[part] @ points.T, 0) ** beta).mean(axis=1)
    return means
