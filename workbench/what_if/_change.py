"""The difference between a what-if query and the query that the run made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import NotStoredError
from workbench.metrics import Clusters, class_entropy, jaccard, overlap, rank_correlation
from workbench.types import UnitIds
from workbench.what_if._riders import ranking

if TYPE_CHECKING:
    from workbench.engine.method import PlannedQuery
    from workbench.what_if._pool import CyclePool

NAN = float("nan")


@dataclass(frozen=True)
class Facts:
    """What one query labels. NaN where the cycle does not store what the number is counted on.

    Attributes:
        units: number of query units.
        pixels: number of their pixels that are not labelled yet.
        class_coverage: share of the classes predicted among all candidates that are predicted
            somewhere in the query.
        class_entropy: entropy of the query's predicted pixels over the classes, nats.
        cluster_coverage: share of 20 k-means clusters of the pool's embeddings that it meets.
    """

    units: int
    pixels: int
    class_coverage: float
    class_entropy: float
    cluster_coverage: float


@dataclass(frozen=True)
class Change:
    """The query that another method chooses against the one that was made.

    Attributes:
        counted_in: what overlap and Jaccard count: ``units``, or ``pixels`` where the two queries
            are made of different units.
        overlap: share of the smaller query that the other query holds too.
        jaccard: intersection over union of the two queries.
        rank_correlation: Kendall's τ-b of the candidates' unit scores, by the query's own and by
            the run's score and aggregation, both on the units of the query; NaN where one of them
            has no score.
        chosen: the query that another method chooses.
        made: the query that was made; without any units in a run's last cycle.
    """

    counted_in: Literal["units", "pixels"]
    overlap: float
    jaccard: float
    rank_correlation: float
    chosen: Facts
    made: Facts

    @property
    def table(self) -> pd.DataFrame:
        """One row per measure: ``measure``, ``chosen``, ``made``, ``both``; NaN for no value."""
        rows = [
            ("units", self.chosen.units, self.made.units, NAN),
            ("pixels", self.chosen.pixels, self.made.pixels, NAN),
            *(
                (name, getattr(self.chosen, name), getattr(self.made, name), NAN)
                for name in ("class_coverage", "class_entropy", "cluster_coverage")
            ),
            (f"overlap in {self.counted_in}", NAN, NAN, self.overlap),
            (f"jaccard in {self.counted_in}", NAN, NAN, self.jaccard),
            ("rank_correlation", NAN, NAN, self.rank_correlation),
        ]
        return pd.DataFrame(rows, columns=["measure", "chosen", "made", "both"])


def compare(
    other: CyclePool, own: CyclePool, ids: UnitIds, method: PlannedQuery, actual: PlannedQuery
) -> Change:
    """Compare a what-if query with the query that the cycle made.

    Args:
        other: the pool in the units of the query.
        own: the pool in the experiment's units.
        ids: the query.
        method: the method that chose it.
        actual: the method of the run.
    """
    made = other.cycle.selected
    same = other is own
    shared = (overlap(ids, made), jaccard(ids, made)) if same else _by_pixels(other, own, ids, made)
    clusters = _clusters(other)
    return Change(
        "units" if same else "pixels",
        *shared,
        rank_correlation=_agreement(other, method, actual),
        chosen=_facts(other, ids, _coverage(clusters, other, ids, same)),
        made=_facts(own, made, _coverage(clusters, own, made, same)),
    )


def _by_pixels(
    other: CyclePool, own: CyclePool, ids: UnitIds, made: UnitIds
) -> tuple[float, float]:
    first, second = other.pixels(ids), own.pixels(made)
    one, rest = (sum(int(m.sum()) for m in masks.values()) for masks in (first, second))
    both = sum(int((first[n] & second[n]).sum()) for n in first.keys() & second.keys())
    smaller, union = min(one, rest), one + rest - both
    return both / smaller if smaller else NAN, both / union if union else NAN


def _agreement(pool: CyclePool, method: PlannedQuery, actual: PlannedQuery) -> float:
    try:
        found = ranking(pool, method), ranking(pool, actual)
    except NotStoredError:  # the run's own score has no maps, and the units are not the stored ones
        return NAN
    first, second = found
    if first is None or second is None:
        return NAN
    return rank_correlation(first.values, second.values)


def _facts(pool: CyclePool, ids: UnitIds, cluster_coverage: float) -> Facts:
    pixels = pool.state.geometry.prices(ids, "pixels", pool.state.labelled)
    try:
        shares = pool.class_shares
    except NotStoredError:
        return Facts(len(ids), int(pixels.sum()), NAN, NAN, cluster_coverage)
    there: npt.NDArray[np.bool_] = np.any(shares > 0, axis=0)
    picked = shares[np.searchsorted(pool.unit_ids, ids)]
    met: npt.NDArray[np.bool_] = np.any(picked > 0, axis=0)
    return Facts(
        units=len(ids),
        pixels=int(pixels.sum()),
        class_coverage=float(met[there].mean()) if len(ids) else NAN,
        class_entropy=class_entropy(pixels @ picked.astype(np.float64)),
        cluster_coverage=cluster_coverage,
    )


def _clusters(pool: CyclePool) -> Clusters | None:
    try:
        return pool.clusters
    except NotStoredError:
        return None


def _coverage(clusters: Clusters | None, pool: CyclePool, ids: UnitIds, same: bool) -> float:
    if clusters is None:
        return NAN
    return clusters.coverage(_vectors(pool, ids, same)) if len(ids) else NAN


def _vectors(pool: CyclePool, ids: UnitIds, exact: bool) -> npt.NDArray[np.float32]:
    """Return (k, D) vectors of units; exact vectors only if both queries have them."""
    if not exact:
        return pool.coarse_vectors(ids)
    embeddings = pool.embeddings
    return embeddings.vectors[np.searchsorted(embeddings.unit_ids, ids)]
