"""Options that several commands share, with their defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_STORE = Path("runs")
DEFAULT_DATA = Path("data")
DEFAULT_PORT = 8501

StoreOption = Annotated[
    Path,
    typer.Option("--store", envvar="WORKBENCH_STORE", help="Folder that holds the run store."),
]
DataOption = Annotated[
    Path,
    typer.Option(
        "--data", envvar="WORKBENCH_DATA", help="Folder that holds one folder for each dataset."
    ),
]
DatasetName = Annotated[
    str, typer.Argument(help="Registered name, e.g. camvid.", show_default=False)
]
DatasetSettings = Annotated[
    list[str] | None,
    typer.Option("--option", help="A setting of the dataset, key=value; may be repeated."),
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Runs side by side; results do not depend on it."),
]
PortOption = Annotated[
    int, typer.Option("--port", min=1, max=65535, help="Port of the dashboard on this machine.")
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        envvar="WORKBENCH_ALLOW_HOST",
        help="A further name in the browser's address that the dashboard answers to; repeatable.",
    ),
]
