"""The geometry of a pool: its units and their places. Loads no torch.

Units are listed one by one, or are windows, whose places are computed from their ids.
:mod:`workbench.geometry.build` decides this once; all layers above read a
:class:`~workbench.geometry.base.Geometry`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.geometry.base import Begun, BudgetUnit, Geometry
    from workbench.geometry.build import divide, list_units, read_table
    from workbench.geometry.images import Images

_EXPORTS = {
    "Begun": "workbench.geometry.base:Begun",
    "BudgetUnit": "workbench.geometry.base:BudgetUnit",
    "Geometry": "workbench.geometry.base:Geometry",
    "Images": "workbench.geometry.images:Images",
    "divide": "workbench.geometry.build:divide",
    "list_units": "workbench.geometry.build:list_units",
    "read_table": "workbench.geometry.build:read_table",
}
__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = ["Begun", "BudgetUnit", "Geometry", "Images", "divide", "list_units", "read_table"]
