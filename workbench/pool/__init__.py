"""The pool: which of its units are labelled, budgets, and the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.pool.budget import affordable, check_budget, initial_units
    from workbench.pool.labelled import LabelledSet
    from workbench.pool.oracle import Oracle
    from workbench.pool.state import PoolState
    from workbench.pool.unlabelled import UnlabelledImages

_EXPORTS = {
    "LabelledSet": "workbench.pool.labelled:LabelledSet",
    "Oracle": "workbench.pool.oracle:Oracle",
    "PoolState": "workbench.pool.state:PoolState",
    "UnlabelledImages": "workbench.pool.unlabelled:UnlabelledImages",
    "affordable": "workbench.pool.budget:affordable",
    "check_budget": "workbench.pool.budget:check_budget",
    "initial_units": "workbench.pool.budget:initial_units",
}
__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = [
    "LabelledSet",
    "Oracle",
    "PoolState",
    "UnlabelledImages",
    "affordable",
    "check_budget",
    "initial_units",
]
