"""Query units: how an image is divided into the parts that the oracle labels at once.

An implementation is a class; ``Bound.call()`` gives a :class:`~workbench.units.base.UnitScheme`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import Entry, Param, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.units.base import UnitLayout, UnitScheme

UNITS = Registry("query unit", "workbench.units")

UNITS.add(
    Entry(
        name="image",
        target="workbench.units.image:WholeImage",
        summary="The whole image.",
    ),
    Entry(
        name="grid",
        target="workbench.units.grid:Grid",
        summary="Non-overlapping blocks, rows × columns, equal up to one pixel.",
        params=(
            Param("rows", "int", 4, "blocks from top to bottom", low=1),
            Param("columns", "int", 4, "blocks from left to right", low=1),
        ),
        source="MEAL (4×4); Golestaneh & Kitani (5×5 on CamVid, 4×8 on Cityscapes)",
    ),
)

_EXPORTS = {
    "UnitLayout": "workbench.units.base:UnitLayout",
    "UnitScheme": "workbench.units.base:UnitScheme",
}
__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = ["UNITS", "UnitLayout", "UnitScheme"]
