"""A cycle's pool, cut into units of any kind: scores, class shares, embeddings.

Labelled pixels stay labelled whatever the units. Of units that do not overlap, a unit without
unlabelled pixels is no candidate; a unit that overlaps labelled pixels is scored, weighed and
costed by its unlabelled pixels, and is a labelled unit too for selectors that keep away from these.
As for the engine, a window is a candidate while at most the share ``max_overlap`` of its pixels is
labelled; its score counts all its pixels, its cost those that are not labelled yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from workbench.errors import NotStoredError
from workbench.geometry import Begun, Geometry
from workbench.geometry.counting import counts_of
from workbench.metrics import Clusters
from workbench.naming import column
from workbench.observation import Embeddings
from workbench.pool import PoolState
from workbench.recent import Recent
from workbench.types import UnitIds, by_image, image_numbers, local_numbers, unit_ids
from workbench.units.base import rectangles
from workbench.what_if._maps import CACHE_BYTES
from workbench.what_if._ranked import RankedImage, RankedPixels, supports

if TYPE_CHECKING:
    from workbench.aggregation import AggregationEntry
    from workbench.geometry.counting import UnitCounts
    from workbench.registry import Bound
    from workbench.store import Cycle
    from workbench.units import UnitsEntry
    from workbench.units.base import Ints, Layout, Mask
    from workbench.units.outlines import Rings
    from workbench.what_if._maps import Maps
    from workbench.what_if._stored import StoredPool

_MOST_SCORES = 32
"""Most unit scores in memory: enough to go back and forth between thresholds and aggregations."""

_counts = lru_cache(maxsize=8)(counts_of)
"""A pool has few image sizes; a layout that depends on the image is read once."""


@dataclass(frozen=True, eq=False)
class UnitScores:
    """Unit scores of the candidates.

    Attributes:
        values: (U,) float64.
        stored_as: how the maps that they come from are stored; empty if the engine computed them.
    """

    values: npt.NDArray[np.float64]
    stored_as: str = ""


class _Part(NamedTuple):
    """The candidates of one image.

    Attributes:
        number: the number of the image.
        rows: their rows among all candidates.
        local: (n,) their local numbers, ascending.
    """

    number: int
    rows: slice
    local: Ints


class CyclePool:
    """The pool of a cycle in one kind of unit. Everything is computed at first use, and held.

    Args:
        cycle: a published cycle.
        own: the pool in the experiment's units.
        maps: the cycle's score maps.
        units: the units that the pool is cut into.

    Attributes:
        stored: whether these units are the experiment's own.
    """

    def __init__(self, cycle: Cycle, own: StoredPool, maps: Maps, units: Bound[UnitsEntry]) -> None:
        self.cycle = cycle
        self.units = units
        self.stored = units.key == own.units.key
        self._own = own
        self._maps = maps
        self._scores: Recent[UnitScores] = Recent(_MOST_SCORES)

    # the units

    @cached_property
    def whole(self) -> Geometry:
        """The geometry of every unit with all its pixels."""
        return self._own.geometry if self.stored else self._own.divided(self.units)

    @cached_property
    def _begun(self) -> Begun:
        if self.stored:
            labelled = self.cycle.labelled
            return Begun(self.whole, labelled, PoolState(self.whole, labelled).unlabelled)
        return self.whole.begun(self._own.labelled)

    @cached_property
    def state(self) -> PoolState:
        """The pool's state; units of another kind than the experiment's hold no labelled pixels."""
        return PoolState(self._begun.geometry, self._begun.labelled)

    @property
    def unit_ids(self) -> UnitIds:
        """(U,) ids of the candidates, ascending."""
        return self._begun.candidates

    @property
    def partly_labelled(self) -> int:
        """The number of candidates that overlap labelled pixels."""
        return int(np.isin(self.unit_ids, self.state.labelled).sum())

    def outlines(self, ids: UnitIds) -> list[Rings] | None:
        """Return the outlines of units of one image; ``None`` if all units are rectangles."""
        if rectangles(self.whole.boxes_of(ids), self.whole.areas_of(ids)).all():
            return None
        rings = self.whole.layout(int(image_numbers(ids)[0])).outlines()
        return [rings[local] for local in local_numbers(ids)]

    def pixels(self, ids: UnitIds) -> dict[int, Mask]:
        """Return image number ► (H, W) bool, the pixels that labelling some units would reveal."""
        found, labelled = {}, self._own.labelled
        for number, part in by_image(ids):
            mine = self.whole.layout(number).pixels(local_numbers(part))
            found[number] = mine & ~labelled[number] if number in labelled else mine
        return found

    @cached_property
    def _parts(self) -> dict[str, _Part]:
        """Image id ► the candidates of the image, for every image that holds one."""
        parts, end = {}, 0
        for number, ids in by_image(self.unit_ids):
            rows = slice(end, end := end + len(ids))
            parts[self.whole.image_ids[number]] = _Part(number, rows, local_numbers(ids))
        return parts

    # scores, classes and embeddings of the units

    def scores(self, score: str, aggregation: Bound[AggregationEntry]) -> UnitScores:
        """Return the unit scores of the candidates.

        Raises:
            NotStoredError: if neither they nor the score's maps were stored.
        """
        name = column(score, aggregation.key)
        if self.stored and name in self.cycle.unit_score_columns:
            return UnitScores(self.cycle.units[name].to_numpy())
        return self._scores.get(name, lambda: self._scores_from_maps(score, aggregation))

    def _scores_from_maps(self, score: str, aggregation: Bound[AggregationEntry]) -> UnitScores:
        if supports(aggregation) and self._can_rank:
            ranked = self._maps.ranked.get((score, self.units.key), lambda: self._rank(score))
            rows = self.whole.rows(self.unit_ids)
            return UnitScores(ranked.scores(aggregation)[rows], ranked.stored_as)
        values, stored_as = np.zeros(len(self.unit_ids)), set()
        parts = self._parts
        for image_id, score_map, bits in self._maps.each(score, parts):
            part = parts[image_id]
            layout, counts = self._counts(part)
            stored_as |= _stored_as(score_map, bits, layout.size)
            found = counts.aggregate(aggregation, _fitted(score_map, layout.size))
            values[part.rows] = _of(part.local, layout, found)
        return UnitScores(values, ", ".join(sorted(stored_as)))

    def _counts(self, part: _Part) -> tuple[Layout, UnitCounts]:
        """Return a layout with at least an image's candidates, and the counts of its units."""
        layout = self.state.geometry.layout(part.number).only(part.local)
        return layout, _counts(layout, layout.size)

    @cached_property
    def _can_rank(self) -> bool:
        """Whether the sorted pixels of all candidates fit in memory.

        Windows share pixels, and an integral image sums them in less time than sorting takes.
        """
        geometry = self.state.geometry
        few = 2 * int(geometry.areas_of(self.unit_ids).sum()) <= CACHE_BYTES  # in 16 bits
        return few and not geometry.overlapping

    def _rank(self, score: str) -> RankedPixels:
        found, stored_as = [], set()
        parts = self._parts
        for image_id, codes, low, high in self._maps.codes(score, parts):
            number = parts[image_id].number
            layout = self.state.geometry.layout(number)
            stored_as |= _stored_as(codes, 8 * codes.itemsize, layout.size)
            ordered, sizes = _counts(layout, layout.size).ascending(_fitted(codes, layout.size))
            first = int(self.whole.rows(unit_ids(number, layout.local[:1]))[0])
            rows = slice(first, first + len(layout))
            found.append(RankedImage(rows, ordered, sizes, low, high))
        return RankedPixels(found, len(self.whole), ", ".join(sorted(stored_as)))

    @cached_property
    def class_shares(self) -> npt.NDArray[np.float32]:
        """(U, C) predicted share of each class in each candidate: exact in any units.

        Raises:
            NotStoredError: if they were not stored, and predictions were not stored or the units
                are too many.
        """
        classes = self.cycle.classes
        names = [f"class_{c}" for c in range(classes)]
        if self.stored and names[0] in self.cycle.units:
            return self.cycle.units[names].to_numpy(np.float32)
        self._require_few("class shares", len(self.unit_ids))
        shares = np.zeros((len(self.unit_ids), classes), np.float32)
        for part, layout, counts, prediction in self._predicted():
            shares[part.rows] = _of(part.local, layout, counts.class_shares(prediction, classes))
        return shares

    @cached_property
    def boundary_share(self) -> npt.NDArray[np.float32]:
        """(U,) share of each candidate's pixels that lie beside another predicted class.

        Raises:
            NotStoredError: if the units are not the stored ones and predictions were not stored.
        """
        if self.stored:
            return self.cycle.units["boundary_share"].to_numpy(np.float32)
        shares = np.zeros(len(self.unit_ids), np.float32)
        for part, layout, counts, prediction in self._predicted():
            shares[part.rows] = _of(part.local, layout, counts.boundary_share(prediction))
        return shares

    def _predicted(self) -> Iterator[tuple[_Part, Layout, UnitCounts, npt.NDArray[np.uint8]]]:
        """Yield the candidates of each image with its stored prediction."""
        for image_id, prediction in self.cycle.each_prediction(self._parts):
            part = self._parts[image_id]
            yield part, *self._counts(part), prediction

    @cached_property
    def embeddings(self) -> Embeddings:
        """A vector for every unit of the pool: stored, else pooled from the feature map.

        Raises:
            NotStoredError: if the cycle stores neither vectors nor feature maps.
        """
        if self.stored:
            return self.cycle.embeddings
        ids = self.whole.unit_ids
        return Embeddings(ids, self.coarse_vectors(ids), np.isin(ids, self.state.labelled))

    @cached_property
    def clusters(self) -> Clusters:
        """k-means clusters of the pool's embeddings, for the coverage of queries."""
        return Clusters(self.embeddings.vectors)

    def coarse_vectors(self, ids: UnitIds) -> npt.NDArray[np.float32]:
        """Return (K, D) vectors of units, pooled from their images' coarse feature maps.

        Args:
            ids: (K,) ascending.

        Raises:
            NotStoredError: if the cycle does not store feature maps, or the units are too many.
        """
        self._require_few("vectors", len(ids))
        parts = []
        for number, part in by_image(ids):
            features = self.cycle.feature_map(self.whole.image_ids[number]).astype(np.float32)
            local = local_numbers(part)
            layout = self.whole.layout(number).only(local)
            means = _counts(layout, layout.size).feature_means(features)
            parts.append(_of(local, layout, means))
        return np.concatenate(parts)

    def _require_few(self, what: str, units: int) -> None:
        most = self.whole.most_described
        if most is not None and units > most:
            raise NotStoredError(
                f"The {what} of {units:,} windows are not computed, at most {most:,} are; take "
                "a longer stride."
            )


def _of(local: Ints, layout: Layout, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the values (n, …) of some units, given by local number, from those of a layout."""
    if len(local) == len(layout):
        return values
    rows: npt.NDArray[Any] = values[np.searchsorted(layout.local, local)]
    return rows


def _stored_as(stored: npt.NDArray[Any], bits: int, size: tuple[int, int]) -> set[str]:
    """Return how a map of an image is stored, in words."""
    small = {"at a reduced size"} if stored.shape != size else set()
    return {f"in {bits} bits", *small}


def _fitted(stored: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """Return a map (H, W) in which each pixel has the value of the stored pixel that covers it."""
    if stored.shape == size:
        return stored
    return np.asarray(cv2.resize(stored, size[::-1], interpolation=cv2.INTER_NEAREST))
