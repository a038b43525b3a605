"""Runs tests against mutants, each in a forked child on a copy of the tree.

The process that forks has imported what the package needs, but not the package: a child starts with
torch loaded and imports the mutant, which takes tenths of a second instead of seconds.
"""

from __future__ import annotations

import compileall
import contextlib
import importlib
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mutation.places import Mutant
from benchmarks.mutation.record import PYTEST

LEFT_OUT = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "runs", "*.egg-info")
LEAST_SECONDS, SLOWER = 20, 8
"""A mutant may take this CPU time, and this many times what the tests take without it."""

_WAITING = 20
"""Wall time that a mutant may take, in times of its CPU time: the machine has other work."""


_PAUSE = 0.02

_OURS = ("workbench", "dashboard", "benchmarks", "tests")
"""What imports the package."""

_FAULT = 70
"""Exit code of a child in which something else than the tests failed."""


@dataclass(frozen=True)
class Result:
    """How the tests of a mutant ended.

    Attributes:
        caught: whether a test failed, or the time was over.
        seconds: CPU time.
        by: the test that failed, or why there is none.
    """

    caught: bool
    seconds: float
    by: str


class _Chosen:
    """Runs some tests in a given order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the chosen tests."""
        chosen = [item for item in items if item.nodeid in self._order]
        items[:] = sorted(chosen, key=lambda item: self._order[item.nodeid])


class _FirstFailure:
    """Notes the first test that fails in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that failed."""
        if report.failed and not self._path.exists():
            self._path.write_text(report.nodeid, encoding="utf-8")


def preload(modules: Sequence[str]) -> None:
    """Import modules that children will need; what cannot be imported by name is passed over.

    Raises:
        RuntimeError: if one of them imports the package; children would then see no mutant.
    """
    for name in modules:
        if name.partition(".")[0] not in _OURS:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    if "workbench" in sys.modules:
        raise RuntimeError("the package was imported before the first mutant")


def copy_tree(root: Path, to: Path) -> Path:
    """Copy what tests need; the working tree is never changed."""
    shutil.copytree(root, to, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    return to


def copies(tree: Path, folders: Sequence[str], number: int) -> list[Path]:
    """Return a tree and copies of it, with the bytecode of package and tests, so many in all."""
    compileall.compile_dir(tree / "workbench", quiet=1)
    files = [f"tests/{folder}" for folder in folders]
    Trial(tree, files, 120, options=("--collect-only",)).wait()
    trees = [tree, *(tree.with_name(f"{tree.name}-{n}") for n in range(1, number))]
    for other in trees[1:]:
        shutil.copytree(tree, other, symlinks=True)
    return trees


class Trial:
    """One forked child that runs tests on a copy of the tree, changed or not."""

    def __init__(
        self,
        tree: Path,
        tests: Sequence[str],
        seconds: float,
        mutant: Mutant | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self._tree, self._scratch = tree, tree.with_name(tree.name + "-scratch")
        self._limit = int(LEAST_SECONDS + SLOWER * seconds)
        self._file = None if mutant is None else tree / mutant.file
        self._source = b""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        if self._file is not None and mutant is not None:
            self._source = self._file.read_bytes()
            self._stat = self._file.stat()
            self._file.write_text(mutant.apply(self._source.decode()), encoding="utf-8")
            os.utime(self._file, ns=(0, time.time_ns() % 10**9 * 10**9))  # no cached bytecode fits
        self._end = time.monotonic() + _WAITING * self._limit
        self._child = os.fork()
        if not self._child:
            self._run(tests, options)

    def wait(self) -> Result:
        """Return how it ended, when it has."""
        while (result := self.result()) is None:
            time.sleep(_PAUSE)
        return result

    def _run(self, tests: Sequence[str], options: Sequence[str]) -> None:
        """Run the tests in the child, which ends here."""
        code = _FAULT
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (self._limit, self._limit + 5))
            output = os.open(self._scratch / "output", os.O_WRONLY | os.O_CREAT)
            os.dup2(output, 1)
            os.dup2(output, 2)
            sys.dont_write_bytecode = "--collect-only" not in options
            code = _pytest(self._tree, self._scratch, tests, options)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)

    def result(self) -> Result | None:
        """Return how it ended; ``None`` while it runs."""
        ended, status, usage = os.wait4(self._child, os.WNOHANG)
        late = time.monotonic() > self._end
        if not ended and not late:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child, signal.SIGKILL)
        if not ended:
            _, status, usage = os.wait4(self._child, 0)
        if self._file is not None:
            self._file.write_bytes(self._source)
            os.utime(self._file, ns=(self._stat.st_atime_ns, self._stat.st_mtime_ns))
        return self._ended(status, usage.ru_utime + usage.ru_stime)

    def _ended(self, status: int, seconds: float) -> Result:
        failure = self._scratch / "failure"
        if failure.exists():
            return Result(True, seconds, failure.read_text(encoding="utf-8"))
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            over = number in (signal.SIGKILL, signal.SIGXCPU)
            return Result(True, seconds, "time is over" if over else signal.Signals(number).name)
        code = os.WEXITSTATUS(status)
        if code == _FAULT:
            raise RuntimeError((self._scratch / "output").read_text(encoding="utf-8"))
        if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return Result(False, seconds, "")
        return Result(True, seconds, "the tests cannot be loaded")


def _pytest(tree: Path, scratch: Path, tests: Sequence[str], options: Sequence[str]) -> int:
    from hypothesis import Phase, settings

    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path[:] = [str(tree), *(p for p in sys.path if not (Path(p) / "workbench").is_dir())]
    phases = (Phase.explicit, Phase.generate)  # no search for the smallest example that fails
    settings.register_profile("mutants", derandomize=True, database=None, phases=phases)
    settings.load_profile("mutants")
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    usual = ["-x", "-q", *PYTEST, f"--basetemp={scratch / 'temporary'}"]
    plugins: list[Any] = [_FirstFailure(scratch / "failure")]
    if not options:
        plugins.append(_Chosen(tests))
    return int(pytest.main([*usual, *options, *files], plugins=plugins))


def run_all(
    trees: Sequence[Path], tasks: Iterable[tuple[Mutant, Sequence[str], float]]
) -> Iterator[tuple[Mutant, Result]]:
    """Run mutants, as many at once as there are trees; yield each when it has ended.

    Args:
        trees: equal copies.
        tasks: mutants with their tests and the seconds these take.
    """
    left, free = iter(tasks), list(trees)
    running: list[tuple[Mutant, Trial, Path]] = []
    while True:
        while free and (task := next(left, None)):
            mutant, tests, seconds = task
            tree = free.pop()
            running.append((mutant, Trial(tree, tests, seconds, mutant), tree))
        if not running:
            return
        time.sleep(_PAUSE)
        for entry in list(running):
            result = entry[1].result()
            if result is not None:
                running.remove(entry)
                free.append(entry[2])
                yield entry[0], result
