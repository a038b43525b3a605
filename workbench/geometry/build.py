"""From images and a way to divide them, or from a stored table, to a geometry.

Whether units are listed or are windows is decided here, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.errors import PoolError
from workbench.geometry.base import PLACE_COLUMNS, UNIT_COLUMNS
from workbench.geometry.images import IMAGE_COLUMNS, Images, require_columns
from workbench.geometry.listed import ListedGeometry
from workbench.geometry.unit_maps import Packing
from workbench.geometry.windows import WindowGeometry
from workbench.types import UNITS_PER_IMAGE, unit_ids
from workbench.units.window import Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbench.geometry.base import Geometry
    from workbench.geometry.images import Dataset
    from workbench.geometry.unit_maps import UnitMaps
    from workbench.units.base import UnitScheme

    Scheme = UnitScheme | Windows


def list_units(dataset: Dataset, scheme: Scheme) -> Geometry:
    """Return the geometry of a dataset's training split; see :func:`divide`.

    Raises:
        DatasetError: if an image file is broken.
    """
    keys = dataset.keys("train")
    return divide(Images.of(dataset), scheme, lambda n: dataset.image("train", keys[n]))


def divide(images: Images, scheme: Scheme, image: Callable[[int], npt.NDArray[Any]]) -> Geometry:
    """Divide images into units.

    Args:
        images: of the pool.
        scheme: how an image is divided.
        image: decodes an image, given its number; read only if the scheme reads images.

    Raises:
        ShapeError: if an image is too small for the scheme.
        PoolError: if an image has more units than the id space holds.
    """
    if isinstance(scheme, Windows):
        for number, name in enumerate(images.ids):
            _require_room(name, scheme.count(images.size(number)))
        return WindowGeometry(images, scheme)
    ids, boxes, areas, packing = [], [], [], Packing()
    for number, name in enumerate(images.ids):
        shown = image(number) if scheme.needs_image else None
        layout = scheme.layout(images.size(number), shown)
        _require_room(name, len(layout))
        ids.append(unit_ids(number, np.arange(len(layout))))
        boxes.append(layout.boxes)
        areas.append(layout.areas)
        if shown is not None:
            packing.add(shown, None if layout.rectangular else layout.unit_map)
    return ListedGeometry(
        images,
        np.concatenate(ids),
        np.concatenate(boxes),
        np.concatenate(areas),
        by_size=None if scheme.needs_image else scheme.layout,
        unit_maps=packing.finish() if scheme.needs_image else None,
    )


def read_table(table: pd.DataFrame, scheme: Scheme, unit_maps: UnitMaps | None = None) -> Geometry:
    """Return the geometry that a stored table describes: :meth:`Geometry.table` backwards.

    Args:
        table: of a pool in any order.
        scheme: that the pool was divided by; no image is divided again.
        unit_maps: stored beside the table, where units follow what the images show.

    Raises:
        StoreError: if a column or an image is missing.
    """
    images = Images.from_table(table)
    if isinstance(scheme, Windows):
        return WindowGeometry(images, scheme)
    require_columns(table, (*UNIT_COLUMNS, *IMAGE_COLUMNS))
    rows = table.sort_values("unit_id")
    return ListedGeometry(
        images,
        rows["unit_id"].to_numpy(np.int64).copy(),
        rows[list(PLACE_COLUMNS)].to_numpy(np.int32).copy(),
        rows["area"].to_numpy(np.int64).copy(),
        by_size=None if scheme.needs_image else scheme.layout,
        unit_maps=unit_maps,
    )


def _require_room(name: str, units: int) -> None:
    if units > UNITS_PER_IMAGE:
        raise PoolError(
            f"The image {name} is divided into {units} units; an image may have {UNITS_PER_IMAGE}."
        )
