"""The catalogue: every experiment and run of a store, its state, how far it is and its mIoU now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from workbench.figures._runs import standing
from workbench.figures._style import (
    BLUE,
    GREEN,
    GREY,
    THEMES,
    VERMILLION,
    ThemeName,
    blank,
    plain,
    rgba,
)
from workbench.figures._style import sentence as sentence_figure

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord, Run, Store
    from workbench.store.seen import Point

STATES = ("running", "failed", "interrupted", "stopped", "waiting", "pending", "done")
"""States of a run, the one that wants attention first; an experiment has the first of its runs'."""

_STATE_COLOURS = {
    "running": BLUE,
    "failed": VERMILLION,
    "interrupted": VERMILLION,
    "stopped": GREY,
    "waiting": GREY,
    "pending": GREY,
    "done": GREEN,
}
_RUN_COLUMNS = [
    *("experiment", "method", "seed", "run", "state", "listed", "standing", "cycle", "cycles"),
    *("phase", "progress", "miou", "labelled_units", "heartbeat", "message"),
]
_EXPERIMENT_COLUMNS = [
    *("experiment", "name", "state", "dataset", "units", "model", "methods", "seeds", "runs"),
    *("runs_done", "references", "references_done", "progress", "best_miou", "best_method"),
    *("created", "scaled"),
]


@dataclass(frozen=True)
class Catalogue:
    """What a store holds.

    Attributes:
        table: one row per run: ``experiment``, ``method``, ``seed``, ``run`` (its id), ``state``,
            ``listed`` (False where the experiment's file lists it no longer), ``standing`` (both in
            words), ``cycle`` (published cycles), ``cycles``, ``phase`` and ``progress`` (0–1 of the
            whole run), ``miou`` and ``labelled_units`` of the last published cycle (NaN before the
            first), ``heartbeat`` (UTC) and ``message``.
        experiments: one row per experiment, from the runs that are listed: ``experiment`` (its id),
            ``name``, ``state``, ``dataset``, ``units``, ``model``, ``methods``, ``seeds``,
            ``runs``, ``runs_done``, ``references`` and ``references_done`` (once a seed),
            ``progress`` (0–1, a reference counting as much as a cycle), ``best_miou`` and
            ``best_method`` (mean over seeds at the last cycle that all of a method's seeds have),
            ``created`` (UTC), ``scaled`` (a sentence on what it is a smaller form of, else
            empty). Newest first.
    """

    table: pd.DataFrame
    experiments: pd.DataFrame


def read(store: Store) -> Catalogue:
    """Read the state of everything in a store; what is damaged is left out with a warning."""
    found = [(record, record.runs()) for record in store.experiments()]
    every = [run for _, runs in found for run in runs]
    points = dict(zip([run.id for run in every], store.points(every), strict=True))
    listed = [_run_row(run, points[run.id]) for run in every]
    table = pd.DataFrame(listed, columns=_RUN_COLUMNS)
    rows = [
        _experiment_row(r, table[table["experiment"] == r.id], _best(runs, points))
        for r, runs in found
    ]
    experiments = pd.DataFrame(rows, columns=_EXPERIMENT_COLUMNS)
    return Catalogue(
        table.sort_values(["experiment", "method", "seed"], ignore_index=True),
        experiments.sort_values("created", ascending=False, ignore_index=True),
    )


def _run_row(run: Run, published: Sequence[Point]) -> dict[str, Any]:
    status = run.status
    last = published[-1] if published else None
    total = run.experiment.config.budget.cycles
    within = status.done / status.total if status.state == "running" and status.total else 0.0
    done = len(published)
    return {
        "experiment": run.experiment.id,
        "method": run.method.name,
        "seed": run.seed,
        "run": run.id,
        "state": status.state,
        "listed": run.listed,
        "standing": standing(run, status),
        "cycle": done,
        "cycles": total,
        "phase": status.phase if status.state == "running" else "",
        "progress": min((done + _PHASE_SHARE.get(status.phase, 0.0) * within) / total, 1.0),
        "miou": last.miou if last else np.nan,
        "labelled_units": float(last.labelled_units) if last else np.nan,
        "heartbeat": pd.Timestamp(status.heartbeat, unit="s", tz="UTC")
        if status.heartbeat
        else pd.NaT,
        "message": status.message,
    }


