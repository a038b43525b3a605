"""What the references of an experiment reach with the whole pool labelled, and their lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from workbench.errors import ConfigError, unknown_name
from workbench.figures._measured import references_table
from workbench.figures._seeds import SPREADS, Spread, count_text, over_seeds
from workbench.figures._style import Theme, plain

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord, Run

_DASHES = ("longdash", "longdashdot", "dot", "dashdot")


class WholePool(NamedTuple):
    """What a reference reaches.

    Attributes:
        name: of the reference.
        mean: of the metric over its seeds, 0–1.
        seeds: how many of them are measured.
    """

    name: str
    mean: float
    seeds: int


def references(runs: Sequence[Run], y: str, spread: Spread = "range") -> pd.DataFrame:
    """Summarise the references of the runs' experiments, in the order of their configs.

    Args:
        runs: of one or several experiments.
        y: the metric.
        spread: key of ``SPREADS``.

    Returns:
        ``experiment``, ``reference``, ``mean``, ``sd``, ``low``, ``high``, ``seeds``; those without
        a value are left out.
    """
    table = references_table(runs)
    table = table.assign(value=table.get(y, np.nan)).dropna(subset=["value"])
    return over_seeds(table, ["experiment", "reference"], spread)


def whole_pool_of(record: ExperimentRecord, y: str, name: str | None = None) -> WholePool | None:
    """Return what an experiment's own reference reaches.

    Args:
        record: the experiment.
        y: the metric.
        name: of the reference; left out: the first one that is measured, ``None`` without any.

    Raises:
        ConfigError: for a name that is no reference, or that has nothing measured.
    """
    found = references(record.runs(), y)
    if name is not None:
        known = [one.name for one in record.config.references]
        if name not in known:
            raise unknown_name("reference", name, known)
        found = found[found["reference"] == name]
        if found.empty:
            raise ConfigError(
                f"The reference {name} of {record.id} has no {y} measured yet; run it first."
            )
    if found.empty:
        return None
    first = found.iloc[0]
    return WholePool(str(first["reference"]), float(first["mean"]), int(first["seeds"]))


def whole_pool_clicks(record: ExperimentRecord) -> float | None:
    """Return the clicks that labelling the whole pool took, as a reference counted them.

    ``None`` without one, and for units that overlap: each is outlined by itself, so that their
    clicks add up to many times those of the images.
    """
    if record.geometry.overlapping:
        return None
    counted = (found.metrics.labelled_clicks for found in record.references().values())
    return next((float(clicks) for clicks in counted if clicks is not None), None)


def add_references(
    drawn: go.Figure, found: pd.DataFrame, ends: tuple[float, float], spread: Spread, look: Theme
) -> None:
    """Draw each reference as a horizontal line.

    Args:
        drawn: the figure.
        found: as of :func:`references`.
        ends: where the lines begin and end on the x axis.
        spread: what ``low`` and ``high`` are.
        look: the theme.
    """
    several = found["experiment"].nunique() > 1
    names = list(dict.fromkeys(found["reference"]))
    for row in found.to_dict("records"):
        reference = row["reference"]
        name = plain(f"{reference} · {row['experiment']}" if several else str(reference))
        dash = _DASHES[names.index(reference) % len(_DASHES)]
        band = ""
        if row["seeds"] > 1:
            band = f"{SPREADS[spread]} {row['low']:.1%} to {row['high']:.1%}, "
        drawn.add_scatter(
            x=list(ends),
            y=[row["mean"]] * 2,
            mode="lines+markers",  # a line without a length is seen by its ends
            line={"color": look.muted, "width": 1.5, "dash": dash},
            marker={"symbol": "line-ew", "size": 10, "line": {"color": look.muted, "width": 1.5}},
            hovertemplate=(
                f"<b>{name}</b>, whole pool labelled: %{{y:.1%}} ({band}n = {row['seeds']})"
                "<extra></extra>"
            ),
            name=f"{name}, whole pool ({count_text(pd.Series([row['seeds']]))})",
        )
