"""``list``, ``show`` and ``export``: print and export what a run store holds."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli._console import percent, print_lines, print_table
from workbench.cli._options import DEFAULT_STORE, StoreOption
from workbench.errors import StoreError, shown
from workbench.metrics import OVERALL, PER_CLASS
from workbench.naming import only_id, rider_column
from workbench.printable import byte_size
from workbench.reading import resolved

if TYPE_CHECKING:
    import pandas as pd

    from workbench.config import ExperimentConfig
    from workbench.store import ExperimentRecord, Run, Store

_FIRST = ("miou", "pixel_accuracy")
"""Metrics beside what was labelled; the others have a table of their own."""


def list_store(store: StoreOption = DEFAULT_STORE) -> None:
    """List the experiments and runs of a store, with their state."""
    from workbench.figures import catalogue
    from workbench.store import open_store

    found = catalogue.read(open_store(store))
    if found.experiments.empty:
        print_lines(f"The store {store} holds no experiment yet; `workbench demo` runs one.")
        return
    headers = ("experiment", "state", "dataset", "runs done", "best mIoU", "created (UTC)")
    rows = map(_experiment_cells, found.experiments.to_dict("records"))
    print_table(headers, rows, prose=headers[4:])
    print_lines("")
    runs = found.table.to_dict("records")
    headers_of_runs = ("run", "state", "cycles", "labelled units", "mIoU")
    print_table(headers_of_runs, map(_run_cells, runs), numbers=headers_of_runs[2:])
    print_lines(
        *(f"{row['run']} {row['standing']}: {row['message']}" for row in runs if row["message"]),
        *(
            f"{row['experiment']}: {row['scaled']} `workbench show` lists them."
            for row in found.experiments.to_dict("records")
            if row["scaled"]
        ),
    )


def _experiment_cells(row: Mapping[Hashable, Any]) -> tuple[object, ...]:
    return (
        row["experiment"],
        row["state"],
        row["dataset"],
        f"{row['runs_done']} of {row['runs']}{_references(row)}",
        f"{percent(row['best_miou'])} {row['best_method']}".strip(),
        f"{row['created']:%Y-%m-%d %H:%M}",
    )


def _references(row: Mapping[Hashable, Any]) -> str:
    done, of = row["references_done"], row["references"]
    return f", {done} of {of} references" if of else ""


def _run_cells(row: Mapping[Hashable, Any]) -> tuple[object, ...]:
    units = row["labelled_units"]
    return (
        row["run"],
        f"{row['standing']} ({row['phase']})" if row["phase"] else row["standing"],
        f"{row['cycle']} of {row['cycles']}",
        None if math.isnan(units) else int(units),
        percent(row["miou"]),
    )


def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT|RUN",
            help="An id as in `workbench list`, or the start of one.",
            show_default=False,
        ),
    ],
    metric: Annotated[
        str,
        typer.Option(
            "--metric",
            help="What an experiment's table shows, e.g. mean_dice, or boundary_iou:road of a "
            "class.",
        ),
    ] = "miou",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Show one experiment, or one run of it."""
    from workbench.store import open_store

    opened = open_store(store)
    if "/" in name:
        _show_run(find_run(opened, name))
    else:
        _show_experiment(find_experiment(opened, name), metric)


