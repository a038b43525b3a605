"""What stands around the verdicts of a comparison: titles, floors, savings, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.figures._seed_curves import MEASURES, SeedCurves
from workbench.figures._seeds import over_seeds
from workbench.figures._verdicts import amount, least_note, verdict_of
from workbench.figures.learning_curve import y_title
from workbench.metrics import label_saving

if TYPE_CHECKING:
    from workbench.figures._references import WholePool


def titles(y: str, budget: str) -> dict[str, str]:
    """Return what each measure is called at a budget in words."""
    return {
        "value": f"{y_title(y)} at {budget}",
        "auc": f"AUC of {y_title(y)} up to {budget}",
        "alc": f"ALC of {y_title(y)} up to {budget}",
    }


def judged(table: pd.DataFrame) -> pd.DataFrame:
    """Add the verdict on each row of a table of pairs with its ``floor``."""
    rows = table.to_dict("records")
    verdicts = [verdict_of(row, row["floor"]) for row in rows]
    return table.drop(columns="alike").assign(verdict=verdicts)


def floors(table: pd.DataFrame, budgets: pd.DataFrame) -> dict[str, float]:
    """Return the replay floor of each measure: the largest difference between one run's replays.

    Of the metric, over all cycles: what one more training changed at any of them.
    """
    found = dict.fromkeys(MEASURES, float("nan"))
    for measure in MEASURES:
        rows = budgets if measure == "value" else table[table["measure"] == measure]
        replays = rows.loc[rows["alike"] == "replay", "most"]
        if replays.notna().any():
            found[measure] = float(replays.max())
    return found


def saving(curves: SeedCurves, row: Mapping[Any, Any], at: int) -> float:
    """Return the share of labels that the first of a pair saves; NaN for what is no metric."""
    first, second = row["first"], row["second"]
    if row["measure"] != "value" or not row["seeds"]:
        return float("nan")
    (x, mean), (of_x, of_mean) = (curves.mean_curve(m) for m in (first, second))
    if at not in of_x or not (np.diff(x) > 0).all() or not (np.diff(of_x) > 0).all():
        return float("nan")
    return label_saving(x, mean, of_x, of_mean, float(curves.shares[second][at]))


def of_methods(curves: SeedCurves, order: Sequence[str], at: int) -> pd.DataFrame:
    """Sum up each method at the budget."""
    values = [
        {"method": method, "measure": measure, "seed": seed, "value": value}
        for measure in MEASURES
        for method in order
        for seed, value in curves.measured(method, measure, at).items()
    ]
    long = pd.DataFrame(values, columns=["method", "measure", "seed", "value"])
    found = over_seeds(long, ["method", "measure"], "interval")
    of_metric = found["mean"].where(found["measure"] == "value")
    return found.assign(share_of_full=of_metric / (curves.full or np.nan))


def notes(
    table: pd.DataFrame, floor: float, curves: SeedCurves, order: Sequence[str], at: int
) -> tuple[str, ...]:
    """Return what must be known to read the verdicts, in sentences."""
    compared = table[(table["measure"] == "value") & table["p_holm"].notna()]
    notes = []
    if len(compared):
        notes.append(least_note(int(compared["seeds"].max()), int(compared["tests"].max())))
    if len(table):
        notes.append(_floor_note(floor))
    notes.append(_area_note(curves, order))
    notes.append(_rounding_note(curves, order, at))
    return tuple(filter(None, notes))


def whole_pool_note(found: WholePool, metric: str) -> str:
    """Return whose metric stands for the whole pool labelled."""
    seeds = "one seed" if found.seeds == 1 else f"the mean of {found.seeds} seeds"
    return (
        f"Full supervision is the reference {found.name}: {metric} {100 * found.mean:.1f} %, "
        f"{seeds}."
    )


def _floor_note(floor: float) -> str:
    if np.isnan(floor):
        return (
            "No replay floor: no method is run twice with a seed, so that noise of training is not "
            "known (docs/statistics.md tells how)."
        )
    return f"Replay floor: {amount('value', floor)} points, the most that training again changed."


def _area_note(curves: SeedCurves, order: Sequence[str]) -> str:
    """Return whose ALC is not defined although the whole pool was labelled, if anybody's."""
    names = [m for m in order if not curves.starts_below(m)]
    if curves.full is None or not names:
        return ""
    return (
        f"No ALC of {', '.join(names)}: it lies between the start and the whole pool labelled, and "
        f"the start is no lower ({100 * curves.full:.1f} % with the whole pool)."
    )


def _rounding_note(curves: SeedCurves, order: Sequence[str], at: int) -> str:
    """Return how far what is labelled lies from what the budget names, where it does."""
    nominal = float(curves.nominal.get(at, np.nan))
    labelled = [float(curves.shares[m][at]) for m in order if at in curves.shares[m]]
    if np.isnan(nominal) or not labelled or max(abs(s - nominal) for s in labelled) < 5e-7:
        return ""
    low, high = (f"{100 * end:.4g} %" for end in (min(labelled), max(labelled)))
    found = low if low == high else f"{low} to {high}"
    return (
        f"The budget names {100 * nominal:.4g} % of the images; whole units make it {found}. AUC "
        "counts the share that is named."
    )
