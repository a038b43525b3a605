"""Cost views: what a selector takes for the cost of a unit, which need not be the budget's unit.

==============  ==============================================================================
``uniform``     1 for every unit
``area``        its pixels
``boundary``    its pixels that lie on the boundary between predicted classes
``predicted``   the clicks that a click-cost network predicts for it
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

from workbench.config import Budget, CostView
from workbench.errors import ConfigError, NotStoredError
from workbench.naming import CLICKS
from workbench.types import UnitIds

Floats = npt.NDArray[np.float64]
Price = Callable[[UnitIds], npt.NDArray[np.int64]]
"""Tells what units take in clicks, by their labels."""


def default_view(budget: Budget, predicted: bool) -> CostView:
    """Return the view that is nearest to a budget.

    Args:
        budget: of the experiment.
        predicted: whether a click-cost network is trained.
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
        price: tells the clicks of ``true``; ``None`` where no label may be read.

    Raises:
        ConfigError: for ``true`` where no label may be read.
        NotStoredError: for ``predicted`` where no click-cost network was trained.
    """
    if view == "uniform":
        return np.ones(len(units))
    if view == "area":
        return areas.astype(np.float64)
    if view == "boundary":
        return np.asarray(units["boundary_share"].to_numpy(np.float64) * areas)
    if view == "predicted":
        if CLICKS not in units:
            raise NotStoredError(
                "No click-cost network was trained in this cycle, so no clicks are predicted; set "
                "cost_learner in a new experiment, or take the costs area or boundary."
            )
        return units[CLICKS].to_numpy(np.float64)
    if price is None:
        raise ConfigError(
            "The costs true are read from labels, which are not at hand here; take uniform, area, "
            "boundary or predicted."
        )
    return price(units["unit_id"].to_numpy(np.int64)).astype(np.float64)
