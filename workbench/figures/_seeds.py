"""Runs that differ in the seed alone, summarised: mean, standard deviation, spread, number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.errors import unknown_name
from workbench.metrics import LEVEL, seed_interval
from workbench.seeding import generator

Spread = Literal["range", "sd", "interval"]

SPREADS: dict[str, str] = {
    "range": "min–max",
    "sd": "±1 standard deviation",
    "interval": f"{LEVEL:.0%} interval of the mean",
}
"""What a band or a bar can be: the range of the seeds, one standard deviation each way, or the
interval that holds the mean over all seeds (``workbench.metrics.seed_interval``)."""


def check_spread(spread: str) -> None:
    """Check the name of a spread.

    Raises:
        ConfigError: if it is not a key of ``SPREADS``.
    """
    if spread not in SPREADS:
        raise unknown_name("spread", spread, SPREADS)


def over_seeds(table: pd.DataFrame, by: Sequence[str], spread: Spread = "range") -> pd.DataFrame:
    """Summarise the seeds of every group of rows.

    Args:
        table: one row per seed and group: the columns ``by`` and ``value``; a NaN does not count.
        by: columns that name a group.
        spread: what ``low`` and ``high`` are, a key of ``SPREADS``.

    Returns:
        One row per group, in order of first appearance: the columns ``by``, ``mean``, ``sd``
        (n − 1; NaN for fewer than two seeds), ``low``, ``high`` and ``seeds`` (how many have a
        value).
    """
    values = table.assign(value=table["value"].astype(float)).groupby(list(by), sort=False)["value"]
    mean, sd = values.mean(), values.std(ddof=1)
    if spread == "sd":
        low, high = mean - sd.fillna(0.0), mean + sd.fillna(0.0)
    elif spread == "interval":
        low, high = _interval_ends(values, mean)
    else:
        low, high = values.min(), values.max()
    columns = {"mean": mean, "sd": sd, "low": low, "high": high, "seeds": values.count()}
    return pd.DataFrame(columns).reset_index()


def resamples() -> np.random.Generator:
    """Return the generator of resamples; each look draws the same ones, so that none moves."""
    return generator(0, 0, "resamples of seeds")


def _interval_ends(values: Any, mean: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return both ends of the interval of each group's mean; the mean itself for one seed."""
    low, high = mean.copy(), mean.copy()
    groups = [group.dropna().to_numpy() for _, group in values]
    counts = np.array([len(group) for group in groups], dtype=int)
    for count in np.unique(counts[counts > 1]):
        places = np.flatnonzero(counts == count)
        found = seed_interval(np.stack([groups[at] for at in places], axis=1), resamples())
        low.iloc[places], high.iloc[places] = found.low, found.high
    return low, high


def count_text(seeds: pd.Series) -> str:
    """Return how many seeds stand behind some numbers, e.g. ``n = 3`` or ``n = 2–3``."""
    low, high = int(seeds.min()), int(seeds.max())
    return f"n = {high}" if low == high else f"n = {low}–{high}"
