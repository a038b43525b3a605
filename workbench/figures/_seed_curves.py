"""The curves of an experiment by method, seed and cycle, and what sums each of them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.metrics import auc_at, normalised

MEASURES = ("value", "auc", "alc")
"""What sums up a curve: the metric at the budget B, AUC@B, ALC up to B."""


@dataclass(frozen=True)
class SeedCurves:
    """The curves of one experiment.

    Attributes:
        values: method ► (seeds × cycles) the metric, 0–1; NaN where it was not measured.
        nominal: cycle ► share of the pool's images that the budget names, 0–1; NaN for clicks.
        shares: method ► share of the pool's images that is labelled by cycle, in the pixel
            equivalent of whole images; mean over seeds.
        n_images: images of the pool.
        full: the metric with the whole pool labelled, 0–1; without it there is no ALC.
    """

    values: Mapping[str, pd.DataFrame]
    nominal: pd.Series
    shares: Mapping[str, pd.Series]
    n_images: int
    full: float | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods with a value."""
        return tuple(self.values)

    def cycles(self, method: str) -> list[int]:
        """Return the cycles at which a seed of a method has a value."""
        return [int(cycle) for cycle in self.values[method].columns.to_numpy()]

    def reached(self, method: str) -> int:
        """Return the last cycle that every seed of a method has."""
        there = self.values[method].notna()
        return min(int(there.columns[row][-1]) for row in there.to_numpy())

    def measured(self, method: str, measure: str, at: int) -> pd.Series:
        """Return a measure of each seed of a method that has it.

        Args:
            method: one of ``methods``.
            measure: one of ``MEASURES``.
            at: the cycle of the budget B.

        Returns:
            By seed: the metric as a fraction; AUC@B in percent times share, as Mittal et al. print
            it; ALC in images, as Chen et al. do. Empty where no seed has it: one budget alone has
            no area under it.
        """
        values = self.values[method]
        if at not in values:
            return pd.Series(dtype=float)
        if measure == "value":
            return values[at].dropna()
        whole = values.loc[:, :at].dropna()
        if whole.shape[1] < 2:
            return pd.Series(dtype=float)
        if measure == "auc":
            return self._auc(whole, at)
        return self._alc(whole, method)

    def starts_below(self, method: str) -> bool:
        """Return whether the seeds' mean starts below the metric with the whole pool labelled.

        Otherwise nothing lies between the two: the area would be turned over, or not be defined.
        """
        start = self.values[method].iloc[:, 0].mean()
        return self.full is not None and bool(start < self.full)

    def mean_curve(self, method: str) -> tuple[pd.Series, pd.Series]:
        """Return labelled share and metric by cycle, over the seeds that have all its cycles."""
        whole = self.values[method].dropna()
        return self.shares[method][whole.columns], whole.mean()

    def _auc(self, whole: pd.DataFrame, at: int) -> pd.Series:
        shares = self.nominal[whole.columns].to_numpy()
        if not np.isfinite(shares).all() or not (np.diff(shares) > 0).all():
            return pd.Series(dtype=float)
        areas = [auc_at(shares, 100 * row, self.nominal[at]) for row in whole.to_numpy()]
        return pd.Series(areas, index=whole.index, dtype=float)

    def _alc(self, whole: pd.DataFrame, method: str) -> pd.Series:
        if self.full is None or whole.empty or not self.starts_below(method):
            return pd.Series(dtype=float)
        scaled = normalised(whole.to_numpy(), self.full)
        images = self.n_images * self.shares[method][whole.columns]
        return pd.Series(np.trapezoid(scaled, images, axis=1), index=whole.index)


def seed_curves(
    table: pd.DataFrame, y: str, n_images: int, full: float | None = None
) -> SeedCurves:
    """Arrange what was measured of one experiment by method, seed and cycle.

    Args:
        table: as of ``metrics_table`` or ``reports_table``.
        y: the column of the metric.
        n_images: images of the pool.
        full: the metric with the whole pool labelled.
    """
    known = table.assign(value=table.get(y, np.nan)).dropna(subset=["value"])
    names = known["method"].unique().tolist()
    by_method = {str(name): known[known["method"] == name] for name in names}
    return SeedCurves(
        values={
            method: rows.pivot(index="seed", columns="cycle", values="value")
            for method, rows in by_method.items()
        },
        nominal=known.groupby("cycle")["nominal_share"].first(),
        shares={m: rows.groupby("cycle")["pool_share"].mean() for m, rows in by_method.items()},
        n_images=n_images,
        full=full,
    )
