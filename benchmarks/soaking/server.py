"""The dashboard as ``workbench dashboard`` starts it, and what it takes: memory, threads, files.

Read from ``/proc``, so on Linux alone.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_MB = 1024  # of the kB in which the system counts


@dataclass(frozen=True)
class Sample:
    """What the dashboard took at a moment.

    Attributes:
        at: seconds since the browsers began.
        memory: resident memory of the server in MB.
        jobs: resident memory of the processes that it started, in MB.
        threads: threads of the server.
        files: open files of the server.
        cpu: processor time that the server took since it began, in seconds.
        cycles: published cycles in the store.
    """

    at: float
    memory: float
    jobs: float
    threads: int
    files: int
    cpu: float
    cycles: int


@contextmanager
def serving(store: Path, data: Path, log: Path) -> Iterator[tuple[int, str]]:
    """Serve a store until the block is left; give the process's id and its address."""
    port = _free_port()
    command = [sys.executable, "-m", "workbench", "dashboard", "--store", str(store)]
    command += ["--data", str(data), "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            _wait(process, f"http://127.0.0.1:{port}/_stcore/health")
            yield process.pid, f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError("The dashboard ended before it answered.") from None
            time.sleep(0.2)
    raise RuntimeError("The dashboard did not answer within two minutes.")


def sample(pid: int, store: Path, at: float) -> Sample:
    """Look at a server and its store."""
    values = _status(pid)
    children = sum(_status(child).get("VmRSS", 0) for child in _children(pid))
    return Sample(
        at=at,
        memory=values["VmRSS"] / _MB,
        jobs=children / _MB,
        threads=values["Threads"],
        files=len(list((_PROC / str(pid) / "fd").iterdir())),
        cpu=_cpu(pid),
        cycles=sum(1 for _ in store.glob("experiments/*/runs/*/cycles/*/cycle.json")),
    )


def _status(pid: int) -> dict[str, int]:
    """The numbers of a process's status; empty if it has ended."""
    try:
        lines = (_PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines)
    found = {name: text.split()[0] for name, text in pairs if text.split()}
    return {name: int(text) for name, text in found.items() if text.isdigit()}


def _cpu(pid: int) -> float:
    """Processor time of a process in seconds, user and system."""
    fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    """Every process below a process."""
    try:
        tasks = list((_PROC / str(pid) / "task").iterdir())
        lists = [(task / "children").read_text(encoding="utf-8").split() for task in tasks]
    except OSError:
        return []
    direct = [int(child) for one in lists for child in one]
    return [*direct, *(below for child in direct for below in _children(child))]
