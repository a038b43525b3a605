"""``dashboard``: serves the pages on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli._console import print_lines
from workbench.cli._options import (
    DEFAULT_DATA,
    DEFAULT_PORT,
    DEFAULT_STORE,
    DataOption,
    PortOption,
    StoreOption,
)

LOOPBACK = "127.0.0.1"


def dashboard(
    store: StoreOption = DEFAULT_STORE,
    data: DataOption = DEFAULT_DATA,
    port: PortOption = DEFAULT_PORT,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; there is no login.")
    ] = LOOPBACK,
) -> None:
    """Serve the dashboard until Ctrl-C."""
    serve(store, data, port, host)


def require_port(port: int) -> None:
    """Check that the dashboard can listen on a port.

    Raises:
        WorkbenchError: if it is taken.
    """
    from dashboard import check_port

    check_port(port, LOOPBACK)


def serve(store: Path, data: Path, port: int, host: str = LOOPBACK) -> None:
    """Print the address of the dashboard and replace this process by its server.

    Raises:
        WorkbenchError: if the port is taken.
    """
    from dashboard import serve as serve_pages

    print_lines(f"Dashboard: http://{host}:{port} (Ctrl-C ends it; runs go on)")
    serve_pages(store, data, port, host)
