"""The pool: every query unit of the training split, which are labelled, and the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.pool.budget import affordable, check_budget, initial_units
    from workbench.pool.index import PoolIndex, index_pool
    from workbench.pool.labelled import LabelledSet
    from workbench.pool.oracle import Oracle
    from workbench.pool.state import PoolState
    from workbench.pool.unlabelled import UnlabelledImages

_EXPORTS = {
    "LabelledSet": "workbench.pool.labelled:LabelledSet",
    "Oracle": "workbench.pool.oracle:Oracle",
    "PoolIndex": "workbench.pool.index:PoolIndex",
    "PoolState": "workbench.pool.state:PoolState",
    "UnlabelledImages": "workbench.pool.unlabelled:UnlabelledImages",
    "affordable": "workbench.pool.budget:affordable",
    "check_budget": "workbench.pool.budget:check_budget",
    "index_pool": "workbench.pool.index:index_pool",
    "initial_units": "workbench.pool.budget:initial_units",
}
__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = [
    "LabelledSet",
    "Oracle",
    "PoolIndex",
    "PoolState",
    "UnlabelledImages",
    "affordable",
    "check_budget",
    "index_pool",
    "initial_units",
]
