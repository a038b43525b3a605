"""Redundancy of a pool: how much of it repeats the rest (``docs/pools.md`` has the formulas)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError

ALIKE = 0.15
"""Distance at which similarity has fallen to e^(−1/2), as a share of the typical distance."""

_MEMORY = 64
"""MiB of distances that are held at once."""


def typical_distance(embeddings: npt.ArrayLike) -> float:
    """Return the median Euclidean distance between two different units; NaN below two units.

    Args:
        embeddings: (N, D) embeddings of units that stand for a dataset, some hundred at most.
    """
    from scipy.spatial.distance import pdist  # type: ignore[import-untyped]

    units = _matrix(embeddings)
    return float(np.median(pdist(units))) if len(units) > 1 else math.nan


def distinct_units(embeddings: npt.ArrayLike, scale: float) -> float:
    """Return the effective number of distinct units [Leinster & Cobbold 2012, of order 1].

    It is exp(−(1/N) Σᵢ ln zᵢ) with zᵢ = (1/N) Σⱼ exp(−dᵢⱼ² / (2 (0.15·scale)²)): the mean
    similarity of unit i to all units, itself included, d being the Euclidean distance. N units
    without likeness count as N; g groups of equal size, alike within and unlike between them,
    count as g. Memory grows with N, not with its square.

    Args:
        embeddings: (N, D) embeddings of a pool.
        scale: the distance that is typical of two units without likeness, e.g.
            :func:`typical_distance` of the dataset; at 0 equal units alone are alike.

    Returns:
        1 … N; 0 without units.
    """
    units = _matrix(embeddings)
    if not len(units):
        return 0.0
    from sklearn.metrics import pairwise_distances_chunked

    width = ALIKE * scale

    def similarity(distances: npt.NDArray[np.float64], _: int) -> npt.NDArray[np.float64]:
        if width > 0:
            alike = np.exp(-0.5 * (distances / width) ** 2)
        else:
            alike = (distances == 0).astype(np.float64)
        return np.asarray(alike.mean(axis=1))

    # distances of near-equal units are differences of large numbers unless these are centred
    chunks = pairwise_distances_chunked(
        units - units.mean(axis=0), working_memory=_MEMORY, reduce_func=similarity
    )
    return math.exp(-float(np.log(np.concatenate(list(chunks))).mean()))


def redundancy(embeddings: npt.ArrayLike, scale: float) -> float:
    """Return the share of a pool that repeats the rest: 1 − :func:`distinct_units` / N.

    Args:
        embeddings: (N, D) embeddings of the pool.
        scale: see :func:`distinct_units`.

    Returns:
        0 (no two units are alike) … 1 − 1/N (all are); NaN without units.
    """
    units = _matrix(embeddings)
    return 1.0 - distinct_units(units, scale) / len(units) if len(units) else math.nan


def following_share(
    sequences: npt.ArrayLike,
    frames: npt.ArrayLike,
    all_sequences: npt.ArrayLike,
    all_frames: npt.ArrayLike,
) -> float:
    """Return the share of a pool's images that follow another image of it in their sequence.

    An image follows the one that comes before it in the dataset, whatever the frame numbers say. A
    pool of g stretches of n images in all has 1 − g/n.

    Args:
        sequences: (N,) the sequence of each image of the pool; "" for one that has none.
        frames: (N,) its frame number there.
        all_sequences: (M,) the same of every image of the dataset.
        all_frames: (M,) the same.

    Returns:
        0 … 1; NaN if no image of the pool belongs to a sequence.
    """
    names, numbers = np.asarray(sequences, dtype=str), np.asarray(frames, dtype=np.int64)
    others, times = np.asarray(all_sequences, dtype=str), np.asarray(all_frames, dtype=np.int64)
    if names.shape != numbers.shape or others.shape != times.shape:
        raise ShapeError(
            f"Sequences {names.shape}, {others.shape} and frames {numbers.shape}, {times.shape} "
            "differ in shape."
        )
    if not (names != "").any():
        return math.nan
    _, group = np.unique(np.concatenate([names, others]), return_inverse=True)
    moments, which = np.unique(
        np.column_stack([group, np.concatenate([numbers, times])]), axis=0, return_inverse=True
    )
    mine = which.ravel()[: len(names)]
    there = np.zeros(len(moments), dtype=bool)
    there[mine[names != ""]] = True
    before = np.zeros(len(moments), dtype=bool)
    before[1:] = there[:-1] & (moments[1:, 0] == moments[:-1, 0])
    return float((before[mine] & (names != "")).mean())


def _matrix(embeddings: npt.ArrayLike) -> npt.NDArray[np.float64]:
    array = np.asarray(embeddings, dtype=np.float64)
    if array.ndim != 2:
        raise ShapeError(f"embeddings have shape {array.shape}; wanted (units, dimensions).")
    return array
