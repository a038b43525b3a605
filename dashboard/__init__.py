"""The dashboard: Streamlit pages over the run store. They load and draw; they compute nothing.

``serve`` starts it. ``app.py`` is the page frame, ``navigation.py`` the links between the pages of
``app_pages/``, put together from ``sections/``; ``context.py`` is what all of a page looks
at, ``address.py`` keeps every choice in the address, ``controls.py`` draws the choices;
``loaders.py`` is what is read (through bounded caches), ``images.py`` the image route, ``guard.py``
what every request passes, ``text.py`` what every text passes.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboard import hosts
from workbench.errors import WorkbenchError
from workbench.reading import resolved

_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


def serve(
    store: Path,
    data: Path,
    port: int = 8501,
    host: str = "127.0.0.1",
    allow_hosts: Sequence[str] = (),
) -> None:
    """Become the dashboard's server; this process ends with it.

    The running program is replaced: whatever it had loaded (a training network, torch) is gone from
    memory, and Ctrl-C or a signal reaches the server itself.

    Args:
        store: the run store; it need not exist yet.
        data: folder that holds one folder per dataset, for images and for experiments started from
            the browser.
        port: TCP port.
        host: address to listen on. There is no login: any other than this machine's own offers the
            store, and the start of experiments, to everyone who can reach it.
        allow_hosts: names, ``NAME`` or ``NAME:PORT``, by which browsers may ask for it besides
            ``localhost`` and ``host``: its names in a network or at a proxy.

    Raises:
        WorkbenchError: if the port is taken or a name is no host name.
    """
    check_place(port, host, allow_hosts)
    environment = {
        "MALLOC_ARENA_MAX": "2",  # each page is a thread; glibc would keep memory for many of them
        # both fixed: once a large array is freed, glibc would raise them and return no memory
        "MALLOC_MMAP_THRESHOLD_": "262144",
        "MALLOC_TRIM_THRESHOLD_": "1048576",
        **os.environ,
        "WORKBENCH_STORE": str(resolved(store)),
        "WORKBENCH_DATA": str(resolved(data)),
        "WORKBENCH_ALLOW_HOST": " ".join(allow_hosts),
    }
    command = [sys.executable, "-m", "dashboard"]
    command += ["--server.address", host, "--server.port", str(port)]
    sys.stdout.flush()
    sys.stderr.flush()
    if hasattr(signal, "pthread_sigmask"):  # until the server watches them
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    os.execve(sys.executable, command, environment)


def check_place(port: int, host: str = "127.0.0.1", allow_hosts: Sequence[str] = ()) -> None:
    """Check that a port is free and that the names to answer to are names.

    Raises:
        WorkbenchError: if the port is taken or a name is no host name.
    """
    hosts.allowed(host, allow_hosts)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise WorkbenchError(
                f"The dashboard cannot listen on {host}:{port} ({error.strerror}); end what "
                f"listens there or choose another port with --port, e.g. --port {port + 1}."
            ) from None


__all__ = ["check_place", "serve"]
