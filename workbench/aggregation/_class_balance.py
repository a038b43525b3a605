"""Weights that favour units of rare classes, from what the unit table holds already."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def class_balance(
    class_shares: npt.ArrayLike, areas: npt.ArrayLike | None = None
) -> npt.NDArray[np.float64]:
    """Weigh units by how rare their dominant predicted class is (Cai et al. 2021, 3.2).

    A unit whose dominant class covers the share f of all candidates gets exp(−f); its score is
    multiplied by that. The dominant class is the one with the largest predicted share, the first of
    equal ones. No further pass over the images is needed.

    Args:
        class_shares: (U, C) predicted share of each class in each candidate.
        areas: (U,) pixels of each unit; with them f counts pixels, without them units.

    Returns:
        (U,) weights, e⁻¹ … 1.
    """
    shares = np.asarray(class_shares, dtype=np.float64)
    dominant = shares.argmax(axis=1)
    sizes = np.ones(len(shares)) if areas is None else np.asarray(areas, dtype=np.float64)
    covered = np.bincount(dominant, weights=sizes, minlength=shares.shape[1])
    weights: npt.NDArray[np.float64] = np.exp(-covered[dominant] / sizes.sum())
    return weights
