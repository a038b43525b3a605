"""The geometry of an experiment's pool on disk: its table, and unit maps where they follow images.

Both are written once, when the experiment is made, and read from then on, in any process.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workbench.config import Component
from workbench.geometry import Geometry, read_table
from workbench.geometry.unit_maps import UnitMaps
from workbench.store import arrays, files, layout
from workbench.store.sealed import SealedFolder
from workbench.units import UNITS

_COMPARED = ("image_id", "height", "width", "unit_id", "area")


def write(folder: Path, pool: Geometry) -> list[str]:
    """Write a pool into the folder of an experiment that has no record yet.

    Returns:
        The names of the files.

    Raises:
        StoreError: if writing fails.
    """
    names = [layout.POOL]
    if pool.unit_maps is not None:
        files.write_bytes(folder / layout.UNIT_MAPS, pool.unit_maps.content())
        names.append(layout.UNIT_MAPS)
    arrays.write_table(folder / layout.POOL, pool.table(), durable=True)
    return names


def read(sealed: SealedFolder, units: Component) -> Geometry:
    """Read the pool of an experiment.

    Args:
        sealed: the files that the experiment's record lists.
        units: the config's query units.

    Raises:
        StoreError: if a file is gone or damaged.
    """
    maps = sealed.path(layout.UNIT_MAPS) if sealed.holds(layout.UNIT_MAPS) else None
    return read_table(
        arrays.read_table(sealed.path(layout.POOL)),
        UNITS.bind(units.spec).call(),
        UnitMaps(maps) if maps is not None else None,
    )


def same(first: Geometry, second: Geometry) -> bool:
    """Whether two pools have the same images and the same units."""
    if first is second:
        return True
    if len(first) != len(second) or first.n_images != second.n_images:
        return False
    return same_table(first.table(), second.table())


def same_table(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two tables of a pool have the same images and the same units."""
    return all(
        np.array_equal(one[name].to_numpy(), other[name].to_numpy())
        for name in _COMPARED
        if name in one
    )
