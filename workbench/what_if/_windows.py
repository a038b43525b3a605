"""A cycle's pool in sliding windows: sums over boxes where other units have a unit map.

As for the engine, a window is a candidate while at most its scheme's ``max_overlap`` of it is
labelled; it is scored by all its pixels and costs those that are not labelled yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from workbench.aggregation import AggregationEntry, over_boxes
from workbench.errors import NotStoredError
from workbench.pool import PoolIndex, PoolState
from workbench.pool.windows import MOST_DESCRIBED, WindowIndex
from workbench.registry import Bound
from workbench.scoring.cells import window_means
from workbench.scoring.shares import boundary
from workbench.types import UnitIds, local_numbers
from workbench.what_if._pool import AskedPool, UnitScores, _fitted
from workbench.what_if._stored import StoredImages, by_image

Mask = npt.NDArray[np.bool_]


class AskedWindows(AskedPool):
    """See :class:`AskedPool`."""

    @cached_property
    def whole(self) -> PoolIndex:
        """Every window with all its pixels."""
        if self.stored:
            return self._images.index
        self._images.check_covered()
        keys = self._images.keys("train")
        return WindowIndex(
            keys,
            [self._images.size("train", key) for key in keys],
            [self._images.frame("train", key) for key in keys],
            self._scheme,  # of an entry whose units overlap
            begun=_Begun(self._images),
        )

    @cached_property
    def state(self) -> PoolState:
        """The pool; what was labelled in other units is known to its index."""
        return PoolState(self.whole, self.cycle.labelled if self.stored else np.empty(0, np.int64))

    @cached_property
    def unit_ids(self) -> UnitIds:  # kept: there may be millions
        """(U,) ids of the candidates, ascending."""
        return self.state.unlabelled

    @cached_property
    def candidates(self) -> npt.NDArray[np.int64]:
        """(U,) rows of the index that may be queried."""
        return self.whole.rows(self.unit_ids)

    def pixels(self, ids: UnitIds) -> dict[int, Mask]:
        """Return, for every image that some windows lie in, which pixels they would reveal."""
        found = {}
        for number, part in by_image(ids):
            mine = self._images.layout(number, self._scheme).pixels(local_numbers(part))
            labelled = self._images.labelled_pixels(number)
            found[number] = mine if labelled is None else mine & ~labelled
        return found

    def outlines(self, ids: UnitIds) -> None:
        """Windows are rectangles."""

    @cached_property
    def _parts(self) -> dict[str, tuple[slice, npt.NDArray[np.int32]]]:
        """Image ► where its windows stand among the candidates, and their boxes."""
        parts, end = {}, 0
        for number, ids in by_image(self.unit_ids):
            rows = slice(end, end := end + len(ids))
            parts[self.whole.image_ids[number]] = rows, self.whole.boxes_of(ids)
        return parts

    def _size(self, image_id: str) -> tuple[int, int]:
        return self._images.size("train", image_id)

    def _scores_from_maps(self, score: str, aggregation: Bound[AggregationEntry]) -> UnitScores:
        values, stored_as = np.zeros(len(self.unit_ids)), set()
        for image_id, score_map, bits in self._maps.each(score, self._parts):
            rows, boxes = self._parts[image_id]
            size = self._size(image_id)
            stored_as.add(f"in {bits} bits")
            if score_map.shape != size:
                stored_as.add("at a reduced size")
            values[rows] = over_boxes(_fitted(score_map, size), boxes, aggregation)
        return UnitScores(values, ", ".join(sorted(stored_as)))

    @cached_property
    def class_shares(self) -> npt.NDArray[np.float32]:
        """(U, C) predicted share of each class in each candidate.

        Raises:
            NotStoredError: if predictions were not kept, or the windows are too many.
        """
        classes = self.cycle.classes
        names = [f"class_{c}" for c in range(classes)]
        if self.stored and names[0] in self.cycle.units:
            return self.cycle.units[names].to_numpy(np.float32)
        self._require_few("class shares", len(self.unit_ids))
        shares = np.zeros((len(self.unit_ids), classes), np.float32)
        for image_id, prediction in self.cycle.each_prediction(self._parts):
            rows, boxes = self._parts[image_id]
            for found in np.unique(prediction).tolist():
                shares[rows, found] = over_boxes(prediction == found, boxes)
        return shares

    @cached_property
    def boundary_share(self) -> npt.NDArray[np.float32]:
        """(U,) share of each candidate's pixels that lie beside another predicted class.

        Raises:
            NotStoredError: if the windows are not the stored ones and predictions were not kept.
        """
        if self.stored:
            return self.cycle.units["boundary_share"].to_numpy(np.float32)
        shares = np.zeros(len(self.unit_ids), np.float32)
        for image_id, prediction in self.cycle.each_prediction(self._parts):
            rows, boxes = self._parts[image_id]
            shares[rows] = over_boxes(boundary(prediction), boxes)
        return shares

    def coarse_vectors(self, ids: UnitIds) -> npt.NDArray[np.float32]:
        """Pool (K, D) vectors of some windows, ascending, from their images' feature maps."""
        self._require_few("vectors", len(ids))
        parts = []
        for number, part in by_image(ids):
            image_id = self.whole.image_ids[number]
            features = self.cycle.feature_map(image_id).astype(np.float32)
            parts.append(window_means(features, self.whole.boxes_of(part), self._size(image_id)))
        return np.concatenate(parts)

    def _require_few(self, what: str, windows: int) -> None:
        if windows > MOST_DESCRIBED:
            raise NotStoredError(
                f"The {what} of {windows:,} windows are not worked out, at most "
                f"{MOST_DESCRIBED:,} are; ask for a longer stride."
            )


class _Begun(Mapping[int, Mask]):
    """Labelled pixels of the images that have some, worked out when they are asked for."""

    def __init__(self, images: StoredImages) -> None:
        self._images = images
        self._last: tuple[int, Mask] | None = None

    def __getitem__(self, number: int) -> Mask:
        if self._last is None or self._last[0] != number:
            pixels = self._images.labelled_pixels(number)
            if pixels is None:
                raise KeyError(number)
            self._last = number, pixels
        return self._last[1]

    def __iter__(self) -> Iterator[int]:
        return iter(self._images.labelled)

    def __contains__(self, number: object) -> bool:
        return number in self._images.labelled

    def __len__(self) -> int:
        return len(self._images.labelled)
