"""Cost views: what a selector reads as the cost of a unit, which may differ from the budget's unit.

==============  ==============================================================================
``uniform``     1 for every unit
``area``        the pixels of the unit
``boundary``    the pixels of the unit on the boundary between predicted classes
``predicted``   the cost that a rider predicts for the unit, in the column ``clicks``
``true``        the clicks that labelling the unit takes: read from labels that have not been paid
                for, so it measures what perfect knowledge of costs is worth; no method can use it
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
"""The column of the unit table that ``predicted`` reads; a rider has to write it."""

Price = Callable[[UnitIds], npt.NDArray[np.int64]]
"""Returns the clicks that labelling each unit takes, counted on the labels."""


def default_view(budget: Budget, predicted: bool) -> CostView:
    """Return the view that is nearest to the unit of a budget.

    Args:
        budget: the budget of the experiment.
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
        areas: (U,) pixels that labelling each unit would reveal.
        price: returns the clicks for ``true``; ``None`` where no label may be read.

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
                "a new experiment, e.g. click_cost, or choose the costs area or boundary."
            )
        return units[PREDICTED].to_numpy(np.float64)
    if price is None:
        raise ConfigError(
            "The costs true are read from labels, which may not be read here; choose uniform, "
            "area, boundary or predicted."
        )
    return price(units["unit_id"].to_numpy(np.int64)).astype(np.float64)
