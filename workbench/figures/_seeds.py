"""Runs that differ in the seed alone, summarised: mean, standard deviation, spread, number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from workbench.errors import unknown_name

Spread = Literal["range", "sd"]

SPREADS: dict[str, str] = {"range": "min–max", "sd": "±1 standard deviation"}
"""What a band or a bar can be: the range of the seeds, or one standard deviation each way."""


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
    else:
        low, high = values.min(), values.max()
    columns = {"mean": mean, "sd": sd, "low": low, "high": high, "seeds": values.count()}
    return pd.DataFrame(columns).reset_index()


def count_text(seeds: pd.Series) -> str:
    """Return how many seeds stand behind some numbers, e.g. ``n = 3`` or ``n = 2–3``."""
    low, high = int(seeds.min()), int(seeds.max())
    return f"n = {high}" if low == high else f"n = {low}–{high}"
