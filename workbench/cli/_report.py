"""``report``: writes one HTML file on an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli._console import print_lines
from workbench.cli._options import DEFAULT_STORE, StoreOption
from workbench.cli._store import find_experiment, require_outside
from workbench.printable import byte_size


def report(
    name: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT",
            help="An id as in `workbench list`, or the start of one.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            dir_okay=False,
            help="HTML file to write, replaced if it is there; default: EXPERIMENT.html.",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write one self-contained HTML report: figures, tables, setting, versions, what is missing."""
    from workbench.html_report import write_report
    from workbench.store import open_store

    record = find_experiment(open_store(store), name)
    file = Path(f"{record.id}.html") if out is None else out
    require_outside(file, store)
    write_report(record, file)
    print_lines(f"{file} ({byte_size(file.stat().st_size)})")
