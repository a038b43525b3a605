"""Ctrl-C, SIGTERM and a closed terminal end the dashboard's server and a projection in a sentence.

The stop button of the page ends workers in time.
"""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.experiments import SMALL, SharedStores
from workbench import launch, open_store
from workbench.config import parse_config
from workbench.engine.plan import resolve

MOST_SECONDS = 5.0
SENTENCES = {"dashboard": "Stopped; runs that were started from the dashboard go on.\n"}


def stopped(
    arguments: list[str], cwd: Path, ready: Callable[[int], bool], signum: int = signal.SIGINT
) -> tuple[int, str, float]:
    """Start a program, stop it when it is ready; return exit code, stderr and seconds.

    ``ready`` is called with its process id.
    """
    with (cwd / "out").open("wb") as out, (cwd / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": ""},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + 120
        while not ready(process.pid) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        assert process.poll() is None, (cwd / "err").read_text()
        begun = time.monotonic()
        os.killpg(process.pid, signum)
        code = process.wait(60)
        return code, (cwd / "err").read_text(), time.monotonic() - begun
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serves(port: int) -> Callable[[int], bool]:
    def ready(_: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                return True
        except OSError:
            return False

    return ready


def watches(pid: int) -> bool:
    """Return whether a process has set what is done on SIGTERM."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    return bool(int(status["SigCgt"], 16) >> (signal.SIGTERM - 1) & 1)


def test_ctrl_c_while_the_dashboard_starts(tmp_path: Path) -> None:
    command, out = ["workbench", "dashboard", "--port", str(free_port())], tmp_path / "out"
    code, err, seconds = stopped(command, tmp_path, lambda _: "http" in out.read_text())
    assert (code, err) == (130, SENTENCES["dashboard"])
    assert seconds <= MOST_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_the_dashboard_while_it_serves(
    tmp_path: Path, signum: int, code: int
) -> None:
    port = free_port()
    command = ["workbench", "dashboard", "--port", str(port)]
    ended, err, seconds = stopped(command, tmp_path, serves(port), signum)
    assert ended == code
    assert err.endswith(SENTENCES["dashboard"])
    assert "Traceback" not in err
    assert "Aborted" not in err
    assert seconds <= MOST_SECONDS


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_ends_the_demo_that_serves(
    shared: SharedStores, tmp_path: Path
) -> None:
    """The demo is one that ran to its end before, so that it serves at once."""
    store = shutil.copytree(shared.trained(SMALL).store, tmp_path / "store")
    port = free_port()
    code = f"""
        import sys
        import workbench.presets
        from tests.experiments import SMALL
        from workbench.config import parse_config

        workbench.presets.load = lambda name: parse_config(SMALL)
        sys.argv = ["workbench", "demo", "--store", {str(store)!r}, "--port", "{port}"]
        from workbench.__main__ import main
        main()
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(Path(__file__).parents[2])
        os.execv(sys.executable, command)
    told, begun = b"", 0.0
    try:
        end = time.monotonic() + 240
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    told += os.read(terminal, 1 << 16)
                except OSError:  # the other end is closed
                    break
            if not begun and b"Ctrl-C ends it" in told and serves(port)(pid):
                begun = time.monotonic()
                os.write(terminal, b"\x03")
        seconds = time.monotonic() - begun
    finally:
        if not begun:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 130, told.decode()
    assert SENTENCES["dashboard"].strip() in told.decode().rpartition("^C")[2]
    assert b"Traceback" not in told
    assert seconds <= MOST_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.5, 2.0, 8.0])
def test_ctrl_c_ends_a_projection(shared: SharedStores, tmp_path: Path, delay: float) -> None:
    store = shared.sample()
    run = open_store(store).runs()[0]
    command = ["workbench.projection", str(store), run.id, "0", "umap", "--seed", "77"]

    def ready(pid: int) -> bool:
        return watches(pid) and not time.sleep(delay)

    code, err, seconds = stopped(command, tmp_path, ready)
    assert (code, err) == (130, "Stopped.\n")
    assert seconds <= MOST_SECONDS


@pytest.mark.slow
def test_the_button_of_the_page_stops_two_workers_in_time(tmp_path: Path) -> None:
    values = {"name": "pressed", "methods": ["random", "entropy"], "seeds": [0, 1]}
    budget = {"initial": 8, "per_cycle": 2, "cycles": 12}
    config = resolve(parse_config(SMALL | values | {"budget": budget})).config
    store = tmp_path / "store"
    job = launch.start_run(config, store, jobs=2)
    end = time.monotonic() + 120
    while time.monotonic() < end and job.running and not _some_run_runs(store):
        time.sleep(0.1)
    begun = time.monotonic()
    assert launch.stop(store, config.id)
    while job.running and time.monotonic() < begun + 60:
        time.sleep(0.02)
    assert time.monotonic() - begun <= MOST_SECONDS
    states = {run.status.state for run in open_store(store).runs()}
    assert "stopped" in states
    assert states <= {"stopped", "pending", "done"}
    assert not job.failed
    assert [line for line in job.tail() if line.startswith("Stopping;")]


def _some_run_runs(store: Path) -> bool:
    if not (store / "experiments").is_dir():
        return False
    return any(run.status.state == "running" for run in open_store(store).runs())
