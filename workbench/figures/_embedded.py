"""The pool in one embedding, to measure in: that of a run's cycle 0, which methods share.

Distances between different networks' features would say nothing, so every cycle of a run is
measured in its first one. They are given in units of the pool's spread there (root mean square
distance of a unit to the mean of all), so that seeds, whose networks differ in scale, can be
averaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

_ASKED = 2000
"""Units of a larger pool whose nearest neighbour is looked up, among all, for the pool's own
redundancy: evenly spread over the pool."""


class Batch(NamedTuple):
    """A query in the embedding.

    Attributes:
        cycle: that made it.
        vectors: (k, D) of its picks.
        measures: ``coverage_radius``, ``neighbour_distance``, ``same_sequence_share``.
    """

    cycle: Cycle
    vectors: npt.NDArray[np.float64]
    measures: dict[str, float]


class EmbeddedPool:
    """A pool's embeddings, centred on their mean and divided by their spread.

    Args:
        run: with a published cycle 0.

    Attributes:
        unit_ids: (P,) ascending.
        vectors: (P, D) float64.
        spread: in the embedding's own unit.

    Raises:
        NotStoredError: if its cycle 0 holds no embeddings.
    """

    def __init__(self, run: Run) -> None:
        embeddings = run.cycle(0).embeddings
        vectors = np.array(embeddings.vectors, dtype=np.float64)
        vectors -= vectors.mean(axis=0)
        self.spread = float(np.sqrt((vectors**2).sum(axis=1).mean())) or 1.0
        self.unit_ids: UnitIds = embeddings.unit_ids
        self.vectors: npt.NDArray[np.float64] = vectors / self.spread
        places = run.experiment.places.of(self.unit_ids)
        self._names = places["sequence"].fillna("").astype(str).to_numpy()

    def batches(self, run: Run) -> Iterator[Batch]:
        """Yield the run's queries; those with a unit that has no vector are left out."""
        coverage, covered = Coverage(self.vectors), np.empty(0, np.int64)
        for cycle in run.cycles:
            new = np.setdiff1d(np.concatenate([cycle.labelled, cycle.selected]), covered)
            rows, known = self._rows(cycle.selected), self._rows(new)
            if not len(cycle.selected) or (rows < 0).any() or (known < 0).any():
                continue
            coverage.add(self.vectors[known])
            covered = np.concatenate([covered, new])
            near = Neighbours(self.vectors[rows])
            yield Batch(
                cycle,
                self.vectors[rows],
                {
                    "coverage_radius": coverage.radius,
                    "neighbour_distance": near.distance,
                    "same_sequence_share": _same_share(near, self._names[rows]),
                },
            )

    def _rows(self, ids: UnitIds) -> npt.NDArray[np.int64]:
        """Return the rows of units, −1 for one without a vector."""
        rows = np.minimum(np.searchsorted(self.unit_ids, ids), len(self.unit_ids) - 1)
        return np.where(self.unit_ids[rows] == ids, rows, -1)

    @cached_property
    def clusters(self) -> Clusters:
        """k-means clusters of the pool."""
        return Clusters(self.vectors)

    @cached_property
    def redundancy(self) -> dict[str, float]:
        """The pool's own neighbour distance, same-sequence share, cluster entropy, Vendi score."""
        step = max(1, len(self.vectors) // _ASKED)
        near = Neighbours(self.vectors, np.arange(0, len(self.vectors), step))
        return {
            "neighbour_distance": near.distance,
            "same_sequence_share": _same_share(near, self._names),
            "cluster_entropy": self.clusters.entropy(self.vectors),
            "effective_units": vendi_score(self.vectors),
        }


def _same_share(near: Neighbours, sequences: npt.NDArray[Any]) -> float:
    """Return the share of units whose neighbour is of their sequence; NaN where there are none."""
    return near.same_share(sequences) if (sequences != "").any() else NAN


class LastPool:
    """The embedded pool of the run asked about last: runs of a seed share theirs.

    Only one is held, for that of a large pool takes hundreds of megabytes.
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
            self._key, self._pool = key, None
            with suppress(NotStoredError):
                self._pool = EmbeddedPool(run)
        return self._pool


def seed_by_seed(runs: Sequence[Run]) -> list[Run]:
    """Return the runs in an order in which those that share a cycle 0 follow each other."""
    return sorted(runs, key=lambda run: (run.experiment.id, run.seed))
