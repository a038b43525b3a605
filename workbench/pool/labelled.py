"""The labelled set: training samples made of revealed units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from workbench.datasets.cache import DEFAULT_CACHE_BYTES, ArrayCache
from workbench.errors import ConfigError
from workbench.types import image_numbers, local_numbers

if TYPE_CHECKING:
    from workbench.datasets.base import Image, Mask, SegmentationDataset
    from workbench.pool.oracle import Oracle
    from workbench.types import UnitIds

View = Literal["image", "unit"]
"""``image``: whole images, unrevealed pixels void (EquAL). ``unit``: each unit by itself (MEAL)."""

Sample = tuple["Image", "Mask", str]
"""(h, w, 3) uint8 RGB, (h, w) uint8 training ids with void = ``IGNORE``, a name for messages."""


class LabelledSet(Sequence[Sample]):
    """Samples in the order of their ids, so that the order of labelling changes no result.

    Units revealed later do not change a set. Arrays are read-only and shared between calls.

    Args:
        oracle: returns the labels of revealed units.
        dataset: the dataset with the images.
        view: ``image``: whole images, pixels not revealed are void. ``unit``: one sample per unit,
            cut by its box, pixels outside the unit are void.
        cache_bytes: most bytes of decoded images and masks in the cache.

    Raises:
        ConfigError: for another view.
    """

    def __init__(
        self,
        oracle: Oracle,
        dataset: SegmentationDataset,
        view: View,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        if view not in ("image", "unit"):
            raise ConfigError(f"The view of labelled samples is {view!r}; wanted image or unit.")
        self._oracle = oracle
        self._dataset = dataset
        self.view = view
        self._cache = ArrayCache(cache_bytes)
        ids = np.sort(oracle.revealed)
        cuts = 1 + np.flatnonzero(np.diff(image_numbers(ids)))  # where the next image begins
        if view == "unit":
            cuts = np.arange(1, len(ids))
        self._groups = np.split(ids, cuts) if len(ids) else []

    def __len__(self) -> int:
        return len(self._groups)

    @overload
    def __getitem__(self, i: int) -> Sample: ...
    @overload
    def __getitem__(self, i: slice) -> list[Sample]: ...
    def __getitem__(self, i: int | slice) -> Sample | list[Sample]:
        """Return sample i: image, mask and name."""
        if isinstance(i, slice):
            return [self[j] for j in range(*i.indices(len(self)))]
        ids = self._groups[i]
        number, geometry = int(image_numbers(ids[0])), self._oracle.geometry
        name = geometry.image_ids[number]
        image = self._cache.get(("image", number), lambda: self._dataset.image("train", name))
        mask = self._cache.get(("mask", int(ids[0])), lambda: self._mask(ids))
        if self.view == "unit":
            y0, x0, y1, x1 = geometry.boxes_of(ids)[0]
            image = image[y0:y1, x0:x1]
            name = f"{name}#{int(local_numbers(ids[0]))}"
        return image, mask, name

    def _mask(self, ids: UnitIds) -> Mask:
        if self.view == "image":
            return self._oracle.labels(ids)
        (unit,) = self._oracle.units(ids)
        return unit.labels
