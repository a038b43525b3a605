"""BADGE: k-means++ on gradients of the last layer [Ash et al. 2020, Algorithm 1], factorised.

A unit's gradient is the outer product of an error over classes and a feature vector. Distances
between outer products follow from the factors,
``|a⊗h − b⊗g|² = |a|²|h|² + |b|²|g|² − 2 (a·b)(h·g)``, so the (U, C·D) matrix is never computed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.selection._batch import prepared
from workbench.selection._distances import Floats
from workbench.selection._plusplus import seeding
from workbench.types import Candidates, UnitIds


def badge(candidates: Candidates, k: int, rng: np.random.Generator) -> UnitIds:
    """Draw units whose gradients are long and point in different directions.

    A unit counts as one prediction: the predicted shares of the classes in it are its
    probabilities, the largest its label. The first pick has the longest gradient, as in the
    released code; the others are drawn by :func:`seeding`.

    A gradient is 0 where the whole unit is predicted as one class (one minus a share of 1), where
    there is one class only, or where the features are 0. Such units are all at the same place: once
    one is picked the others come last, in the order of ties. With small units, which often hold one
    class, this can be most of a pool; then BADGE draws uniformly.

    Args:
        candidates: ``class_shares`` (U, C) and ``embeddings`` (U, D), the features before the
            classifier.
        k: number of units to pick.
        rng: draws all picks but the first.

    Returns:
        (min(k, U),) unit ids in the order picked.

    Raises:
        ShapeError: if either array is missing or not finite.
    """
    candidates, k = prepared(candidates, k, rng)
    shares = candidates.require("class_shares").astype(np.float32)
    features = candidates.require("embeddings").astype(np.float32, copy=False)
    errors = shares.copy()
    errors[np.arange(len(shares)), shares.argmax(axis=1)] -= 1
    gradients = _Gradients(errors, features)
    if not k:
        return candidates.unit_ids[:0]
    rows = seeding(
        np.full(len(errors), np.inf), k, rng, gradients.to, first=int(gradients.lengths.argmax())
    )
    return candidates.unit_ids[rows]


class _Gradients:
    """Outer products given by their factors, errors (U, C) and features (U, D)."""

    def __init__(self, errors: Floats, features: Floats) -> None:
        self._errors, self._features = errors, features
        self.lengths = np.einsum("uc,uc->u", errors, errors).astype(np.float64)
        self.lengths *= np.einsum("ud,ud->u", features, features)

    def to(self, row: int) -> npt.NDArray[np.float64]:
        """Return (U,) squared distances to one of the gradients."""
        products = (self._errors @ self._errors[row]).astype(np.float64)
        products *= self._features @ self._features[row]
        both = self.lengths + self.lengths[row]
        squares: npt.NDArray[np.float64] = np.maximum(both - 2 * products, 0)
        squares[squares <= _ROUNDING * both] = 0
        return squares


_ROUNDING = 1e-5
"""Gradients nearer than this share of their lengths are the same but for float32 rounding."""
