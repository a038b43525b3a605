"""What runs measured of a number that a paper prints, in the paper's unit, run by run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.figures._measured import metrics_table, references_table, reports_table
from workbench.figures._seed_curves import seed_curves
from workbench.metrics import amount_to_reach, class_entropy
from workbench.store.damage import readable

if TYPE_CHECKING:
    from workbench.presets import Cell
    from workbench.store import Run

_NONE: tuple[float, ...] = ()

TO_95_PERCENT = "clicks_to_95_percent"
"""The metric of a cell: the share of all clicks at which 95 % of full supervision is reached."""
_NOT_YET = "not measured yet"
_COLUMNS = {"labelled_share": "pool_share"}
"""Metric of a cell ► the column that holds it, where that is called otherwise."""


class Ours:
    """Looks up printed numbers in the runs of one experiment.

    Args:
        runs: of one experiment, finished or not.
        full: metric ► its value with the whole pool labelled, 0–1; ``labelled_clicks`` ► what
            labelling it took.

    Attributes:
        seeds: how many seeds the runs have.
    """

    def __init__(self, runs: Sequence[Run], full: Mapping[str, float]) -> None:
        self._runs = runs
        self._full = full
        self.seeds = len({run.seed for run in runs})

    def values(self, cell: Cell, cycle: int | None) -> tuple[tuple[float, ...], str]:
        """Return what was measured of a number.

        Args:
            cell: of the experiment's preset.
            cycle: where it is measured here; ``None``: nowhere.

        Returns:
            One value a run, in the number's unit, none where nothing is; and why there is none, in
            words, else empty.
        """
        metric, _, share = cell.metric.partition("@")
        if cell.reference is not None:
            return self._of_reference(cell)
        if share == "?":
            return _NONE, "the paper does not tell the budget"
        if cycle is None:
            return _NONE, "no cycle here has this budget"
        if metric in {"alc", "auc", TO_95_PERCENT}:
            return self._of_curve(cell, metric, share, cycle)
        if metric == "class_entropy":
            found = self._class_entropy(cell, cycle)
        else:
            table = self._table(cell)
            column = _COLUMNS.get(metric, metric)
            if len(table) and column not in table:
                return _NONE, "not computed from a run"
            here = table[table["cycle"] == cycle].get(column, pd.Series(dtype=float))
            percent = 100.0 if cell.unit == "percent" else 1.0
            found = tuple(percent * here.astype(float).dropna())
        return found, "" if found else _NOT_YET

    @cached_property
    def _cycles(self) -> pd.DataFrame:
        return metrics_table(self._runs)

    @cached_property
    def _reports(self) -> pd.DataFrame:
        return reports_table(self._runs)

    def _of_reference(self, cell: Cell) -> tuple[tuple[float, ...], str]:
        """Return what a reference reaches, seed by seed; an experiment may lack it."""
        known = {one.name for run in self._runs[:1] for one in run.experiment.config.references}
        if cell.reference not in known:
            return _NONE, "a network that is trained on the whole pool; no reference of this name"
        table = references_table(self._runs)
        mine = table[table["reference"] == cell.reference]
        percent = 100.0 if cell.unit == "percent" else 1.0
        found = tuple(
            percent * mine.get(cell.metric, pd.Series(dtype=float)).astype(float).dropna()
        )
        return found, "" if found else _NOT_YET

    def _table(self, cell: Cell) -> pd.DataFrame:
        """Return what was measured of a cell's method, or of all, at cycles or report points."""
        reported = any(run.experiment.config.report.at for run in self._runs)
        table = self._reports if cell.measured == "report" and reported else self._cycles
        return table if cell.method is None else table[table["method"] == cell.method]

    def _class_entropy(self, cell: Cell, cycle: int) -> tuple[float, ...]:
        """Return the entropy of the classes of what is labelled when a cycle trains, in nats."""
        there = [
            run
            for run in self._runs
            if run.method.name == cell.method and cycle in run.cycle_numbers
        ]
        counts = readable(there, lambda run: run.cycle(cycle).metrics.labelled_classes)
        return tuple(class_entropy(of) for _, of in counts if of is not None and of.sum())

    def _to_95_percent(self, cell: Cell) -> tuple[tuple[float, ...], str]:
        """Return the share of the pool's clicks, in %, at which 95 % of full supervision is met.

        On the curve of each seed, straight between two cycles, against the mean of the networks
        trained on the whole pool, as CEREALS is summed up (Gu, III-B.1, Fig. 10).
        """
        full, clicks = (self._full.get(name) for name in ("miou", "labelled_clicks"))
        if full is None:
            return _NONE, "needs the mIoU with the whole pool labelled"
        if clicks is None:
            return _NONE, "needs the clicks of the whole pool: of --full, or of a reference"
        points = self._table(cell).dropna(subset=["miou", "labelled_clicks"])
        points = points.drop_duplicates(["seed", "labelled_clicks"])  # a query of void takes none
        found = [
            100 * amount_to_reach(rows["labelled_clicks"], rows["miou"], 0.95 * full) / clicks
            for _, rows in points.groupby("seed")
        ]
        if not found:
            return _NONE, _NOT_YET
        short = sum(np.isnan(found))
        if short:
            return _NONE, f"{short} of {len(found)} seeds do not reach 95 % of full supervision"
        return tuple(found), ""

    def _of_curve(
        self, cell: Cell, metric: str, share: str, cycle: int
    ) -> tuple[tuple[float, ...], str]:
        """Return ALC in images, AUC@B in percent times share, or clicks to 95 % in %."""
        if metric == TO_95_PERCENT:
            return self._to_95_percent(cell)
        full = self._full.get("miou")
        if metric == "alc" and full is None:
            return _NONE, "needs the mIoU with the whole pool labelled"
        table, method = self._table(cell), str(cell.method)
        images = self._runs[0].experiment.geometry.n_images
        curves = seed_curves(table, "miou", images, full)
        if method not in curves.values:
            return _NONE, _NOT_YET
        found = tuple(curves.measured(method, metric, cycle))
        if not found:
            return _NONE, _NOT_YET
        if metric == "auc" and share and not np.isclose(100 * curves.nominal[cycle], float(share)):
            return _NONE, f"no cycle here has {share} %"
        return found, ""
