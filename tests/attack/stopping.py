"""Commands that are stopped at a chosen place: ``python -m tests.attack.stopping ARGUMENTS``.

``STOP_AT`` names the place, as ``module:function`` or, for a phase of a run, ``phase:NAME``. When
it is reached, the file ``STOP_MARK`` appears. With ``STOP_STUCK`` the process then stays in native
code for two minutes, as a library would that does not look for signals.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.abc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.processes import start

PATIENCE = 180.0
STUCK_SECONDS = 120


def reached() -> None:
    """Tell that the place is reached; stay there if so told."""
    Path(os.environ["STOP_MARK"]).touch()
    if os.environ.get("STOP_STUCK"):
        end = time.monotonic() + STUCK_SECONDS
        while time.monotonic() < end:
            ctypes.CDLL(None).sleep(STUCK_SECONDS)  # a signal ends one sleep early


class AtImport(importlib.abc.MetaPathFinder):
    """Tells when a module is about to be imported."""

    def __init__(self, module: str, then: Callable[[], None]) -> None:
        self.module, self.then = module, then

    def find_spec(self, name: str, *_: Any) -> None:
        if name == self.module:
            sys.meta_path.remove(self)
            self.then()


def set_trap(place: str) -> None:
    """Have :func:`reached` called at a place."""
    kind, _, name = place.partition(":")
    if kind == "import":
        sys.meta_path.insert(0, AtImport(name, reached))
    elif kind == "phase":
        _trap_phase(name)
    else:
        owner: Any = importlib.import_module(kind)
        *parts, name = name.split(".")
        for part in parts:
            owner = getattr(owner, part)
        plain = getattr(owner, name)

        def trapped(*args: Any, **more: Any) -> Any:
            reached()
            return plain(*args, **more)

        setattr(owner, name, trapped)


def _trap_phase(phase: str) -> None:
    from workbench.engine.events import Progress

    plain = Progress.step

    def step(self: Any, name: str, done: int, total: int, **facts: Any) -> None:
        if name == phase and self.about["cycle"] == 1:
            reached()
        plain(self, name, done, total, **facts)

    Progress.step = step


@dataclass
class Stopped:
    """A command that was stopped.

    Attributes:
        code: its exit code.
        out: what it printed on stdout.
        err: what it printed on stderr.
        seconds: from the signal to its end.
    """

    code: int
    out: str
    err: str
    seconds: float


@dataclass
class Command:
    """A command in a process of its own, which leads a process group."""

    cwd: Path
    arguments: Sequence[str]
    place: str
    stuck: bool = False
    more: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mark = self.cwd / "reached"
        self.mark.unlink(missing_ok=True)
        self.env = {"STOP_AT": self.place, "STOP_MARK": str(self.mark), "OMP_NUM_THREADS": "1"}
        self.env |= ({"STOP_STUCK": "1"} if self.stuck else {}) | dict(self.more)
        self.out, self.err = self.cwd / "out.txt", self.cwd / "err.txt"

    def stop(
        self,
        *signals: int,
        group: bool = False,
        fresh: bool = False,
        between: float = 0.0,
    ) -> Stopped:
        """Start it, wait for the place, send signals, and wait for its end.

        Args:
            signals: sent one after the other.
            group: send them to its process group, as a terminal does.
            fresh: in a new interpreter; else forked from one that has loaded the engine.
            between: seconds between two signals.
        """
        process = self._fresh() if fresh else start(_forked, self)
        is_over = process.poll if fresh else _exit_code_of(process)
        try:
            _wait_for(lambda: self.mark.exists() or is_over() is not None)
            assert is_over() is None, self.err.read_text()
            begun = time.monotonic()
            for number in signals:
                (os.killpg if group else os.kill)(process.pid, number)
                time.sleep(between)
            _wait_for(lambda: is_over() is not None)
            seconds = time.monotonic() - begun
            _wait_for(lambda: not _has_members(process.pid), 10)
        finally:
            if is_over() is None:
                os.killpg(process.pid, signal.SIGKILL)
        code = is_over()
        assert code is not None
        out = self.out.read_text() if self.out.is_file() else ""
        return Stopped(code, out, self.err.read_text(), seconds)

    def _fresh(self) -> subprocess.Popen[bytes]:
        with self.out.open("wb") as out, self.err.open("wb") as err:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.attack.stopping", *self.arguments],
                cwd=self.cwd,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )


def _exit_code_of(process: Any) -> Callable[[], int | None]:
    return lambda: process.exitcode


def _wait_for(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:.0f} seconds")
        time.sleep(0.005)


def _has_members(group: int) -> bool:
    """Return whether a process of a group still runs; zombies do not count."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp, *_ = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(pgrp) == group and state not in "ZX":
            return True
    return False


def _forked(command: Command) -> None:
    """Become the command, in a forked child."""
    os.setsid()
    os.chdir(command.cwd)
    os.environ.update(command.env)
    for path, number in ((command.out, 1), (command.err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
    set_trap(command.place)
    _become(command.arguments)


def _become(arguments: Sequence[str]) -> None:
    from workbench.cli import main

    sys.argv = ["workbench", *arguments]
    main()


if "STOP_AT" in os.environ:  # in worker processes too, which import this module anew
    set_trap(os.environ["STOP_AT"])

if __name__ == "__main__":
    _become(sys.argv[1:])