_PHASE_SHARE = {"train": 0.9}
"""Only training moves a run's bar within a cycle: the other phases take little of its time."""


def _experiment_row(
    record: ExperimentRecord, runs: pd.DataFrame, best: tuple[str, float]
) -> dict[str, Any]:
    config = record.config
    method, miou = best
    runs = runs[runs["listed"].astype(bool)]
    references, trained = len(record.reference_seeds), len(record.referenced)
    return {
        "experiment": record.id,
        "name": record.name,
        "state": _state(record, set(runs["state"]), trained < references),
        "dataset": config.dataset.name,
        "units": _units(config.units.name, config.units.options),
        "model": config.model.name,
        "methods": ", ".join(m.name for m in config.methods),
        "seeds": len(config.seeds),
        "runs": sum(len(method.seeds_of(config.seeds)) for method in config.methods),
        "runs_done": int((runs["state"] == "done").sum()),
        "references": references,
        "references_done": trained,
        "progress": _progress(runs, references, trained),
        "best_miou": miou,
        "best_method": method,
        "created": pd.Timestamp(record.created, unit="s", tz="UTC"),
        "scaled": config.scaled.sentence if config.scaled else "",
    }


def _state(record: ExperimentRecord, of_runs: set[str], references_left: bool) -> str:
    """Return the state of an experiment: that of its runs, then of references left to train."""
    state = next((s for s in STATES if s in of_runs), "pending")
    if state == "done" and references_left:
        return "running" if record.running else "pending"
    return state


def _progress(runs: pd.DataFrame, references: int, trained: int) -> float:
    """Return the share of an experiment's networks that is done, 0–1."""
    networks = float(runs["cycles"].sum()) + references
    done = float((runs["progress"] * runs["cycles"]).sum()) + trained
    return done / networks if networks else 0.0


def _units(name: str, options: dict[str, Any]) -> str:
    if {"rows", "columns"} <= options.keys():
        return f"{name} {options['rows']}×{options['columns']}"
    return name


def _best(runs: Sequence[Run], points: Mapping[str, Sequence[Point]]) -> tuple[str, float]:
    """Return the method with the largest mean mIoU at the last cycle its seeds share."""
    curves: dict[str, list[dict[int, float]]] = {}
    for run in filter(lambda run: run.listed, runs):
        values = {point.number: point.miou for point in points[run.id]}
        curves.setdefault(run.method.name, []).append(values)
    best = ("", float("nan"))
    for method, seeds in curves.items():
        shared = set.intersection(*map(set, seeds))
        if shared:
            mean = float(np.mean([values[max(shared)] for values in seeds]))
            if not best[0] or mean > best[1]:
                best = (method, mean)
    return best


def figure(data: Catalogue, theme: ThemeName = "light") -> go.Figure:
    """Draw one bar per run, as long as the share of its cycles that is done."""
    if data.table.empty:
        return sentence_figure("This store holds no run yet: `make demo` makes one.", theme)
    look, drawn = THEMES[theme], blank(theme)
    several = data.table["experiment"].nunique() > 1
    for state in STATES:
        rows = data.table[data.table["state"] == state]
        if rows.empty:
            continue
        prefix = rows["experiment"] + " · " if several else ""
        drawn.add_bar(
            orientation="h",
            name=state,
            x=rows["progress"],
            y=(prefix + rows["method"] + ", seed " + rows["seed"].astype(str)).map(plain),
            text=[plain(_label(row)) for row in rows.itertuples()],
            textposition="auto",
            insidetextanchor="start",
            cliponaxis=False,
            textfont={"color": look.ink},
            marker={
                "color": rgba(look.colours[_STATE_COLOURS[state]], 0.3),
                "line": {"color": look.colours[_STATE_COLOURS[state]], "width": 1},
            },
            hovertemplate="%{y}: %{x:.0%} of its cycles<extra></extra>",
        )
    drawn.update_xaxes(range=[0, 1], tickformat=".0%", title_text="Share of cycles done (%)")
    drawn.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    height = 130 + 28 * len(data.table)
    drawn.update_layout(height=height, bargap=0.25, margin={"t": 48})
    return drawn


def _label(row: Any) -> str:
    state = f"{row.standing} · " if row.standing != "done" else ""
    metric = f" · mIoU {row.miou:.1%}" if row.miou == row.miou else ""
    return f"{state}cycle {row.cycle} of {row.cycles}{metric}"
