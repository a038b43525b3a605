"""A cycle's pool, cut into the units that were asked for: scores, class shares, embeddings.

Labelled pixels stay labelled whatever the units. A unit all of whose pixels are labelled is no
candidate. One that overlaps labelled pixels is scored, weighed and costed by its other pixels, and
counts among the labelled units for selectors that keep away from these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from workbench.aggregation import ascending
from workbench.metrics import Clusters
from workbench.naming import column
from workbench.pool import PoolIndex, PoolState, index_pool
from workbench.scoring.cells import cell_weights
from workbench.scoring.shares import boundary_share, class_shares
from workbench.store.records import Embeddings
from workbench.types import UnitIds, local_numbers
from workbench.units.base import UnitLayout
from workbench.units.outlines import Rings, outlines, rectangles
from workbench.what_if._maps import KEPT_BYTES
from workbench.what_if._ranked import RankedImage, RankedPixels, answers
from workbench.what_if._recent import Recent
from workbench.what_if._stored import StoredImages, by_image

if TYPE_CHECKING:
    from workbench.aggregation import AggregationEntry
    from workbench.registry import Bound
    from workbench.store import Cycle
    from workbench.units import UnitsEntry
    from workbench.what_if._maps import Maps

_SCORES_KEPT = 32
"""Unit scores held: a person goes back and forth between a few thresholds and aggregations."""

_WEIGHTS_KEPT = 8
"""Layouts whose cell weights are held: a pool has few image sizes."""


@dataclass(frozen=True, eq=False)
class UnitScores:
    """Unit scores of the candidates.

    Attributes:
        values: (U,) float64.
        stored_as: how the maps that they come from are stored; empty if they are the engine's own.
    """

    values: npt.NDArray[np.float64]
    stored_as: str = ""


class AskedPool:
    """The pool of a cycle in one kind of unit. Everything is worked out when asked for, and kept.

    Args:
        cycle: published.
        images: the pool as stored.
        maps: the cycle's score maps.
        units: the units asked for.

    Attributes:
        stored: whether these units are the experiment's own.
    """

    def __init__(
        self, cycle: Cycle, images: StoredImages, maps: Maps, units: Bound[UnitsEntry]
    ) -> None:
        self.cycle = cycle
        self.units = units
        self.stored = units.key == images.units.key
        self._images = images
        self._maps = maps
        self._scheme = units.call()
        self._scores: Recent[UnitScores] = Recent(_SCORES_KEPT)
        self._weights: Recent[tuple[UnitLayout, npt.NDArray[np.float32]]] = Recent(_WEIGHTS_KEPT)

    # which units there are

    @cached_property
    def whole(self) -> PoolIndex:
        """Every unit with all its pixels."""
        if self.stored:
            return self._images.index
        self._images.check_covered()
        return index_pool(self._images, self._scheme)

    @cached_property
    def state(self) -> PoolState:
        """The pool; its areas count pixels that are not labelled yet."""
        if self.stored:
            return PoolState(self.whole, self.cycle.labelled)
        index = replace(self.whole, areas=self._free)
        return PoolState(index, index.unit_ids[self._free < self.whole.areas])

    @cached_property
    def _free(self) -> npt.NDArray[np.int64]:
        """(P,) pixels of each unit that are not labelled."""
        free = self.whole.areas.copy()
        for number in self._images.labelled:
            unit_map, rows = self._unit_map(number), self._rows(number)
            inside = unit_map[unit_map >= 0]
            free[rows] = np.bincount(inside, minlength=rows.stop - rows.start)
        return free

    @cached_property
    def candidates(self) -> npt.NDArray[np.int64]:
        """(U,) rows of the index that may be queried."""
        if self.stored:
            return self.whole.rows(np.sort(self.state.unlabelled))
        return np.flatnonzero(self._free)

    @property
    def unit_ids(self) -> UnitIds:
        """(U,) ids of the candidates, ascending."""
        return self.whole.unit_ids[self.candidates]

    @property
    def partly_labelled(self) -> int:
        """Candidates that overlap labelled pixels."""
        return int(np.isin(self.unit_ids, self.state.labelled).sum())

    def layout(self, number: int) -> UnitLayout:
        """Return an image's units."""
        layout = self._images.layout(number, self._scheme)
        if not isinstance(layout, UnitLayout):
            raise TypeError("windows have no unit map; ask AskedWindows")
        return layout

    def outlines(self, ids: UnitIds) -> list[Rings] | None:
        """Return the outlines of units of one image; ``None`` if all of them are rectangles."""
        rows = self.whole.rows(ids)
        if rectangles(self.whole.boxes[rows], self.whole.areas[rows]).all():
            return None
        rings = outlines(self.layout(int(self.whole.image_numbers[rows[0]])))
        return [rings[local] for local in local_numbers(ids)]

    def pixels(self, ids: UnitIds) -> dict[int, npt.NDArray[np.bool_]]:
        """Return, for every image that some units lie in, (H, W) which pixels they would reveal."""
        found = {}
        for number, part in by_image(ids):
            mine = self.layout(number).pixels(local_numbers(part))
            labelled = None if self.stored else self._images.labelled_pixels(number)
            found[number] = mine if labelled is None else mine & ~labelled
        return found

    def _rows(self, number: int) -> slice:
        start, stop = np.searchsorted(self.whole.image_numbers, [number, number + 1])
        return slice(int(start), int(stop))

    def _unit_map(self, number: int) -> npt.NDArray[np.int32]:
        """Return an image's unit map without its labelled pixels."""
        unit_map = self.layout(number).unit_map
        labelled = None if self.stored else self._images.labelled_pixels(number)
        return unit_map if labelled is None else np.where(labelled, np.int32(-1), unit_map)

    @cached_property
    def _open_images(self) -> dict[str, int]:
        """Key ► number of every image that holds a candidate."""
        numbers = np.unique(self.whole.image_numbers[self.candidates]).tolist()
        return {self.whole.image_ids[number]: number for number in numbers}

    # what is known of them

    def scores(self, score: str, aggregation: Bound[AggregationEntry]) -> UnitScores:
        """Return the unit scores of the candidates.

        Raises:
            NotStoredError: if neither they nor the score's maps were kept.
        """
        name = column(score, aggregation.key)
        if self.stored and name in self.cycle.unit_score_columns:
            return UnitScores(self.cycle.units[name].to_numpy())
        return self._scores.get(name, lambda: self._scores_from_maps(score, aggregation))

    def _scores_from_maps(self, score: str, aggregation: Bound[AggregationEntry]) -> UnitScores:
        if answers(aggregation) and self._can_rank:
            ranked = self._maps.ranked.get((score, self.units.key), lambda: self._rank(score))
            return UnitScores(ranked.scores(aggregation)[self.candidates], ranked.stored_as)
        reduce = aggregation.call
        values, stored_as = np.zeros(len(self.whole)), set()
        images = self._open_images
        for image_id, score_map, bits in self._maps.each(score, images):
            unit_map, rows = self._unit_map(images[image_id]), self._rows(images[image_id])
            stored_as |= _stored_as(score_map, bits, unit_map)
            fitted = _fitted(score_map, unit_map.shape)
            values[rows] = reduce(fitted, unit_map, rows.stop - rows.start)
        return UnitScores(values[self.candidates], ", ".join(sorted(stored_as)))

    @property
    def _can_rank(self) -> bool:
        """Whether the sorted pixels of all candidates may be held."""
        return 2 * int(self.state.index.areas[self.candidates].sum()) <= KEPT_BYTES  # in 16 bits

    def _rank(self, score: str) -> RankedPixels:
        found, stored_as = [], set()
        images = self._open_images
        for image_id, codes, low, high in self._maps.codes(score, images):
            unit_map, rows = self._unit_map(images[image_id]), self._rows(images[image_id])
            stored_as |= _stored_as(codes, 8 * codes.itemsize, unit_map)
            fitted = _fitted(codes, unit_map.shape)
            ordered, sizes = ascending(fitted, unit_map, rows.stop - rows.start)
            found.append(RankedImage(rows, ordered, sizes, low, high))
        return RankedPixels(found, len(self.whole), ", ".join(sorted(stored_as)))

    @cached_property
    def class_shares(self) -> npt.NDArray[np.float32]:
        """(U, C) predicted share of each class in each candidate: exact in any units.

        Raises:
            NotStoredError: if the units are not the stored ones and predictions were not kept.
        """
        classes = self.cycle.classes
        if self.stored:
            names = [f"class_{c}" for c in range(classes)]
            return self.cycle.units[names].to_numpy(np.float32)
        shares = np.zeros((len(self.whole), classes), np.float32)
        images = self._open_images
        for image_id, prediction in self.cycle.each_prediction(images):
            number = images[image_id]
            rows = self._rows(number)
            codes = self._unit_map(number).ravel().astype(np.intp) + 1
            areas = np.maximum(self.state.index.areas[rows], 1)
            shares[rows] = class_shares(prediction, codes, areas, classes)
        return shares[self.candidates]

    @cached_property
    def boundary_share(self) -> npt.NDArray[np.float32]:
        """(U,) share of each candidate's pixels that lie beside another predicted class.

        Raises:
            NotStoredError: if the units are not the stored ones and predictions were not kept.
        """
        if self.stored:
            return self.cycle.units["boundary_share"].to_numpy(np.float32)
        shares = np.zeros(len(self.whole), np.float32)
        images = self._open_images
        for image_id, prediction in self.cycle.each_prediction(images):
            number = images[image_id]
            rows = self._rows(number)
            codes = self._unit_map(number).ravel().astype(np.intp) + 1
            areas = np.maximum(self.state.index.areas[rows], 1)
            shares[rows] = boundary_share(prediction, codes, areas)
        return shares[self.candidates]

    @cached_property
    def embeddings(self) -> Embeddings:
        """A vector for every unit of the pool: the stored one, else pooled from the feature map.

        Raises:
            NotStoredError: if the cycle keeps neither.
        """
        if self.stored:
            return self.cycle.embeddings
        ids = self.whole.unit_ids
        return Embeddings(ids, self.coarse_vectors(ids), np.isin(ids, self.state.labelled))

    @cached_property
    def clusters(self) -> Clusters:
        """k-means clusters of the pool's embeddings, to measure queries in."""
        return Clusters(self.embeddings.vectors)

    def coarse_vectors(self, ids: UnitIds) -> npt.NDArray[np.float32]:
        """Pool (K, D) vectors of some units, ascending, from their images' coarse feature maps.

        Raises:
            NotStoredError: if the cycle does not keep these.
        """
        parts = []
        for number, part in by_image(ids):
            features = self.cycle.feature_map(self.whole.image_ids[number]).astype(np.float32)
            weights = self._cell_weights(
                self.layout(number), (features.shape[0], features.shape[1])
            )
            parts.append(weights[local_numbers(part)] @ features.reshape(weights.shape[1], -1))
        return np.concatenate(parts)

    def _cell_weights(self, layout: UnitLayout, cells: tuple[int, int]) -> npt.NDArray[np.float32]:
        def make() -> tuple[UnitLayout, npt.NDArray[np.float32]]:
            return layout, cell_weights(layout.unit_map, len(layout), cells)

        # the layout is held beside its weights, so its id stays its own
        return self._weights.get((id(layout), cells), make)[1]


def _stored_as(stored: npt.NDArray[Any], bits: int, unit_map: npt.NDArray[np.int32]) -> set[str]:
    """Say how a map of an image is stored."""
    small = {"at a reduced size"} if stored.shape != unit_map.shape else set()
    return {f"in {bits} bits", *small}


def _fitted(stored: npt.NDArray[Any], size: tuple[int, ...]) -> npt.NDArray[Any]:
    """Give every pixel the value of the stored one that covers it, so that counts count pixels."""
    if stored.shape == size:
        return stored
    return np.asarray(cv2.resize(stored, size[::-1], interpolation=cv2.INTER_NEAREST))
