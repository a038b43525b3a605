"""The pool in one embedding, to measure in: that of a run's cycle 0, which methods share.

Distances between the features of different networks do not compare, so every cycle of a run is
measured in its first one. They are given in units of the pool's spread there (root mean square
distance of a unit to the mean of all), so that seeds, whose networks differ in scale, can be
averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import NotStoredError
from workbench.metrics import Clusters, Coverage, Neighbours, vendi_score

if TYPE_CHECKING:
    from workbench.store import Cycle, Run
    from workbench.types import UnitIds

NAN = float("nan")

_SAMPLE = 2000
"""Units of a larger pool whose nearest neighbour is looked up, among all, for the pool's own
redundancy: evenly spread over the pool."""


class Batch(NamedTuple):
    """A query in the embedding.

    Attributes:
        cycle: the cycle that made it.
        measures: name ► value.
    """

    cycle: Cycle
    measures: dict[str, float]


class EmbeddedPool:
    """A pool's embeddings, centred on their mean and divided by their spread.

    Args:
        run: a run with a published cycle 0.

    Attributes:
        unit_ids: (P,) ascending.
        vectors: (P, D) float64.
        spread: root mean square distance of a unit to the mean, in the embedding's own unit.

    Raises:
        NotStoredError: if the run's cycle 0 holds no embeddings.
    """

    def __init__(self, run: Run) -> None:
        embeddings = run.cycle(0).embeddings
        vectors = np.array(embeddings.vectors, dtype=np.float64)
        vectors -= vectors.mean(axis=0)
        self.spread = float(np.sqrt((vectors**2).sum(axis=1).mean())) or 1.0
        self.unit_ids: UnitIds = embeddings.unit_ids
        self.vectors: npt.NDArray[np.float64] = vectors / self.spread
        places = run.experiment.geometry.places(self.unit_ids)
        self._names = places["sequence"].fillna("").astype(str).to_numpy()

    def batches(self, cycles: Sequence[Cycle], measures: Collection[str]) -> Iterator[Batch]:
        """Yield a run's queries; those with a unit that has no vector are left out.

        Args:
            cycles: of a run whose pool this is, from cycle 0 on.
            measures: ``cluster_entropy`` and ``effective_units`` are computed if they are among
                them; coverage radius, neighbour distance and same-sequence share always.
        """
        coverage, covered = Coverage(self.vectors), np.empty(0, np.int64)
        for cycle in cycles:
            new = np.setdiff1d(np.concatenate([cycle.labelled, cycle.selected]), covered)
            rows, added = self._rows(cycle.selected), self._rows(new)
            if not len(cycle.selected) or (rows < 0).any() or (added < 0).any():
                continue
            coverage.add(self.vectors[added])
            covered = np.concatenate([covered, new])
            picks = self.vectors[rows]
            near = Neighbours(picks)
            found = {
                "coverage_radius": coverage.radius,
                "neighbour_distance": near.distance,
                "same_sequence_share": _same_share(near, self._names[rows]),
            }
            if "cluster_entropy" in measures:
                found["cluster_entropy"] = self.clusters.entropy(picks)
            if "effective_units" in measures:
                found["effective_units"] = vendi_score(picks)
            yield Batch(cycle, found)

    def _rows(self, ids: UnitIds) -> npt.NDArray[np.int64]:
        """Return the rows of units, −1 for one without a vector."""
        rows = np.minimum(np.searchsorted(self.unit_ids, ids), len(self.unit_ids) - 1)
        return np.where(self.unit_ids[rows] == ids, rows, -1)

    @cached_property
    def clusters(self) -> Clusters:
        """k-means clusters of the pool."""
        return Clusters(self.vectors)

    def redundancy(self, measures: Collection[str]) -> dict[str, float]:
        """Return the pool's own values of some measures, those that a pool has."""
        values: dict[str, Callable[[], float]] = {
            "neighbour_distance": lambda: self._neighbours.distance,
            "same_sequence_share": lambda: _same_share(self._neighbours, self._names),
            "cluster_entropy": lambda: self._own_entropy,
            "effective_units": lambda: self._own_vendi_score,
        }
        return {name: value() for name, value in values.items() if name in measures}

    @cached_property
    def _neighbours(self) -> Neighbours:
        step = max(1, len(self.vectors) // _SAMPLE)
        return Neighbours(self.vectors, np.arange(0, len(self.vectors), step))

    @cached_property
    def _own_entropy(self) -> float:
        return self.clusters.entropy(self.vectors)

    @cached_property
    def _own_vendi_score(self) -> float:
        return vendi_score(self.vectors)


def _same_share(near: Neighbours, sequences: npt.NDArray[Any]) -> float:
    """Return the share of units whose neighbour is of their sequence; NaN where there are none."""
    return near.same_share(sequences) if (sequences != "").any() else NAN


class LastPool:
    """The embedded pool that was read last: runs of a seed share theirs.

    Only one is held, because that of a large pool takes hundreds of megabytes.
    """

    def __init__(self) -> None:
        self._key: str | None = None
        self._pool: EmbeddedPool | None = None

    def of(self, run: Run) -> EmbeddedPool | None:
        """Return a run's pool; ``None`` without a cycle 0 that holds embeddings."""
        if not run.cycle_numbers:
            return None
        key = str(run.cycle(0).data_path)
        if key != self._key:
            self._key, self._pool = None, None
            with suppress(NotStoredError):
                self._pool = EmbeddedPool(run)
            self._key = key
        return self._pool


def seed_by_seed(runs: Sequence[Run]) -> list[Run]:
    """Return the runs in an order in which those that share a cycle 0 follow each other."""
    return sorted(runs, key=lambda run: (run.experiment.id, run.seed))
