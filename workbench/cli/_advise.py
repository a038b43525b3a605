"""``advise``: says which methods to take, what speaks against them, and what one's runs say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli._catalogue import file_counter
from workbench.cli._console import print_lines, print_table
from workbench.cli._options import DEFAULT_DATA, DEFAULT_STORE, DataOption, StoreOption
from workbench.cli._store import find_experiment
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.advisor import Advice, Measured, Recommendation


def advise(
    experiment: Annotated[
        str | None,
        typer.Argument(
            metavar="[EXPERIMENT]",
            help="Runs to hold the advice against: an id as in `workbench list`, or its start.",
            show_default=False,
        ),
    ] = None,
    pool: Annotated[
        str | None,
        typer.Option("--pool", metavar="KIND", help="diverse or redundant; left out: both."),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            metavar="NAME[:SETTING=VALUE]",
            help="Measure a pool of this dataset instead, e.g. camvid.",
        ),
    ] = None,
    scheme: Annotated[
        str | None,
        typer.Option(
            "--scheme",
            metavar="SCHEME",
            help="Its pool, e.g. video:consecutive=11; default: full.",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="KIND",
            help="low (2 % first, 2 % a query) or high (10 % and 10 %); left out: both.",
        ),
    ] = None,
    semi_supervised: Annotated[
        bool | None,
        typer.Option(
            "--semi-supervised/--supervised",
            help="Whether unlabelled images can be learnt from, too; left out: both.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="B",
            help="The budget at which your runs are compared; default: the last all reached.",
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Recommend methods for a pool and a budget, and say how sure that is."""
    from workbench.advisor import advise as advice_for
    from workbench.store import open_store

    if pool and dataset:
        raise ConfigError("advise got --pool and --dataset; state what the pool is or measure it.")
    if scheme and not dataset:
        raise ConfigError("advise got --scheme without --dataset, whose pool it is; add it.")
    if at is not None and experiment is None:
        raise ConfigError("advise got --at without an experiment, whose runs it is about; name it.")
    runs = find_experiment(open_store(store), experiment).runs() if experiment else []
    known = advice_for(pool, budget, semi_supervised, runs, at=at)
    if dataset:  # what else is wrong has been refused before the images are read
        measured = _measured(dataset, data, scheme or "full")
        known = advice_for(measured, budget, semi_supervised, runs, at=at)
    _print(known)


def _measured(spec: str, data: Path, scheme: str) -> Measured:
    from workbench.engine.redundancy import pool_redundancy

    with file_counter("embedding") as count:
        return pool_redundancy(spec, data, [scheme], progress=count)[0]


def _print(found: Advice) -> None:
    print_lines(found.pool.sentence, "")
    headers = ("pool", "budget", "training", "advice", "methods", "the paper agrees", "your runs")
    rows = [
        (
            one.scenario.pool,
            f"{one.scenario.budget} ({one.budget})",
            _training(one),
            one.scenario.advice.words,
            ", ".join(one.methods),
            f"{one.agreeing} of {len(one.findings)}",
            one.own.support if one.own else None,
        )
        for one in found.recommendations
    ]
    print_table(headers, rows, title=found.source, prose=("methods",))
    for one in found.recommendations:
        _print_one(one)
    print_lines("", *found.notes, "docs/advisor.md says how each of these is found.")


def _training(one: Recommendation) -> str:
    return "semi-supervised" if one.scenario.semi_supervised else "supervised"


def _print_one(one: Recommendation) -> None:
    scenario = one.scenario
    words = {"yes": "agrees", "in part": "agrees in part", "no": "conflicts"}
    print_lines(
        "",
        f"{scenario.pool.capitalize()} pool, {scenario.budget} budget, {_training(one)}: "
        f"{scenario.advice.words}. {one.sure}",
        *(f"  {words[finding.agrees]}: {finding.sentence}" for finding in one.findings),
        *([f"  your runs: {one.own.sentence}"] if one.own else []),
    )
