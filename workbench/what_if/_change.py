"""What changed against the query that was really made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import NotStoredError
from workbench.metrics import Clusters, class_entropy, jaccard, overlap, rank_correlation
from workbench.types import UnitIds

if TYPE_CHECKING:
    from workbench.engine.method import PlannedQuery
    from workbench.what_if._pool import CyclePool

NAN = float("nan")


@dataclass(frozen=True)
class Facts:
    """What one query would label. NaN where the cycle does not keep what it is counted on.

    Attributes:
        units: query units.
        pixels: pixels that are not labelled yet.
        class_coverage: share of the classes predicted among all candidates that are predicted
            somewhere in the query.
        class_entropy: of the query's predicted pixels over the classes, nats.
        cluster_coverage: share of 20 k-means clusters of the pool's embeddings that it meets.
    """

    units: int
    pixels: int
    class_coverage: float
    class_entropy: float
    cluster_coverage: float


@dataclass(frozen=True)
class Change:
    """The query that was asked for against the one that was made.

    Attributes:
        counted_in: what overlap and Jaccard count: ``units``, or ``pixels`` where the two queries
            are made of different units.
        overlap: share of the smaller query that the other one holds too.
        jaccard: what both hold of all that they hold together.
        rank_correlation: Kendall's τ-b of the candidates' unit scores, as asked and by the run's
            own score and aggregation, both on the units that were asked for; NaN where one of them
            has no score.
        asked: the query that was asked for.
        actual: the query that was made; without any units in a run's last cycle.
    """

    counted_in: Literal["units", "pixels"]
    overlap: float
    jaccard: float
    rank_correlation: float
    asked: Facts
    actual: Facts

    @property
    def table(self) -> pd.DataFrame:
        """One row a measure: ``measure``, ``asked``, ``actual``, ``both`` (NaN where not said)."""
        rows = [
            ("units", self.asked.units, self.actual.units, NAN),
            ("pixels", self.asked.pixels, self.actual.pixels, NAN),
            *(
                (name, getattr(self.asked, name), getattr(self.actual, name), NAN)
                for name in ("class_coverage", "class_entropy", "cluster_coverage")
            ),
            (f"overlap in {self.counted_in}", NAN, NAN, self.overlap),
            (f"jaccard in {self.counted_in}", NAN, NAN, self.jaccard),
            ("rank_correlation", NAN, NAN, self.rank_correlation),
        ]
        return pd.DataFrame(rows, columns=["measure", "asked", "actual", "both"])


def compare(
    asked: CyclePool, own: CyclePool, ids: UnitIds, method: PlannedQuery, actual: PlannedQuery
) -> Change:
    """Compare a query with the one that the cycle made.

    Args:
        asked: the pool in the units asked for.
        own: the pool in the experiment's units.
        ids: the query, in the units asked for.
        method: that chose it.
        actual: the run's own.
    """
    made = asked.cycle.selected
    same = asked is own
    shared = (overlap(ids, made), jaccard(ids, made)) if same else _by_pixels(asked, own, ids, made)
    clusters = _clusters(asked)
    return Change(
        "units" if same else "pixels",
        *shared,
        rank_correlation=_agreement(asked, method, actual),
        asked=_facts(asked, ids, _coverage(clusters, asked, ids, same)),
        actual=_facts(own, made, _coverage(clusters, own, made, same)),
    )


def _by_pixels(
    asked: CyclePool, own: CyclePool, ids: UnitIds, made: UnitIds
) -> tuple[float, float]:
    first, second = asked.pixels(ids), own.pixels(made)
    one, other = (sum(int(m.sum()) for m in masks.values()) for masks in (first, second))
    both = sum(int((first[n] & second[n]).sum()) for n in first.keys() & second.keys())
    smaller, union = min(one, other), one + other - both
    return both / smaller if smaller else NAN, both / union if union else NAN


def _agreement(pool: CyclePool, method: PlannedQuery, actual: PlannedQuery) -> float:
    if method.score is None or actual.score is None:
        return NAN
    try:
        scores = [
            pool.scores(m.score.name, m.aggregation).values for m in (method, actual) if m.score
        ]
    except NotStoredError:  # the run's own score has no maps, and the units are others
        return NAN
    return rank_correlation(*scores)


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
    """Return vectors of one kind for both queries: exact ones only if both have these."""
    if not exact:
        return pool.coarse_vectors(ids)
    embeddings = pool.embeddings
    return embeddings.vectors[np.searchsorted(embeddings.unit_ids, ids)]
