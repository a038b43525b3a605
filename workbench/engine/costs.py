"""Cost views: what a selector takes for the cost of a unit, which need not be the budget's unit.

==============  ==============================================================================
``uniform``     1 for every unit
``area``        its pixels
``boundary``    its pixels that lie on the boundary between predicted classes
``predicted``   what a rider predicts for it, in the column ``clicks``
``true``        the clicks that it takes: read from labels that nobody has paid for, so it says what
                perfect knowledge of costs would be worth, and nothing about a method
==============  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.budget import Budget
from workbench.config import CostView
from workbench.errors import ConfigError, NotStoredError
from workbench.types import UnitIds

Floats = npt.NDArray[np.float64]
PREDICTED = "clicks"
"""The unit table's column that ``predicted`` reads; a rider has to give it."""

Price = Callable[[UnitIds], npt.NDArray[np.int64]]
"""What units take in clicks, by their labels."""


def default_view(budget: Budget, predicted: bool) -> CostView:
    """Return the view that is nearest to a budget.

    Args:
        budget: of the experiment.
        predicted: whether a rider predicts costs.
    """
    if budget.unit == "units":
        return "uniform"
    return "predicted" if budget.unit == "clicks" and predicted else "area"


def costs_of(
    view: CostView, units: pd.DataFrame, areas: npt.NDArray[Any], price: Price | None
) -> Floats:
    """Return what units cost in a view.

    Args:
        view: one of the table above.
        units: one row a unit: ``unit_id``; ``boundary_share`` and ``clicks`` for the views that
            read them.
        areas: (U,) pixels that labelling each would reveal.
        price: the clicks of ``true``; ``None`` where no label may be read.

    Raises:
        ConfigError: for ``true`` where no label may be read.
        NotStoredError: for ``predicted`` where no rider predicted costs.
    """
    if view == "uniform":
        return np.ones(len(units))
    if view == "area":
        return areas.astype(np.float64)
    if view == "boundary":
        return np.asarray(units["boundary_share"].to_numpy(np.float64) * areas)
    if view == "predicted":
        if PREDICTED not in units:
            raise NotStoredError(
                "No network that predicts clicks was trained in this cycle; name one in riders of "
                "a new experiment, e.g. click_cost, or take the costs area or boundary."
            )
        return units[PREDICTED].to_numpy(np.float64)
    if price is None:
        raise ConfigError(
            "The costs true are read from labels, which are not at hand here; take uniform, area, "
            "boundary or predicted."
        )
    return price(units["unit_id"].to_numpy(np.int64)).astype(np.float64)
