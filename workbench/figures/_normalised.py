"""Learning curves between their start and the metric with the whole pool labelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.figures._references import whole_pool_of
from workbench.figures._runs import one_experiment
from workbench.metrics import normalised
from workbench.units import UNITS

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord, Run


_NEEDS = "Normalised curves need the metric with the whole pool labelled"


def scale(
    runs: Sequence[Run], y: str, table: pd.DataFrame, full: float | None
) -> tuple[float | None, str]:
    """Return what the curves of an experiment are normalised by.

    Args:
        runs: of one experiment.
        y: the metric.
        table: its points, as of :func:`normalise`.
        full: the metric with the whole pool labelled, 0–1; left out: that of the first reference.

    Returns:
        The metric with the whole pool labelled and an empty text; or ``None`` and why the curves
        cannot be normalised, in a sentence.

    Raises:
        ConfigError: for runs of several experiments.
    """
    record = one_experiment(runs, "A normalised learning curve")
    if full is None and record is not None:
        found = whole_pool_of(record, y)
        if found is None:
            return None, _no_reference(record)
        full = found.mean
    why = "" if full is None else _too_low(table, full)
    return (None, why) if why else (full, "")


def _no_reference(record: ExperimentRecord) -> str:
    names = ", ".join(one.name for one in record.config.references)
    if names:
        return f"{_NEEDS}, and no reference of {record.id} has it measured yet: {names}."
    if UNITS.bind(record.config.units.spec).entry.overlap:
        return f"{_NEEDS}; {record.id} has no reference, since units that may overlap take none."
    return (
        f"{_NEEDS}, and {record.id} lists no reference; with `references: [supervised]` in its "
        "file the same command trains that network and nothing else."
    )


def _too_low(table: pd.DataFrame, full: float) -> str:
    first = table["cycle"] == table.groupby("method")["cycle"].transform("min")
    starts = table[first].groupby("method", sort=False)["value"].mean().dropna()
    if starts.empty or starts.max() < full:
        return ""
    return (
        "Normalised curves need more with the whole pool labelled than at their start; it is "
        f"{100 * full:.1f} %, and {starts.idxmax()} starts at {100 * starts.max():.1f} %."
    )


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
