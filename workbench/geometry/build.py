"""Makes a geometry from images and a scheme of units, or from a stored table.

This module decides once whether units are listed or are windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from workbench.geometry.images import Images
from workbench.geometry.listed import ListedGeometry
from workbench.geometry.windows import WindowGeometry
from workbench.units.window import Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbench.geometry.base import Geometry
    from workbench.geometry.images import Dataset
    from workbench.geometry.unit_maps import UnitMaps
    from workbench.units.base import UnitScheme

    Scheme = UnitScheme | Windows


def _kind(scheme: Scheme) -> type[Geometry]:
    return WindowGeometry if isinstance(scheme, Windows) else ListedGeometry


def list_units(dataset: Dataset, scheme: Scheme) -> Geometry:
    """Return the geometry of a dataset's training split; see :func:`divide`.

    Raises:
        DatasetError: if an image file is broken.
    """
    keys = dataset.keys("train")
    return divide(Images.of(dataset), scheme, lambda n: dataset.image("train", keys[n]))


def divide(
    images: Images, scheme: Scheme, image: Callable[[int], npt.NDArray[Any]] | None = None
) -> Geometry:
    """Divide images into units.

    Args:
        images: the images of the pool.
        scheme: how an image is divided.
        image: decodes an image, given its number; only for a scheme that reads images.

    Raises:
        ShapeError: if an image is too small for the scheme, or must be read and is not given.
        PoolError: if an image has more units than the id space holds.
    """
    return _kind(scheme).divide(images, scheme, image)


def read_table(table: pd.DataFrame, scheme: Scheme, unit_maps: UnitMaps | None = None) -> Geometry:
    """Return the geometry of a stored table, the inverse of :meth:`Geometry.table`.

    Args:
        table: the table of a pool, in any order.
        scheme: the scheme that the pool was divided by; no image is divided again.
        unit_maps: the maps stored beside the table, where units follow the content of images.

    Raises:
        StoreError: if a column or an image is missing.
    """
    return _kind(scheme).read(Images.from_table(table), table, scheme, unit_maps)
