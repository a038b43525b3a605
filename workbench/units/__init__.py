"""Query units: schemes that divide an image into the parts that the oracle labels at once.

An implementation is a class; ``Bound.call()`` returns a :class:`~workbench.units.base.UnitScheme`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.param import LARGEST_SEED, LARGEST_SIDE
from workbench.registry import Param, Registry, lazy_exports
from workbench.units._entry import UnitsEntry

if TYPE_CHECKING:
    from workbench.units.base import Layout, UnitLayout, UnitScheme, WindowLayout

UNITS = Registry("query unit", "workbench.units", UnitsEntry)

UNITS.add(
    UnitsEntry(
        name="image",
        target="workbench.units.image:WholeImage",
        summary="The whole image.",
    ),
    UnitsEntry(
        name="grid",
        target="workbench.units.grid:Grid",
        summary="Non-overlapping blocks, rows × columns, equal up to one pixel.",
        params=(
            Param("rows", "int", 4, "blocks from top to bottom", low=1, high=1024),
            Param("columns", "int", 4, "blocks from left to right", low=1, high=1024),
        ),
        source="MEAL (4×4); Golestaneh & Kitani (5×5 on CamVid, 4×8 on Cityscapes)",
    ),
    UnitsEntry(
        name="crop",
        target="workbench.units.crop:RandomCrop",
        summary="One random crop per image; the rest of the image is discarded.",
        params=(
            Param("height", "int", 512, "pixels; a smaller image is taken whole", 1, LARGEST_SIDE),
            Param("width", "int", 512, "pixels; a smaller image is taken whole", 1, LARGEST_SIDE),
            Param("seed", "int", 0, "seed of the crops' places", 0, LARGEST_SEED),
        ),
        source="Chen et al. III-C (512×512)",
    ),
    UnitsEntry(
        name="superpixel",
        target="workbench.units.superpixel:Superpixels",
        summary="Superpixels that follow the image's edges (SLIC).",
        params=(
            Param("segments", "int", 100, "superpixels per image, about", 1, 1_000_000),
            Param("compactness", "float", 10.0, "large: like squares; small: along edges", 0, 1e6),
        ),
        source="Achanta et al. 2012; scikit-image",
    ),
    UnitsEntry(
        name="window",
        target="workbench.units.window:Windows",
        summary="Sliding windows, which may overlap; picks keep apart from each other.",
        params=(
            Param("height", "int", 128, "pixels; a smaller image is taken whole", 1, LARGEST_SIDE),
            Param("width", "int", 128, "pixels; a smaller image is taken whole", 1, LARGEST_SIDE),
            Param("stride", "int", 32, "pixels from one window to the next", 1, LARGEST_SIDE),
            Param(
                "max_overlap",
                "float",
                0.0,
                "largest share of a pick that is labelled or picked already",
                low=0.0,
                high=0.99,
            ),
        ),
        source="CEREALS (128×128 and 512×512); Gu, III-B.1",
        overlap=True,
    ),
)

_EXPORTS = {
    "Layout": "workbench.units.base:Layout",
    "UnitLayout": "workbench.units.base:UnitLayout",
    "UnitScheme": "workbench.units.base:UnitScheme",
    "WindowLayout": "workbench.units.base:WindowLayout",
}
__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = ["UNITS", "Layout", "UnitLayout", "UnitScheme", "UnitsEntry", "WindowLayout"]
