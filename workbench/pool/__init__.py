"""The pool: which of its units are labelled, budgets, and where labels come from.

A query or a draw of initial units is a :class:`Queue`; :func:`collect` requests its labels from a
:class:`LabelSource` and pays for them. The :class:`Oracle` returns labels of revealed units, and
:class:`LabelledSet` and ``ClickSet`` make training samples of these labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.pool.allowance import (
        Allowance,
        affordable,
        check_budget,
        labelled_share,
        nominal_shares,
    )
    from workbench.pool.initial import initial_sets, middle
    from workbench.pool.labelled import LabelledSet
    from workbench.pool.oracle import Oracle
    from workbench.pool.prices import Prices
    from workbench.pool.purchase import Paid, Queue, collect
    from workbench.pool.source import LabelSource, MaskLabels
    from workbench.pool.state import PoolState
    from workbench.pool.unlabelled import UnlabelledImages

_EXPORTS = {
    "Allowance": "workbench.pool.allowance:Allowance",
    "LabelSource": "workbench.pool.source:LabelSource",
    "LabelledSet": "workbench.pool.labelled:LabelledSet",
    "MaskLabels": "workbench.pool.source:MaskLabels",
    "Oracle": "workbench.pool.oracle:Oracle",
    "Paid": "workbench.pool.purchase:Paid",
    "PoolState": "workbench.pool.state:PoolState",
    "Prices": "workbench.pool.prices:Prices",
    "Queue": "workbench.pool.purchase:Queue",
    "UnlabelledImages": "workbench.pool.unlabelled:UnlabelledImages",
    "affordable": "workbench.pool.allowance:affordable",
    "check_budget": "workbench.pool.allowance:check_budget",
    "collect": "workbench.pool.purchase:collect",
    "initial_sets": "workbench.pool.initial:initial_sets",
    "labelled_share": "workbench.pool.allowance:labelled_share",
    "middle": "workbench.pool.initial:middle",
    "nominal_shares": "workbench.pool.allowance:nominal_shares",
}
__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = [
    "Allowance",
    "LabelSource",
    "LabelledSet",
    "MaskLabels",
    "Oracle",
    "Paid",
    "PoolState",
    "Prices",
    "Queue",
    "UnlabelledImages",
    "affordable",
    "check_budget",
    "collect",
    "initial_sets",
    "labelled_share",
    "middle",
    "nominal_shares",
]
