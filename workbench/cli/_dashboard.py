"""``dashboard``: serves the pages on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli._console import print_lines
from workbench.cli._options import (
    DEFAULT_DATA,
    DEFAULT_PORT,
    DEFAULT_STORE,
    AllowHostOption,
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
    allow_hosts: AllowHostOption = None,
) -> None:
    """Serve the dashboard until Ctrl-C."""
    serve(store, data, port, host, allow_hosts or ())


def require_place(port: int, allow_hosts: Sequence[str]) -> None:
    """Check that the dashboard can listen on a port, and answer to some names.

    Raises:
        WorkbenchError: if the port is taken or a name is no host name.
    """
    from dashboard import check_place

    check_place(port, LOOPBACK, allow_hosts)


def serve(
    store: Path, data: Path, port: int, host: str = LOOPBACK, allow_hosts: Sequence[str] = ()
) -> None:
    """Print the address of the dashboard and replace this process by its server.

    Raises:
        WorkbenchError: if the port is taken or a name is no host name.
    """
    from dashboard import serve as serve_pages

    name = {"0.0.0.0": "localhost", "::": "localhost"}.get(host) or (
        f"[{host}]" if ":" in host else host
    )
    print_lines(f"Dashboard: http://{name}:{port} (Ctrl-C ends it; runs go on)")
    serve_pages(store, data, port, host, allow_hosts)