def export(
    out: Annotated[
        Path,
        typer.Option("--out", help="Folder to write into; created if needed.", show_default=False),
    ],
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[EXPERIMENT|RUN]",
            help="An id as in `workbench list`, or the start of one; left out: the whole store.",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT[:SETTING=VALUE]",
            help="csv, tensorboard, mlflow, coco or onnx, e.g. onnx:cycle=2.",
        ),
    ] = "csv",
    analysis: Annotated[
        bool,
        typer.Option("--analysis", help="Write analysis.csv too: the measures of every query."),
    ] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write a store, an experiment or a run for other programs."""
    from workbench.exporters import EXPORTERS
    from workbench.exporters import export as export_as
    from workbench.store import open_store

    bound = EXPORTERS.bind(format_)
    if analysis:
        bound = EXPORTERS.bind({"name": bound.name, **bound.options, "analysis": True})
    opened = open_store(store)
    require_outside(out, store)
    found = export_as(bound, opened, _chosen(opened, name), out)
    for path in found.paths:
        print_lines(f"{path} ({byte_size(path.stat().st_size)})")
    print_lines(*(f"Note: {sentence}" for sentence in found.notes))


def _chosen(store: Store, name: str | None) -> list[Run]:
    """Return the runs of a store, of an experiment, or the one of a name."""
    if name is None:
        return store.runs()
    return [find_run(store, name)] if "/" in name else find_experiment(store, name).runs()


def require_outside(out: Path, store: Path) -> None:
    """Check that what a command writes for the user cannot replace a record of the store.

    Raises:
        StoreError: for a place inside the store, or a device or FIFO.
    """
    if resolved(store) in (resolved(out), *resolved(out).parents):
        raise StoreError(
            f"{shown(out)} lies inside the store {shown(store)}, which holds its own records only; "
            "choose a place outside it."
        )
    if out.exists() and not (out.is_file() or out.is_dir()):
        raise StoreError(f"{shown(out)} is neither a file nor a folder; choose another place.")


def find_experiment(store: Store, name: str) -> ExperimentRecord:
    """Return the experiment of this id, or the only experiment whose id starts with it.

    Raises:
        StoreError: if there is none, or more than one, or its record cannot be read.
    """
    readable = {record.id: record for record in store.experiments()}
    found = only_id("experiment", name, store.experiment_ids())
    return readable.get(found) or store.experiment(found)


def find_run(store: Store, name: str) -> Run:
    """Return the run of an id ``<experiment>/<method>-s<seed>``, or the only one that starts so.

    Raises:
        StoreError: if there is none, or more than one.
    """
    experiment_name, _, rest = name.partition("/")
    record = find_experiment(store, experiment_name)
    runs = {run.id: run for run in record.runs()}
    return runs[only_id("run", f"{record.id}/{rest}", list(runs))]


def _show_experiment(record: ExperimentRecord, metric: str) -> None:
    from workbench.cli._results import print_results
    from workbench.figures._runs import standing
    from workbench.figures.learning_curve import check_y

    runs = record.runs()
    check_y(runs, metric)
    config = record.config
    created = datetime.fromtimestamp(record.created, UTC)
    facts = {
        "experiment": record.id,
        "about": config.description,
        "created": f"{created:%Y-%m-%d %H:%M} UTC",
        "dataset": _component(config.dataset.spec) + f", read from {record.data_dir}",
        "pool": f"{_component(config.pool.spec)}, {record.geometry.n_images:,} images",
        "units": _component(config.units.spec),
        "model": _component(config.model.spec),
        "learner": _component(config.learner.spec),
        "riders": ", ".join(_component(rider.spec) for rider in config.riders),
        "budget": f"{config.budget.text(config.budget.initial)} to start with, "
        f"{config.budget.text(config.budget.per_cycle)} per cycle, {config.budget.cycles} cycles",
        "references": _trained(record),
        "computed with": ", ".join(f"{k} {v}" for k, v in record.compute.items()),
    }
    print_lines(*(f"{key:<14}{value}" for key, value in facts.items() if value))
    print_lines(*_scaled(config), "")
    rows = [(r.id, standing(r), f"{len(r.cycle_numbers)} of {config.budget.cycles}") for r in runs]
    print_table(("run", "state", "cycles"), rows)
    print_lines("")
    print_results(runs, metric)


def _trained(record: ExperimentRecord) -> str:
    """Return the references and how many of them are trained; empty without any."""
    names = ", ".join(one.name for one in record.config.references)
    done, of = len(record.referenced), len(record.reference_seeds)
    return f"{names}: {done} of {of} trained" if names else ""


def _scaled(config: ExperimentConfig) -> list[str]:
    """Return lines that say what an experiment is a smaller form of, and each setting changed."""
    if config.scaled is None:
        return []
    changes = (f"{'':<14}{change}" for change in config.scaled.changes)
    return [f"{'scaled':<14}{config.scaled.sentence}", *changes]


def _component(spec: str | dict[str, object]) -> str:
    if isinstance(spec, str):
        return spec
    settings = ", ".join(f"{k} {v}" for k, v in spec.items() if k != "name" and v is not None)
    return f"{spec['name']} ({settings})"


def _show_run(run: Run) -> None:
    from workbench.figures._runs import standing
    from workbench.figures.learning_curve import metrics_table, reports_table

    status = run.status
    unaggregated = run.method.score is None or rider_column(run.method.score) is not None
    parts = {
        "run": run.id,
        "state": f"{standing(run)}{f': {status.message}' if status.message else ''}",
        "score": run.method.score or "none",
        "aggregation": "none" if unaggregated else run.method.aggregation,
        "selector": run.method.selector,
        "pool filter": run.method.pool_filter or "none",
        "costs": run.method.costs or "none",
        "folder": run.path,
    }
    print_lines(*(f"{key:<14}{value}" for key, value in parts.items()), "")
    table = metrics_table([run])
    if table.empty:
        print_lines("No cycle has been measured yet.")
        return
    _print_cycles(table)
    print_lines("")
    reports = reports_table([run])
    if not reports.empty:
        print_lines("Report points, of networks trained for that alone:", "")
        _print_cycles(reports)
        print_lines("")
    _print_classes(run.experiment.card.classes, table.to_dict("records")[-1])


def _print_cycles(table: pd.DataFrame) -> None:
    """Print what was labelled and measured at each cycle, in tables of at most 80 characters."""
    cycles = table.to_dict("records")
    rows: list[tuple[Any, ...]] = [
        (
            row["cycle"],
            row["labelled_units"],
            percent(row["pool_share"]),
            None if math.isnan(row["labelled_clicks"]) else int(row["labelled_clicks"]),
            *(percent(row[name]) for name in _FIRST),
        )
        for row in cycles
    ]
    labelled = ("cycle", "labelled units", "of the pool's images", "clicks")
    headers = (*labelled, *(OVERALL[name] for name in _FIRST))
    print_table(headers, rows, numbers=headers)
    others = [name for name in OVERALL if name not in _FIRST and table[name].notna().any()]
    if others:
        print_lines("")
        headers = ("cycle", *(OVERALL[name] for name in others))
        rows = [(row["cycle"], *(percent(row[name]) for name in others)) for row in cycles]
        print_table(headers, rows, numbers=headers)


def _print_classes(classes: Sequence[str], last: Mapping[Hashable, Any]) -> None:
    """Print the metrics of each class that were measured at the last cycle."""
    metrics = [
        name
        for name in PER_CLASS
        if name == "iou" or any(last[f"{name}:{one}"] == last[f"{name}:{one}"] for one in classes)
    ]
    rows = [(one, *(percent(last[f"{name}:{one}"]) for name in metrics)) for one in classes]
    headers = [PER_CLASS[name] for name in metrics]
    title = f"Classes at cycle {last['cycle']}"
    print_table(("class", *headers), rows, title=title, numbers=headers)
