"""Mode collapse and redundancy, each by a named measure.

A batch has collapsed when its picks crowd: a large coverage radius, a small distance to the nearest
neighbour, a large share of picks from one stretch of a sequence, a low entropy over clusters, a
small effective number of units.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError


def coverage_radius(reference: npt.ArrayLike, chosen: npt.ArrayLike) -> float:
    """Return the largest distance of a unit from its nearest chosen one.

    k-centre minimises it [Sener & Savarese 2018].

    Args:
        reference: (P, D) embeddings to cover, e.g. the whole pool.
        chosen: (K, D) embeddings of the labelled or picked units.

    Returns:
        Euclidean distance; infinite if nothing was chosen, 0 if there is nothing to cover.
    """
    coverage = Coverage(reference)
    coverage.add(chosen)
    return coverage.radius


class Coverage:
    """Distances of the units of a pool to the nearest chosen one, while units are added.

    Args:
        reference: (P, D) embeddings to cover, e.g. the whole pool.
    """

    def __init__(self, reference: npt.ArrayLike) -> None:
        self._pool = _vectors(reference, "reference")
        self._distance = np.full(len(self._pool), math.inf)

    def add(self, chosen: npt.ArrayLike) -> None:
        """Add (K, D) chosen units; only distances to these are computed."""
        picks = _vectors(chosen, "chosen")
        if not len(picks) or not len(self._pool):
            return
        from sklearn.metrics import pairwise_distances_argmin_min

        np.minimum(
            self._distance, pairwise_distances_argmin_min(self._pool, picks)[1], out=self._distance
        )

    @property
    def radius(self) -> float:
        """See :func:`coverage_radius`."""
        return float(self._distance.max(initial=0.0))


def nearest_neighbour_distance(embeddings: npt.ArrayLike) -> float:
    """Return the mean Euclidean distance of a unit to its nearest other one; NaN below two units.

    Args:
        embeddings: (K, D) embeddings of a batch, or of a pool to measure its redundancy.
    """
    return Neighbours(embeddings).distance


def same_sequence_share(embeddings: npt.ArrayLike, sequences: npt.ArrayLike) -> float:
    """Return the share of units whose nearest other unit comes from the same sequence.

    Args:
        embeddings: (K, D) embeddings of a batch.
        sequences: (K,) the sequence of each.

    Returns:
        0 … 1; NaN for fewer than two units.
    """
    return Neighbours(embeddings).same_share(sequences)


class Neighbours:
    """Each unit's nearest other unit, computed once for several measures.

    Args:
        embeddings: (K, D) embeddings of a batch, or of a pool to measure its redundancy.
        rows: rows whose neighbours among all K are computed, to bound the time; all by default.
    """

    def __init__(self, embeddings: npt.ArrayLike, rows: npt.ArrayLike | None = None) -> None:
        self._units = _vectors(embeddings, "embeddings")
        self._rows = np.arange(len(self._units)) if rows is None else np.asarray(rows)

    @cached_property
    def _found(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
        """Distance to, and row of, the nearest other unit of each requested row."""
        from sklearn.neighbors import NearestNeighbors

        # among identical units the row itself may come second or not at all
        two = NearestNeighbors(n_neighbors=2).fit(self._units).kneighbors(self._units[self._rows])
        other = (two[1][:, 0] == self._rows).astype(np.intp)
        places = np.arange(len(self._rows))
        return two[0][places, other], two[1][places, other]

    @property
    def distance(self) -> float:
        """Mean Euclidean distance to the nearest other unit; NaN below two units."""
        return float(self._found[0].mean()) if len(self._units) > 1 else float("nan")

    def same_share(self, names: npt.ArrayLike) -> float:
        """Return the share of units whose nearest other unit has the same name; NaN below two.

        Args:
            names: (K,) the name of each unit, e.g. of its sequence.
        """
        of_units = np.asarray(names)
        if len(self._units) != len(of_units):
            raise ShapeError(
                f"There are {len(self._units)} embeddings and {len(of_units)} names of sequences; "
                "wanted one name per embedding."
            )
        if len(self._units) < 2:
            return float("nan")
        return float((of_units[self._found[1]] == of_units[self._rows]).mean())


def adjacent_share(sequences: npt.ArrayLike, frames: npt.ArrayLike, gap: int = 1) -> float:
    """Return the share of picks that have another pick beside them in the same sequence.

    Args:
        sequences: (K,) the sequence of each pick.
        frames: (K,) its frame number there; several units of one image have the same one.
        gap: largest difference of frame numbers that counts as beside; 0 is the same frame.

    Returns:
        0 … 1; NaN if there is no pick.
    """
    names, numbers = np.asarray(sequences), np.asarray(frames)
    if names.shape != numbers.shape or names.ndim != 1:
        raise ShapeError(f"Sequences {names.shape} and frames {numbers.shape} differ in shape.")
    if not len(names):
        return float("nan")
    _, group = np.unique(names, return_inverse=True)
    order = np.lexsort((numbers, group))
    beside = (np.diff(group[order]) == 0) & (np.diff(numbers[order]) <= gap)
    return float((np.append(beside, False) | np.append(False, beside)).mean())


def cluster_entropy(
    reference: npt.ArrayLike, chosen: npt.ArrayLike, n_clusters: int = 20, seed: int = 0
) -> float:
    """Return the entropy of the picks over k-means clusters of the pool, in nats.

    Args:
        reference: (P, D) embeddings of the whole pool; the clusters come from these.
        chosen: (K, D) embeddings of the picks.
        n_clusters: number of clusters, cut to P.
        seed: seed of k-means.

    Returns:
        0 (all picks in one cluster) … ln(n_clusters) (evenly spread); NaN if there is no pick.
    """
    return Clusters(reference, n_clusters, seed).entropy(chosen)


def cluster_coverage(
    reference: npt.ArrayLike, chosen: npt.ArrayLike, n_clusters: int = 20, seed: int = 0
) -> float:
    """Return the share of k-means clusters of the pool that hold at least one pick.

    Args:
        reference: (P, D) embeddings of the whole pool; the clusters come from these.
        chosen: (K, D) embeddings of the picks.
        n_clusters: number of clusters, cut to the number of units that differ.
        seed: seed of k-means.

    Returns:
        0 … 1; NaN if there is no pick.
    """
    return Clusters(reference, n_clusters, seed).coverage(chosen)


class Clusters:
    """k-means clusters of a pool, fitted at first use, for measures of several queries.

    Args:
        reference: (P, D) embeddings of the whole pool.
        n_clusters: number of clusters, cut to the number of units that differ.
        seed: seed of k-means.
        most: largest number of units that k-means is fitted on; from a larger pool as many are
            drawn with the seed.
    """

    def __init__(
        self, reference: npt.ArrayLike, n_clusters: int = 20, seed: int = 0, most: int = 20_000
    ) -> None:
        self._pool = _vectors(reference, "reference")
        self._n_clusters = n_clusters
        self._seed = seed
        if len(self._pool) > most:
            drawn = np.random.default_rng(seed).choice(len(self._pool), most, replace=False)
            self._pool = self._pool[np.sort(drawn)]

    @cached_property
    def _fitted(self) -> Any:
        from sklearn.cluster import KMeans

        clusters = min(self._n_clusters, len(np.unique(self._pool, axis=0)))
        return KMeans(clusters, n_init=3, random_state=self._seed).fit(self._pool)

    def counts(self, chosen: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return (n_clusters,) the number of (K, D) embeddings in each cluster; [0] without any."""
        picks = _vectors(chosen, "chosen")
        if not len(picks):
            return np.zeros(1, dtype=np.int64)
        return np.bincount(self._fitted.predict(picks), minlength=self._fitted.n_clusters)

    def coverage(self, chosen: npt.ArrayLike) -> float:
        """See :func:`cluster_coverage`."""
        counts = self.counts(chosen)
        return float((counts > 0).mean()) if counts.sum() else float("nan")

    def entropy(self, chosen: npt.ArrayLike) -> float:
        """See :func:`cluster_entropy`."""
        return class_entropy(self.counts(chosen))


