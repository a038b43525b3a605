"""The dashboard's server in a process of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request

_CODE = """
import pathlib, sys, dashboard
store = pathlib.Path(sys.argv[1])
dashboard.serve(store, store / "data", int(sys.argv[2]), allow_hosts=sys.argv[3:])
"""


@contextlib.contextmanager
def serving(store, *allow_hosts):
    """Serve a store; yield the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", _CODE, str(store), str(port), *allow_hosts],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(process, address)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(process, address):
    for _ in range(240):
        if process.poll() is not None:
            raise RuntimeError(f"The server ended: {process.stdout.read().decode()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("The server did not answer within a minute.")
