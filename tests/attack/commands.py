"""Runs commands of ``workbench`` in processes of their own, bounded in time and memory.

A server, one per worker of a test run, has imported the command line and what it reads at once, but
not torch, and forks a child for each command: a command costs milliseconds instead of seconds, and
no state of the test run gets into it. Another server has imported the engine with torch, for many
commands that need it.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

GIB = 1024**3
_ROOT = Path(__file__).parents[2]
_SETTINGS = ("WORKBENCH_STORE", "WORKBENCH_DATA")
_PRELOADED = (
    "workbench.cli._app",
    "workbench.presets",
    "workbench.engine.plan",
    "workbench.figures.learning_curve",
    "workbench.store",
    "workbench.store.export",
    "workbench.what_if",
)
_ENGINE = ("workbench.engine.forecast", "workbench.engine.experiment", "workbench.engine.cycle")


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: exit code; negative for the number of the signal that killed it: −24 (SIGXCPU) for
            too much processor time, −14 (SIGALRM) for too much time.
        out: what it printed on stdout, bytes that are not UTF-8 escaped with a backslash.
        err: what it printed on stderr.
        cpu_s: processor time of it and the processes that it waited for, in seconds.
    """

    code: int
    out: str
    err: str
    cpu_s: float


def run_command(
    args: Sequence[str],
    cwd: Path,
    cpu_s: float = 5,
    *,
    wall_s: float = 120,
    memory: int = 4 * GIB,
    env: Mapping[str, str] | None = None,
    warm: bool = False,
) -> Ended:
    """Run ``workbench ARGS`` in a folder and return how it ended.

    Args:
        args: the arguments; lone surrogates stand for bytes that are not UTF-8, as in ``sys.argv``.
        cwd: the folder that it runs in.
        cpu_s: seconds of processor time after which it is killed, rounded up to whole ones.
        wall_s: seconds after which it is killed, also while it waits.
        memory: bytes of private memory that it may have; ``0`` for no bound.
        env: variables to set for it. ``WORKBENCH_STORE`` and ``WORKBENCH_DATA`` are not set.
        warm: fork from the server that has imported the engine with torch.
    """
    request = {
        "args": [str(argument) for argument in args],
        "cwd": str(cwd),
        "cpu_s": int(-(-cpu_s // 1)),
        "wall_s": wall_s,
        "memory": memory,
        "env": dict(env or {}),
    }
    server = _server(warm)
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    if not answer:
        raise RuntimeError("the server of commands died")
    return Ended(**json.loads(answer))


def assert_refused(ended: Ended, *parts: str) -> None:
    """Assert exit code 2 and one sentence of bounded length, without traceback, on stderr."""
    assert ended.code == 2, ended
    assert_sentence(ended.err)
    assert not [part for part in parts if part not in ended.err], ended.err


def assert_sentence(text: str) -> None:
    """Assert that a text is one line of at most 300 characters and no traceback."""
    assert "Traceback" not in text, text
    assert text.strip(), "no sentence"
    assert text.count("\n") == 1, text
    assert len(text.rstrip("\n")) <= 300, text


@cache
def _server(warm: bool) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key not in _SETTINGS}
    environment["OMP_NUM_THREADS"] = "1"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.attack.commands", *(["warm"] if warm else [])],
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    atexit.register(_end, server)
    return server


def _end(server: subprocess.Popen[str]) -> None:
    server.stdin.close()
    server.wait(10)


def _serve(warm: bool) -> None:
    """Answer requests until stdin is closed; in a child, become the command."""
    for name in _PRELOADED:
        import_module(name)
    if "torch" in sys.modules:
        raise RuntimeError("the command line has loaded torch")
    for name in _ENGINE if warm else ():
        import_module(name)
    gc.collect()
    gc.freeze()  # so that children copy no page for being looked at
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                _run(request, out.fileno(), err.fileno())
                return
            _, status, used = os.wait4(child, 0)
            _kill_rest(child)
            ended = {
                "code": os.waitstatus_to_exitcode(status),
                "out": _text(out),
                "err": _text(err),
                "cpu_s": used.ru_utime + used.ru_stime,
            }
        sys.stdout.write(json.dumps(ended) + "\n")
        sys.stdout.flush()


def _kill_rest(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _text(file: Any) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="backslashreplace")


def _run(request: Mapping[str, Any], out: int, err: int) -> None:
    from workbench.cli import main

    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(request["cwd"])
    os.environ.update(request["env"])
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_s"], request["cpu_s"] + 2))
    if request["memory"]:
        resource.setrlimit(resource.RLIMIT_DATA, (request["memory"], request["memory"]))
    signal.setitimer(signal.ITIMER_REAL, request["wall_s"])
    sys.argv = ["workbench", *request["args"]]
    try:
        main()
    except SystemExit as end:
        _leave(end.code if isinstance(end.code, int) else 0 if end.code is None else 1)


def _leave(code: int) -> NoReturn:
    """End as Python does, but without a second of clearing modules away."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = 120
    os._exit(code)


if __name__ == "__main__":
    _serve("warm" in sys.argv[1:])
