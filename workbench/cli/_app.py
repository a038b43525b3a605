"""The ``workbench`` command and its subcommands."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from workbench.cli import (
    _advise,
    _catalogue,
    _compare,
    _dashboard,
    _doctor,
    _redundancy,
    _repair,
    _report,
    _rescan,
    _run,
    _store,
    _whatif,
)
from workbench.cli._sentences import SentenceGroup

app = typer.Typer(
    name="workbench",
    cls=SentenceGroup,
    help="An interactive workbench for active learning in semantic segmentation.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(given: bool) -> None:
    if given:
        typer.echo(version("al-workbench"))
        raise typer.Exit


@app.callback(invoke_without_command=True)
def workbench(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """An interactive workbench for active learning in semantic segmentation."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("run")(_run.run)
app.command("demo")(_run.demo)
app.command("list")(_store.list_store)
app.command("show")(_store.show)
app.command("compare")(_compare.compare)
app.command("advise")(_advise.advise)
app.command("report")(_report.report)
app.command("export")(_store.export)
app.command("dashboard")(_dashboard.dashboard)
app.command("doctor")(_doctor.doctor)
app.command("repair")(_repair.repair)
app.command("rescan")(_rescan.rescan)
app.command("whatif")(_whatif.whatif)
app.command("presets")(_catalogue.presets)
app.add_typer(_catalogue.datasets_app, name="datasets")
_catalogue.datasets_app.command("redundancy")(_redundancy.redundancy)
app.command("methods")(_catalogue.methods)
