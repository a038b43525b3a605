"""Two methods of an experiment against each other, seed by seed: differences, intervals, tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.figures._seed_curves import MEASURES
from workbench.figures._seeds import resamples
from workbench.metrics import FEWEST, holm, paired_permutation_test, seed_interval, seeds_needed

if TYPE_CHECKING:
    from workbench.figures._alike import Likeness
    from workbench.figures._seed_curves import SeedCurves

Pair = tuple[str, str]

STATISTICS = ["seeds", "difference", "sd", "low", "high", "most", "p"]
"""``most``: the largest difference of a seed, either way."""


def of_pairs(curves: SeedCurves, pairs: Mapping[Pair, Likeness], at: int) -> pd.DataFrame:
    """Compare methods in each measure at one budget.

    Args:
        curves: of the experiment.
        pairs: (first, second) ► how alike they are.
        at: the cycle of the budget.

    Returns:
        One row per pair and measure that a seed of both has, and one for ``value`` in any case:
        ``first``, ``second``, ``measure``, ``seeds``, ``difference`` (first − second), ``sd``,
        ``low``, ``high``, ``most``, ``p``, ``p_holm`` (over the pairs of that measure), ``tests``
        (how many these are), ``needed``.
    """
    rows = []
    for (first, second), likeness in pairs.items():
        for measure in MEASURES:
            one, other = (curves.measured(m, measure, at) for m in (first, second))
            difference = (one - other).dropna().to_numpy()
            if len(difference) or measure == "value":
                row = dict(zip(STATISTICS, _tested(difference[:, None]).T.tolist(), strict=True))
                names = {"first": first, "second": second, "alike": likeness, "measure": measure}
                rows.append(names | {key: value for key, (value,) in row.items()})
    table = pd.DataFrame(rows, columns=["first", "second", "alike", "measure", *STATISTICS])
    return _corrected(table.astype({"seeds": int}), ["measure"])


def over_budgets(curves: SeedCurves, pairs: Mapping[Pair, Likeness]) -> pd.DataFrame:
    """Compare methods in the metric at every budget.

    Returns:
        One row per pair and cycle that a seed of both has, columns as of :func:`of_pairs` with
        ``cycle`` in place of ``measure``; ``p_holm`` is over all of them.
    """
    rows: list[dict[str, Any]] = []
    for (first, second), likeness in pairs.items():
        difference = curves.values[first] - curves.values[second]
        names = {"first": first, "second": second, "alike": likeness}
        rows += [names | row for row in _of_cycles(difference)]
    table = pd.DataFrame(rows, columns=["first", "second", "alike", "cycle", *STATISTICS])
    order = ["first", "second", "cycle"]
    table = table.astype({"seeds": int, "cycle": int}).sort_values(order, ignore_index=True)
    return _corrected(table, [])


def _of_cycles(difference: pd.DataFrame) -> Iterable[dict[str, Any]]:
    """Yield the statistics of each cycle of a pair: those with the same seeds together."""
    there = difference.notna()
    for seeds in {tuple(there[cycle]) for cycle in there}:
        cycles = [cycle for cycle in there if tuple(there[cycle]) == seeds]
        if any(seeds):
            found = _tested(difference.loc[list(seeds), cycles].to_numpy())
            for cycle, row in zip(cycles, found.tolist(), strict=True):
                yield {"cycle": cycle, **dict(zip(STATISTICS, row, strict=True))}


def _tested(difference: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, Any]:
    """Return (cells, STATISTICS) of (seeds, cells) paired differences.

    Where every seed's difference is 0, as at a cycle 0 that methods share, there is nothing to
    test: p is NaN and Holm's correction does not count it.
    """
    n, cells = difference.shape
    if not n:
        return np.array([[0.0, *[np.nan] * (len(STATISTICS) - 1)]] * cells)
    found = seed_interval(difference, resamples())
    p = paired_permutation_test(difference, resamples()).p
    p = np.where((difference == 0).all(axis=0), np.nan, p)
    return np.column_stack([np.full(cells, n), *found, np.abs(difference).max(axis=0), p])


def _corrected(table: pd.DataFrame, families: list[str]) -> pd.DataFrame:
    """Add Holm's correction within each family, and the seeds that would be needed.

    Pairs that are the same by definition are no tests.
    """
    p = table["p"].where(table["alike"] == "").astype(float)
    groups = [table[key] for key in families] or [pd.Series(0, index=table.index)]
    tests = p.groupby(groups).transform("count")
    needed = [
        _needed(row, count)
        for row, count in zip(table.to_dict("records"), tests.tolist(), strict=True)
    ]
    corrected = p.groupby(groups).transform(lambda one: holm(one.to_numpy()))
    return table.assign(p_holm=corrected.astype(float), tests=tests, needed=needed)


def _needed(row: Mapping[Any, Any], tests: int) -> float:
    """Return about how many seeds would tell a pair apart; NaN if unknown, infinity if too many.

    Never as few as there are, for a pair that they did not tell apart.
    """
    if row["alike"] or row["seeds"] < 2:
        return float("nan")
    found = seeds_needed(row["difference"], row["sd"], tests)
    return float("inf") if found is None else float(max(found, FEWEST))
