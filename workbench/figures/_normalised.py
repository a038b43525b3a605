"""Learning curves between their start and the metric with the whole pool labelled."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.metrics import normalised


def normalise(table: pd.DataFrame, full: float) -> pd.DataFrame:
    """Scale the curves of each method as Chen et al. do (V, Fig. 3).

    The seeds' mean starts at 0, and the metric with the whole pool labelled is 1; each seed is
    scaled by the same two numbers (:func:`workbench.metrics.normalised`).

    Args:
        table: points of one experiment: ``method``, ``seed``, ``cycle``, ``value`` (0–1).
        full: the metric with the whole pool labelled, 0–1.

    Returns:
        The table with other values; NaN for a seed without a value at its method's first cycle.

    Raises:
        ShapeError: if a method's mean starts where the whole pool is.
    """
    scaled = pd.Series(np.nan, index=table.index)
    for _, rows in table.assign(place=table.index).groupby("method", sort=False):
        curves = rows.pivot(index="seed", columns="cycle", values="value").astype(float)
        curves = curves[curves.iloc[:, 0].notna()]
        if curves.empty:
            continue
        places = rows.pivot(index="seed", columns="cycle", values="place").loc[curves.index]
        there = places.notna().to_numpy()
        found = normalised(curves.to_numpy(), full)[there]
        scaled.loc[places.to_numpy()[there]] = found
    return table.assign(value=scaled)
