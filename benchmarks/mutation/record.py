"""Which lines each test runs, so that a mutant meets only tests that can notice it.

::

    python -m benchmarks.mutation.record RECORD.json tests/selection tests/pool …

Run in the root of a tree. Lines belong to what ran them: a test, a fixture that several tests
share, or the writing of a shared store; ``uses`` tells which tests rest on which of these. Caches
of functions are emptied before every test, else only the first would be seen to run their lines.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import pkgutil
import sys
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import coverage
import pytest

PACKAGE = "workbench"
PYTEST = ("-p", "no:cacheprovider", "-p", "pytest_timeout")
"""The only plugin is the one that the settings name; notebooks' and others take seconds to load."""

IMPORT = "import"
"""What ran the lines that run when a module is imported."""


class Recorder:
    """Tells the coverage tool which test, fixture or shared store is at work."""

    def __init__(self, tool: coverage.Coverage, caches: weakref.WeakSet[Any]) -> None:
        self._tool, self._caches = tool, caches
        self._at_work: list[str] = []
        self.uses: dict[str, set[str]] = defaultdict(set)
        self._since = 0.0
        self.seconds: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """Credit the lines that run meanwhile to a name."""
        if self._at_work:
            self.uses[self._at_work[-1]].add(name)
        self._switch([*self._at_work, name])
        try:
            yield
        finally:
            self._switch(self._at_work[:-1])

    def _switch(self, at_work: list[str]) -> None:
        now = time.process_time()
        if self._at_work:
            self.seconds[self._at_work[-1]] += now - self._since
        self._at_work, self._since = at_work, now
        self._tool.switch_context(at_work[-1] if at_work else "")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Credit a test, and note the fixtures that it shares with others."""
        for cache in list(self._caches):
            cache.cache_clear()
        with self.within(item.nodeid):
            result = yield
        for fixtures in item._fixtureinfo.name2fixturedefs.values():  # type: ignore[attr-defined]
            if fixtures[-1].scope != "function":
                self.uses[item.nodeid].add(_fixture_name(fixtures[-1]))
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        """Credit a fixture that several tests share."""
        if fixturedef.scope == "function":
            return (yield)
        with self.within(_fixture_name(fixturedef)):
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what does not pass as it is."""
        if not report.passed:
            self.failed.add(report.nodeid)

    def watch_shared_stores(self) -> None:
        """Credit the writing of a shared store to every test that wants it."""
        from tests.experiments import SharedStores

        write = SharedStores._once

        def watched(shared: Any, kind: str, settings: Any, make: Callable[[Path], Any]) -> Path:
            text = json.dumps(settings, sort_keys=True, default=str)
            with self.within(f"store {kind} {text}"):
                return write(shared, kind, settings, make)

        SharedStores._once = watched  # type: ignore[method-assign]


def _fixture_name(fixture: Any) -> str:
    return f"fixture {fixture.baseid} {fixture.argname}"


def noted_caches() -> weakref.WeakSet[Any]:
    """Return the caches that functions of the package will have; call it before the import."""
    caches: weakref.WeakSet[Any] = weakref.WeakSet()
    plain = functools.lru_cache

    def lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
        if callable(maxsize):
            return lru_cache()(maxsize)

        def cached(function: Any) -> Any:
            made = plain(maxsize, typed)(function)
            if (getattr(function, "__module__", None) or "").startswith(PACKAGE):
                caches.add(made)
            return made

        return cached

    functools.lru_cache = lru_cache  # type: ignore[assignment]
    return caches


def main() -> None:
    """Run the tests and write the record."""
    out, *tests = sys.argv[1:]
    sys.path.insert(0, str(Path.cwd()))
    caches = noted_caches()
    tool = coverage.Coverage(source=[PACKAGE], data_file=None, config_file=False, messages=False)
    recorder = Recorder(tool, caches)
    tool.start()
    with recorder.within(IMPORT):
        for module in pkgutil.walk_packages(
            importlib.import_module(PACKAGE).__path__, "workbench."
        ):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    recorder.watch_shared_stores()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    pytest.main(["-q", *PYTEST, *tests], plugins=[recorder])
    tool.stop()
    Path(out).write_text(json.dumps(_as_json(tool, recorder)), encoding="utf-8")


def _as_json(tool: coverage.Coverage, recorder: Recorder) -> dict[str, Any]:
    data, root = tool.get_data(), Path.cwd()
    lines: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for file in data.measured_files():
        name = Path(file).relative_to(root).as_posix()
        by_name: dict[str, list[int]] = defaultdict(list)
        for line, names in data.contexts_by_lineno(file).items():
            for who in names:
                by_name[who].append(line)
        for who, mine in by_name.items():
            lines[who][name] = sorted(mine)
    return {
        "lines": lines,
        "uses": {who: sorted(names) for who, names in recorder.uses.items()},
        "seconds": {t: s for t, s in recorder.seconds.items() if t not in recorder.failed},
        "modules": [name for name in sys.modules if not name.startswith((PACKAGE, "tests"))],
    }


if __name__ == "__main__":
    main()
