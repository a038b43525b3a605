"""``run`` and ``demo``: run an experiment in the foreground, print progress and results."""

from __future__ import annotations

import os
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli._console import print_lines, print_table, span
from workbench.cli._options import (
    DEFAULT_DATA,
    DEFAULT_PORT,
    DEFAULT_STORE,
    AllowHostOption,
    DataOption,
    JobsOption,
    PortOption,
    StoreOption,
)
from workbench.errors import StoppedError
from workbench.printable import byte_size

if TYPE_CHECKING:
    from workbench.config import ExperimentConfig
    from workbench.engine.forecast import Forecast
    from workbench.engine.plan import Plan

DEMO = "demo"


def run(
    experiment: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT.yaml|PRESET",
            help="An experiment file, or a name as in `workbench presets`.",
            show_default=False,
        ),
    ],
    data: DataOption = DEFAULT_DATA,
    store: StoreOption = DEFAULT_STORE,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="path=value",
            help="Change a setting, e.g. budget.cycles=2; repeatable.",
        ),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            "--scale",
            metavar="laptop",
            help="A smaller form of a preset, which says in every output what it changed.",
            show_default=False,
        ),
    ] = None,
    jobs: JobsOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the estimated cost and start nothing.")
    ] = False,
    decode_once: Annotated[
        bool,
        typer.Option(
            "--decode-once/--no-decode-once",
            help="Decode a dataset's files once, into the store; results do not depend on it.",
        ),
    ] = True,
) -> None:
    """Run an experiment; the same command again resumes what is not finished."""
    from workbench.presets import load

    config = load(experiment, settings or [], scale)
    if dry_run:
        _print_forecast(config, data, store, decode_once)
        return
    execute(config, store, data, jobs, decode_once)
    print_lines("", f"In the browser: workbench dashboard --store {shlex.quote(str(store))}")


def demo(
    store: StoreOption = DEFAULT_STORE,
    no_dashboard: Annotated[
        bool, typer.Option("--no-dashboard", help="End after the result table.")
    ] = False,
    port: PortOption = DEFAULT_PORT,
    data: DataOption = DEFAULT_DATA,
    jobs: JobsOption = None,
    allow_hosts: AllowHostOption = None,
) -> None:
    """Run a small experiment on the built-in scenes, then serve the dashboard."""
    from workbench.cli._dashboard import require_place, serve
    from workbench.presets import load

    if not no_dashboard:
        # an error now, not after the minutes of the experiment
        require_place(port, allow_hosts or ())
    execute(load(DEMO), store, data, jobs)
    if not no_dashboard:
        print_lines("")
        serve(store, data, port, allow_hosts=allow_hosts or ())


def execute(
    config: ExperimentConfig, store: Path, data: Path, jobs: int | None, decode_once: bool = True
) -> None:
    """Run an experiment, or what is left of it, and print its results.

    Ends the process with exit code 128 + the signal's number if a signal stopped the experiment.

    Raises:
        WorkbenchError: for an error that the user can mend.
    """
    from workbench.engine.plan import resolve

    plan = resolve(config)  # so that an unknown name is reported before torch is loaded

    from workbench.cli._progress import showing
    from workbench.cli._results import print_results
    from workbench.cli._signals import care, exit_stopped
    from workbench.engine.experiment import record_stop, run_experiment
    from workbench.store import open_store

    # inherited by worker processes, and by the one that counts their semaphores
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    total = len(plan.runs) * plan.config.budget.cycles + len(plan.reference_runs)
    put_away = partial(record_stop, store, plan.config.id)
    try:
        with care(put_away) as ready, showing(total) as show:

            def on_event(event: dict[str, Any]) -> None:
                if event["event"] == "experiment":
                    ready()
                show(event)

            experiment_id = run_experiment(
                plan.config, store, data, jobs, on_event, decoded=decode_once
            )
    except (StoppedError, KeyboardInterrupt):
        exit_stopped()
    print_lines("")
    runs = open_store(store).runs(experiment_id)
    print_results(runs)
    if plan.config.scaled is not None:
        print_lines("", f"{plan.config.scaled.sentence} `workbench show` lists them.")
    waiting = [run.id for run in runs if run.status.state == "waiting"]
    if waiting:
        print_lines(
            "",
            f"{len(waiting)} of {len(runs)} runs wait for labels ({', '.join(waiting)}); the same "
            "command goes on when the labels are available.",
        )