def class_entropy(pixels: npt.ArrayLike) -> float:
    """Return the entropy of a class distribution, in nats.

    For the labelled 12 % of Cityscapes the paper has 2.376 for EquAL and 2.335 for the entropy
    baseline [Golestaneh & Kitani, 4.3]. It names no base; we assume nats, of at most ln 19 = 2.944
    (the reason is in ``docs/query_analysis.md``).

    Args:
        pixels: (C,) number of pixels, or another amount, of each class; not negative.

    Returns:
        0 (one class) … ln C (all classes equal); NaN if all amounts are 0.

    Raises:
        ShapeError: if an amount is negative or not finite.
    """
    amounts = np.asarray(pixels, dtype=np.float64).ravel()
    if not np.isfinite(amounts).all() or (amounts < 0).any():
        raise ShapeError("Class amounts must be finite and not negative.")
    if not amounts.sum():
        return float("nan")
    share = amounts[amounts > 0] / amounts.sum()
    return float(-(share * np.log(share)).sum()) + 0.0  # + 0.0: never −0


def vendi_score(embeddings: npt.ArrayLike) -> float:
    """Return the effective number of different units [Friedman & Dieng 2023].

    The exponential of the entropy of the eigenvalues of K / n, where K is the cosine similarity of
    the n units. n identical units count as 1, n orthogonal ones as n.

    Args:
        embeddings: (N, D) embeddings of a batch or a pool.

    Returns:
        1 … N; NaN without units.
    """
    units = _vectors(embeddings, "embeddings")
    if not len(units):
        return float("nan")
    length = np.linalg.norm(units, axis=1, keepdims=True)
    units = units / np.where(length > 0, length, 1)
    # both products have the same eigenvalues except zeros; the smaller one is faster
    kernel = units @ units.T if len(units) <= units.shape[1] else units.T @ units
    eigenvalues = np.maximum(np.linalg.eigvalsh(kernel), 0)
    return math.exp(class_entropy(eigenvalues)) if eigenvalues.sum() else 1.0


def _vectors(embeddings: npt.ArrayLike, what: str) -> npt.NDArray[np.float64]:
    array = np.asarray(embeddings, dtype=np.float64)
    if array.ndim != 2:
        raise ShapeError(f"{what} has shape {array.shape}; wanted (units, dimensions).")
    return array
