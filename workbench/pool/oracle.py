"""The oracle: the only code that reads masks of the training split."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.datasets.base import Mask
from workbench.errors import PoolError, ShapeError
from workbench.pool.click_set import ClickSet
from workbench.pool.clicks import CLICK_TOLERANCE, count_clicks
from workbench.pool.labelled import LabelledSet, View
from workbench.pool.state import PoolState
from workbench.types import IGNORE, UnitIds, by_image, image_numbers, local_numbers

if TYPE_CHECKING:
    from workbench.datasets.base import Image, SegmentationDataset
    from workbench.geometry import Geometry
    from workbench.units.base import Layout


class UnitLabels(NamedTuple):
    """What the oracle tells of one unit.

    Attributes:
        id: of the unit.
        place: rows and columns of its box in the image.
        inside: (h, w) which pixels of the box are the unit's.
        labels: (h, w) uint8 class ids, void outside the unit.
    """

    id: int
    place: tuple[slice, slice]
    inside: npt.NDArray[np.bool_]
    labels: Mask


class Oracle:
    """Gives labels of the units that were revealed to it, and of no others.

    Args:
        dataset: where the masks are.
        geometry: of the pool.
        tolerance: of the polygons by which clicks are counted, pixels.
        counted: unit id ► clicks counted before, which oracles of one dataset, units and tolerance
            share; ``None`` for none.
    """

    def __init__(
        self,
        dataset: SegmentationDataset,
        geometry: Geometry,
        tolerance: float = CLICK_TOLERANCE,
        counted: dict[int, int] | None = None,
    ) -> None:
        self._dataset = dataset
        self._state = PoolState(geometry)
        self._tolerance = tolerance
        self._counted = {} if counted is None else counted

    @property
    def revealed(self) -> UnitIds:
        """Ids revealed so far, in order."""
        return self._state.labelled

    def reveal(self, ids: npt.ArrayLike) -> None:
        """Label some units.

        Raises:
            PoolError: if one is not in the pool or was revealed before.
        """
        self._state = self._state.reveal(ids)

    def labelled_set(self, view: View) -> LabelledSet:
        """Return the training samples of what is revealed now; later reveals do not change it.

        Args:
            view: ``image``: whole images, pixels not revealed are void. ``unit``: one sample a
                unit, cut by its box, pixels outside the unit are void.
        """
        return LabelledSet(self, self._state.geometry, np.sort(self.revealed), view)

    def click_set(self) -> ClickSet:
        """Return where the units that are revealed now were clicked, image by image."""
        return ClickSet(self, self._state.geometry, np.sort(self.revealed), self._tolerance)

    def clicks(self, ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return (k,) what labelling each of some revealed units took, in clicks.

        Raises:
            PoolError: if one of them was not revealed.
        """
        asked = np.asarray(ids, dtype=np.int64)
        hidden = asked[~np.isin(asked, self.revealed)]
        if len(hidden):
            raise PoolError(f"The unit {int(hidden[0])} was not revealed; reveal it first.")
        new = [unit for unit in asked.tolist() if unit not in self._counted]
        for _, mine in by_image(new):
            for unit in self.each_unit(mine):
                self._counted[unit.id] = count_clicks(unit.labels, self._tolerance)
        return np.array([self._counted[unit] for unit in asked.tolist()], dtype=np.int64)

    def price(self, ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return (k,) what some units would take, in clicks, revealed or not.

        It reads labels that nobody has paid for. A query may use it to learn where its budget ends;
        ranking by it is a study of what perfect knowledge of costs would be worth.
        """
        asked = np.unique(np.asarray(ids, dtype=np.int64))
        hidden = [unit for unit in asked.tolist() if unit not in self._counted]
        if hidden:
            other = Oracle(self._dataset, self._state.geometry, self._tolerance, self._counted)
            other.reveal(hidden)
            other.clicks(hidden)
        return np.array([self._counted[u] for u in np.asarray(ids).tolist()], dtype=np.int64)

    def reveal_within(self, ids: npt.ArrayLike, limit: int) -> UnitIds:
        """Label units in the order given, as long as they fit into a number of clicks.

        Returns:
            those that were labelled: all before the first that would pass the limit.
        """
        wanted, spent, kept = np.asarray(ids, dtype=np.int64), 0, 0
        for unit in wanted:
            spent += int(self.price([unit])[0])
            if spent > limit:
                break
            kept += 1
        self.reveal(wanted[:kept])
        return wanted[:kept]

    def class_pixels(self, n_classes: int) -> npt.NDArray[np.int64]:
        """Count the pixels of each class in what is revealed now.

        Returns:
            (C,) pixels; void is left out, a pixel that several units share counts once.
        """
        ids = np.sort(self.revealed)
        parts = np.split(ids, 1 + np.flatnonzero(np.diff(image_numbers(ids)))) if len(ids) else []
        counts = np.zeros(IGNORE + 1, dtype=np.int64)
        for part in parts:
            counts += np.bincount(self.labels(part).ravel(), minlength=IGNORE + 1)
        return counts[:n_classes]

    def image(self, number: int) -> Image:
        """Return an image of the pool by its number."""
        return self._dataset.image("train", self._state.geometry.image_ids[number])

    def layout(self, number: int) -> Layout:
        """Return the units of an image by its number."""
        return self._state.geometry.layout(number)

    def each_unit(self, ids: UnitIds) -> Iterator[UnitLabels]:
        """Yield what is labelled in some revealed units of one image, each by itself.

        Raises:
            PoolError: if one of them was not revealed.
        """
        layout, mask = self.layout(int(image_numbers(ids)[0])), self.labels(ids)
        boxes = self._state.geometry.boxes_of(ids).tolist()
        for unit, local, box in zip(ids.tolist(), local_numbers(ids), boxes, strict=True):
            place = slice(box[0], box[2]), slice(box[1], box[3])
            labels = mask[place]
            inside = layout.inside(int(local))
            yield UnitLabels(unit, place, inside, np.where(inside, labels, np.uint8(IGNORE)))

    def labels(self, ids: UnitIds) -> Mask:
        """Return the mask of one image in which everything but some revealed units is void.

        Args:
            ids: revealed units of one image.

        Raises:
            PoolError: if one of them was not revealed.
        """
        hidden = ids[~np.isin(ids, self.revealed)]
        if len(hidden):
            raise PoolError(f"The unit {int(hidden[0])} was not revealed; reveal it first.")
        number = int(image_numbers(ids)[0])
        layout = self.layout(number)
        mask = self._dataset.mask("train", self._state.geometry.image_ids[number])
        if mask.shape != layout.size:
            raise ShapeError(
                f"The mask of {self._state.geometry.image_ids[number]} is {mask.shape[0]}×"
                f"{mask.shape[1]}, its image {layout.size[0]}×{layout.size[1]}."
            )
        return np.where(layout.pixels(local_numbers(ids)), mask, np.uint8(IGNORE))
