"""``presets``, ``methods`` and ``datasets``: what there is to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli._console import console, print_table, say
from workbench.cli._options import DEFAULT_DATA, DataOption
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.datasets import CheckReport

datasets_app = typer.Typer(help="List the datasets, or check one on disk.", no_args_is_help=False)


def presets() -> None:
    """List the experiments that come along; `workbench run NAME` runs one."""
    from workbench.presets import PRESETS, load

    configs = [load(name) for name in PRESETS]
    rows = [
        (name, c.dataset.name, len(c.methods), len(c.seeds), c.budget.cycles, c.description)
        for name, c in zip(PRESETS, configs, strict=True)
    ]
    headers = ("preset", "dataset", "methods", "seeds", "cycles", "what it is for")
    print_table(headers, rows, numbers=headers[2:5])


def methods() -> None:
    """List the methods: which score, aggregation and selector each puts together."""
    from workbench.methods import METHODS

    headers = ("method", "score", "aggregation", "selector", "source", "summary")
    rows = [
        (e.name, e.facts["score"], e.facts["aggregation"], e.facts["selector"], e.source, e.summary)
        for e in METHODS
    ]
    print_table(headers, rows)


@datasets_app.callback(invoke_without_command=True)
def datasets(context: typer.Context) -> None:
    """List the datasets, or check one on disk."""
    if context.invoked_subcommand is None:
        list_datasets()


@datasets_app.command("list")
def list_datasets() -> None:
    """List the datasets."""
    from workbench.datasets import DATASETS

    rows = [
        (e.name, "files" if e.facts["needs_root"] else "built in", e.summary, e.source)
        for e in DATASETS
    ]
    print_table(("dataset", "kind", "summary", "source"), rows)


@datasets_app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="Registered name, e.g. camvid.", show_default=False)],
    data: DataOption = DEFAULT_DATA,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", help="A setting of the dataset, key=value; may be repeated."),
    ] = None,
) -> None:
    """Decode every file of a dataset and name the first fault."""
    from rich.progress import track

    from workbench.datasets import check_dataset, open_dataset

    dataset = open_dataset({"name": name, **_settings(option or [])}, data)
    report = check_dataset(dataset)
    _print_report(report)


def _settings(texts: list[str]) -> dict[str, str]:
    settings = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise ConfigError(f"--option {text!r} is not of the form key=value, e.g. root=camvid.")
        settings[key] = value
    return settings
