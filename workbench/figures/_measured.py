"""What was measured at the cycles and at the report points of runs, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.metrics import OVERALL, PER_CLASS
from workbench.pool import labelled_share, nominal_shares
from workbench.store.damage import readable

if TYPE_CHECKING:
    from workbench.store import Cycle, CycleMetrics, Run
    from workbench.store.report import Report
    from workbench.types import UnitIds

KEYS = ["experiment", "method", "seed", "cycle"]
SHARES = ("pool_share", "nominal_share")
BUDGETS = ["labelled_units", "labelled_pixels", "labelled_clicks", "labelled_images", *SHARES]


def metrics_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return all metrics of all published cycles, one row per run and cycle.

    Columns: ``experiment``, ``method``, ``seed``, ``cycle``, ``labelled_units``,
    ``labelled_pixels``, ``labelled_clicks`` (NaN where they were not counted), ``labelled_images``,
    ``pool_share`` and ``nominal_share`` (0–1, as in ``LearningCurve``), the keys of
    ``workbench.metrics.OVERALL`` and ``<metric>:<class>`` for those of ``PER_CLASS`` (0–1; NaN
    where not measured or the class is absent). Sorted by the first four. What is damaged in the
    store is left out with a warning.
    """
    rows = []
    for run, (cycles, nominal) in readable(runs, _begun):
        for cycle, labelled in readable(cycles, lambda cycle: cycle.labelled):
            rows.append(_row(run, cycle.number, labelled, cycle.metrics, nominal))
    return _table(rows)


def reports_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return all metrics of all report points, one row per run and point; see metrics_table."""
    rows = []
    for run, (reports, nominal) in readable(runs, _reported):
        for report, labelled in readable(reports, partial(_labelled, run)):
            rows.append(_row(run, report.number, labelled, report.metrics, nominal))
    return _table(rows)


def references_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return all metrics of all references of the runs' experiments, one row per name and seed.

    Columns: ``experiment``, ``reference``, ``seed`` and the metrics, as of :func:`metrics_table`.
    In the order of the configs.
    """
    records = {run.experiment.id: run.experiment for run in runs}
    rows = [
        {"experiment": record.id, "reference": name, "seed": seed}
        | measured_values(found.metrics, record.card.classes)
        for record in records.values()
        for (name, seed), found in record.references().items()
    ]
    return pd.DataFrame(rows, columns=None if rows else ["experiment", "reference", "seed"])


def _labelled(run: Run, report: Report) -> UnitIds:
    return run.cycle(report.number).labelled


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = [*KEYS, *BUDGETS, *OVERALL]
    table = pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
    return table.sort_values(KEYS, ignore_index=True)


def _row(
    run: Run, number: int, labelled: UnitIds, m: CycleMetrics, nominal: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """Return what was measured at a cycle as a row of a table."""
    share = labelled_share(run.experiment.geometry, labelled)
    measured = {
        "experiment": run.experiment.id,
        "method": run.method.name,
        "seed": run.seed,
        "cycle": number,
        "labelled_units": m.labelled_units,
        "labelled_pixels": m.labelled_pixels,
        "labelled_clicks": np.nan if m.labelled_clicks is None else m.labelled_clicks,
        "labelled_images": share * run.experiment.geometry.n_images,
        "pool_share": share,
        "nominal_share": nominal[number],
    }
    return measured | measured_values(m, run.experiment.card.classes)


def measured_values(m: CycleMetrics, classes: Sequence[str]) -> dict[str, float]:
    """Return every metric of a network by its column, as in :func:`metrics_table`."""
    of_classes = {
        f"{metric}:{name}": value
        for metric in PER_CLASS
        for name, value in zip(classes, m.of_classes(metric).tolist(), strict=True)
    }
    return {name: m.value(name) for name in OVERALL} | of_classes


def _begun(run: Run) -> tuple[list[Cycle], npt.NDArray[np.float64]]:
    """Return a run's cycles, listed once since it may publish another meanwhile, and the shares."""
    cycles = run.cycles
    return cycles, _nominal_shares(run, cycles)


def _reported(run: Run) -> tuple[list[Report], npt.NDArray[np.float64]]:
    """Return what a run's report points measured, and the shares."""
    reports = run.reports
    return reports, _nominal_shares(run, reports)


def _nominal_shares(run: Run, published: Sequence[Cycle | Report]) -> npt.NDArray[np.float64]:
    """Return (cycles,) the shares that the budget names; NaN for clicks."""
    budget = run.experiment.config.budget
    cycles = max([budget.cycles, *(cycle.number + 1 for cycle in published)])
    if budget.unit == "clicks":
        return np.full(cycles, np.nan)
    budget = budget.model_copy(update={"cycles": cycles})
    return nominal_shares(run.experiment.geometry, budget)
