"""The pool as the store describes it: images, their sizes, what is labelled. No masks, no torch."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.datasets import open_dataset
from workbench.errors import ConfigError, StoreError
from workbench.pool import PoolIndex
from workbench.pool.windows import WindowIndex
from workbench.types import Frame, UnitIds, image_numbers, local_numbers
from workbench.units import UNITS
from workbench.units.window import Windows

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.store import Cycle, Run
    from workbench.units.base import AnyLayout, UnitScheme


def run_of(cycle: Cycle) -> Run:
    """Return the run of a cycle.

    Raises:
        StoreError: if the cycle is a shared cycle 0 that was opened for itself.
    """
    if cycle.run is None:
        raise StoreError(
            f"{cycle!r} was opened without its run; open it with store.run(run_id).cycle(0)."
        )
    return cycle.run


class StoredImages:
    """The images of a pool, from its stored table; :func:`workbench.pool.index_pool` reads these.

    The dataset itself is opened only for units that depend on an image's content.

    Args:
        cycle: of the run whose pool it is.
    """

    def __init__(self, cycle: Cycle) -> None:
        self._experiment = run_of(cycle).experiment
        self.units = UNITS.bind(self._experiment.config.units.spec)
        self._scheme: UnitScheme = self.units.call()
        self.labelled = {n: local_numbers(ids) for n, ids in by_image(cycle.labelled)}
        """Image number ► local numbers of its labelled units."""

    @cached_property
    def index(self) -> PoolIndex:
        """The pool's index in the units that were stored."""
        if isinstance(self._scheme, Windows):
            return self._windows(self._scheme)
        pool = self._experiment.pool.sort_values("unit_id")
        images = pool.drop_duplicates("image_number")
        corners = pool.groupby("image_number")[["y1", "x1"]].max()
        return PoolIndex(
            image_ids=tuple(images["image_id"]),
            sizes=corners.to_numpy(np.int64),
            unit_ids=pool["unit_id"].to_numpy(np.int64),
            boxes=pool[["y0", "x0", "y1", "x1"]].to_numpy(np.int32),
            areas=pool["area"].to_numpy(np.int64),
            sequences=pool["sequence"].to_numpy(object),
            frames=pool["frame"].to_numpy(np.int64),
        )

    def _windows(self, scheme: Windows) -> PoolIndex:
        images = self._experiment.places.images
        frames = [Frame(str(s), int(f)) for s, f in images[["sequence", "frame"]].to_numpy()]
        sizes = images[["height", "width"]].to_numpy(np.int64)
        return WindowIndex(images["image_id"], sizes, frames, scheme)

    def check_covered(self) -> None:
        """See that the stored units cover their images, so that they tell the images' sizes.

        Raises:
            ConfigError: if they do not: then the pool is no set of whole images to be cut anew.
        """
        covered = self.index.image_costs("pixels")
        if (covered != self.index.sizes.prod(axis=1)).any():
            raise ConfigError(
                f"This pool's units ({self.units.key}) do not cover its images once, so it cannot "
                f"be cut into others; ask with units={self.units.key!r}."
            )

    @cached_property
    def dataset(self) -> SegmentationDataset:
        """The dataset, where the experiment found it.

        Raises:
            DatasetError: if it is gone.
        """
        return open_dataset(self._experiment.config.dataset, self._experiment.data_dir)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {key: number for number, key in enumerate(self.index.image_ids)}

    def keys(self, split: str) -> list[str]:  # noqa: ARG002 - the pool is the training split
        """Return the images' keys; the position is the image number."""
        return list(self.index.image_ids)

    def size(self, split: str, key: str) -> tuple[int, int]:  # noqa: ARG002
        """Return (H, W) of an image."""
        height, width = self.index.sizes[self._numbers[key]].tolist()
        return height, width

    def image(self, split: str, key: str) -> npt.NDArray[np.uint8]:
        """Return an image, (H, W, 3) uint8 RGB; opens the dataset."""
        return self.dataset.image(split, key)

    def frame(self, split: str, key: str) -> Frame | None:  # noqa: ARG002
        """Return an image's place in its sequence."""
        row = self._experiment.places.images.iloc[self._numbers[key]]
        return Frame(str(row["sequence"]), int(row["frame"]))

    def layout(self, number: int, scheme: UnitScheme | None = None) -> AnyLayout:
        """Return an image's units, in the stored division or another one."""
        scheme = scheme or self._scheme
        key = self.index.image_ids[number]
        if not scheme.needs_image:
            return scheme.layout(self.size("train", key))
        image = self.image("train", key)  # tells its size even where the units do not cover it
        return scheme.layout((image.shape[0], image.shape[1]), image)

    def labelled_pixels(self, number: int) -> npt.NDArray[np.bool_] | None:
        """Return (H, W), which pixels of an image are labelled; ``None`` if none is."""
        labelled = self.labelled.get(number)
        if labelled is None:
            return None
        return self.layout(number).pixels(labelled)


def by_image(ids: UnitIds) -> list[tuple[int, UnitIds]]:
    """Return the numbers of the images that units lie in, with the ids of each; all ascending."""
    if not len(ids):
        return []
    ordered = np.sort(ids)
    numbers, starts = np.unique(image_numbers(ordered), return_index=True)
    return list(zip(numbers.tolist(), np.split(ordered, starts[1:]), strict=True))