def _print_forecast(config: ExperimentConfig, data: Path, store: Path, decode_once: bool) -> None:
    from workbench.engine.forecast import forecast

    found = forecast(config, data, store, decoded=decode_once, timed=True)
    planned = found.plan
    methods, seeds = len(planned.methods), len(planned.config.seeds)
    times = " × " if len(planned.runs) == methods * seeds else ", "
    disk = {part: size for part, size in found.bytes.items() if part != "total"}
    rows = [
        ("experiment", planned.config.id),
        ("runs", f"{len(planned.runs)} ({methods} methods{times}{seeds} seeds)"),
        ("images in the pool", f"{found.pool_images:,}"),
        ("cycles per run", planned.config.budget.cycles),
        ("networks trained", found.trainings),
        *_again(found),
        *([("  at report points", found.reports)] if found.reports else []),
        *([("  of references", found.references)] if found.references else []),
        *([("report points beyond the last cycle", found.beyond)] if found.beyond else []),
        ("training steps", f"{found.training_steps:,}"),
        *([("steps of riders", f"{found.rider_steps:,}")] if found.rider_steps else []),
        *_time(found),
        ("disk needed", byte_size(found.bytes["total"])),
        *((f"  {part}", byte_size(size)) for part, size in disk.items() if size),
    ]
    print_table(("quantity", "value"), rows)
    print_lines("", *_scaled(planned), *_alike(found), *_clicks(found), "Nothing was started.")


def _scaled(plan: Plan) -> list[str]:
    """Return lines that say what the experiment is a smaller form of, and each setting changed."""
    if plan.config.scaled is None:
        return []
    return [plan.config.scaled.sentence, *(f"  {c}" for c in plan.config.scaled.changes), ""]


def _time(found: Forecast) -> list[tuple[str, str]]:
    """Return rows for how long it takes here, as measured on a few steps and images."""
    if found.time is None:
        return []
    time = found.time
    each = "one run at a time" if time.side_by_side == 1 else f"{time.side_by_side} runs at a time"
    parts = {
        "training": time.training,
        "training at report points and of references": time.reports,
        "measuring": time.measuring,
        "scanning": time.scanning,
    }
    return [
        (f"time on this machine ({time.device})", f"{span(time.total)}, {each}"),
        ("  a seed", span(time.per_seed)),
        *((f"  {name}", span(s / time.side_by_side)) for name, s in parts.items() if s),
    ]


def _again(found: Forecast) -> list[tuple[str, int]]:
    """Return rows for what an experiment that grew has to train or scan again."""
    rows = [
        ("  again (weights not kept)", found.trained_again),
        ("cycles scanned again", found.scanned_again),
    ]
    return [row for row in rows if row[1]]


def _alike(found: Forecast) -> list[str]:
    """Return a sentence for each group of methods whose cycles are the same."""
    return [
        f"{', '.join(names[:-1])} and {names[-1]} train and query alike, so that the same cycles "
        f"are computed {len(names)} times; only what report points measure can differ."
        for names in found.plan.alike
    ]


def _clicks(found: Forecast) -> list[str]:
    """Return sentences that compare a budget in clicks with the estimated clicks of the pool."""
    if found.pool_clicks is None:
        return []
    total = found.plan.config.budget.total
    sentence = (
        f"The budget is {total:,} clicks; labelling the whole pool takes about "
        f"{found.pool_clicks:,}, at the price of the units labelled first. The true clicks are "
        "counted when units are labelled."
    )
    if total <= found.pool_clicks:
        return [sentence]
    return [sentence, "The last queries may find nothing left to label."]
