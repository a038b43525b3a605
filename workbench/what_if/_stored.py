"""The pool of a stored cycle: where its units lie, what is labelled. No masks, no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.datasets import open_dataset
from workbench.errors import ConfigError
from workbench.geometry import Geometry, divide
from workbench.recent import Recent
from workbench.store import run_of
from workbench.types import UnitIds, by_image, local_numbers
from workbench.units import UNITS

if TYPE_CHECKING:
    from workbench.datasets.base import Image
    from workbench.registry import Bound
    from workbench.store import Cycle
    from workbench.units import UnitsEntry

Mask = npt.NDArray[np.bool_]

MOST_UNITS = 1_000_000
"""Units of a pool that was cut again: an address alone asks for them, and each takes memory."""

_divided: Recent[Geometry] = Recent(4)
"""(experiment, units) ► its pool in those units, shared by all cycles of the experiment."""


class StoredPool:
    """The pool of a cycle in the experiment's own units.

    Args:
        cycle: a published cycle of a run.

    Attributes:
        units: the experiment's query units.
        geometry: the geometry of the pool, as stored.
        labelled: image number ► (H, W) which of its pixels are labelled.
    """

    def __init__(self, cycle: Cycle) -> None:
        self._experiment = run_of(cycle).experiment
        self.units = UNITS.bind(self._experiment.config.units.spec)
        self.geometry: Geometry = self._experiment.geometry
        self.labelled = LabelledPixels(self.geometry, cycle.labelled)

    def divided(self, units: Bound[UnitsEntry]) -> Geometry:
        """Return the geometry of the same images in other units.

        The dataset is opened only for units that follow the content of images.

        Raises:
            ConfigError: if the experiment's units do not cover each pixel of the images once, or
                there would be more than ``MOST_UNITS``.
            DatasetError: if the dataset must be read and is gone.
        """
        covered = self.geometry.image_costs("pixels")
        if (covered != self.geometry.sizes.prod(axis=1)).any():
            raise ConfigError(
                f"This pool's units ({self.units.key}) do not cover its images once, so it cannot "
                f"be cut into others; give units={self.units.key!r}."
            )
        experiment = self._experiment
        key = (str(experiment.path.resolve()), experiment.created, units.key)
        return _divided.get(key, lambda: self._divide(units))

    def _divide(self, units: Bound[UnitsEntry]) -> Geometry:
        scheme = units.call()
        if not scheme.needs_image:
            sizes, repeats = np.unique(self.geometry.sizes, axis=0, return_counts=True)
            counts = [len(scheme.layout((int(h), int(w)))) for h, w in sizes]
            _require_few(int(np.dot(counts, repeats)), units)
            return divide(self.geometry.images, scheme)
        config, data_dir = self._experiment.config, self._experiment.data_dir
        dataset = open_dataset(config.dataset, data_dir, config.pool)
        keys = self.geometry.image_ids
        images = self.geometry.images

        def image(number: int) -> Image:
            found = dataset.image("train", keys[number])
            images.check_size(keys[number], found)
            return found

        return divide(images, scheme, image)


def _require_few(count: int, units: Bound[UnitsEntry]) -> None:
    if count > MOST_UNITS:
        raise ConfigError(
            f"The units {units.key} would cut this pool into {count:,} units, and a what-if query "
            f"takes at most {MOST_UNITS:,}; choose larger ones."
        )


class LabelledPixels(Mapping[int, Mask]):
    """Image number ► (H, W) labelled pixels, for images that have some; computed when read.

    Args:
        geometry: the geometry of the pool.
        labelled: (L,) ids of the labelled units.
    """

    def __init__(self, geometry: Geometry, labelled: UnitIds) -> None:
        self._geometry = geometry
        self._parts = dict(by_image(labelled))
        self._last: tuple[int, Mask] | None = None

    def __getitem__(self, number: int) -> Mask:
        last = self._last
        if last is None or last[0] != number:
            layout, ids = self._geometry.layout(number), self._parts[number]
            last = self._last = number, layout.pixels(local_numbers(ids))
        return last[1]

    def __iter__(self) -> Iterator[int]:
        return iter(self._parts)

    def __contains__(self, number: object) -> bool:
        return number in self._parts

    def __len__(self) -> int:
        return len(self._parts)
