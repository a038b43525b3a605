"""Chooses the tests that a mutant meets: those of its package that run the changed line."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.mutation.places import Mutant
from benchmarks.mutation.record import IMPORT

OWN_TESTS = {
    "acquisition": ("acquisition", "scoring"),
    "aggregation": ("aggregation",),
    "budget": ("vocabulary", "pool", "engine"),
    "committees": ("committees", "scoring"),
    "compute": ("vocabulary", "engine"),
    "engine": ("engine", "what_if"),
    "geometry": ("geometry", "pool", "scoring", "engine"),
    "learning": ("learning", "engine"),
    "metrics": ("metrics",),
    "observation": ("engine", "store", "what_if"),
    "pool": ("pool", "engine"),
    "rider": ("scoring", "learning", "engine"),
    "scoring": ("scoring", "engine"),
    "seeding": ("vocabulary", "pool", "engine"),
    "selection": ("selection",),
    "store": ("store", "attack"),
    "types": ("vocabulary", "selection", "pool"),
    "units": ("units", "geometry"),
    "what_if": ("what_if",),
}
"""Package or module of the engine ► folders of its tests, the closest first. Not in it: front-ends,
figures, configuration, networks; nor datasets, whose numbers are mostly looks of made-up scenes."""

Lines = dict[str, dict[str, set[int]]]


def package_of(file: str) -> str:
    """Return the package or module of a file, ``workbench/pool/state.py`` ► ``pool``."""
    return Path(file).parts[1].removesuffix(".py")


@dataclass
class Record:
    """What the tests of some folders ran."""

    seconds: dict[str, float] = field(default_factory=dict)
    modules: dict[str, None] = field(default_factory=dict)
    _lines: Lines = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    _uses: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _all_uses: dict[str, frozenset[str]] = field(default_factory=dict)

    def add(self, values: dict[str, Any]) -> None:
        """Add the record of a folder."""
        self.seconds |= values["seconds"]
        self.modules |= dict.fromkeys(values["modules"])
        for name, uses in values["uses"].items():
            self._uses[name].update(uses)
        for name, files in values["lines"].items():
            for file, lines in files.items():
                self._lines[name][file].update(lines)

    def tests(self, mutant: Mutant, most_seconds: float) -> tuple[list[str], float]:
        """Return the tests for a mutant, the likeliest and quickest first, and what they take.

        Args:
            mutant: the change.
            most_seconds: the tests that come first and take so long in all, at least one.
        """
        folders = OWN_TESTS[package_of(mutant.file)]
        own = {t for t in self.seconds if t.startswith("tests/") and _folder(t) in folders}
        lines = set(range(mutant.statement[0], mutant.statement[1] + 1))
        chosen = {t for t in own if lines & self._ran(t, mutant.file)}
        if mutant.at_import or (not chosen and lines & self._lines[IMPORT][mutant.file]):
            chosen = {t for t in own if self._ran(t, mutant.file) or _folder(t) == folders[0]}
        order = sorted(chosen, key=lambda t: (folders.index(_folder(t)), self._cost(t), t))
        return self._within(order, most_seconds)

    def _within(self, order: Iterable[str], most: float) -> tuple[list[str], float]:
        taken: list[str] = []
        paid: set[str] = set()
        total = 0.0
        for test in order:
            parts = self._with_uses(test) - paid
            more = sum(self.seconds.get(part, 0.0) for part in parts)
            if not taken or total + more <= most:
                taken.append(test)
                paid |= parts
                total += more
        return taken, total

    def _cost(self, test: str) -> float:
        return sum(self.seconds.get(part, 0.0) for part in self._with_uses(test))

    def _ran(self, test: str, file: str) -> set[int]:
        parts = self._with_uses(test)
        return set().union(*(self._lines[p][file] for p in parts if file in self._lines[p]))

    def _with_uses(self, test: str) -> frozenset[str]:
        """Return a test and the fixtures and stores that it rests on."""
        if test not in self._all_uses:
            found, open_ = {test}, [test]
            while open_:
                more = self._uses[open_.pop()] - found
                found |= more
                open_ += more
            self._all_uses[test] = frozenset(found)
        return self._all_uses[test]


def _folder(test: str) -> str:
    return Path(test).parts[1]


def read_record(tree: Path, folders: Sequence[str], cache: Path) -> Record:
    """Return what the tests of some folders run; files are run whose record does not fit any more.

    Args:
        tree: a copy of the tree.
        folders: of ``tests/``.
        cache: folder of the records that were made before.
    """
    cache.mkdir(exist_ok=True)
    paths = {folder: cache / f"{folder}.json" for folder in folders}
    known = {folder: _known(path) for folder, path in paths.items()}
    files = {folder: _test_files(tree, folder) for folder in folders}
    old = {folder: _old(tree, files[folder], known[folder]) for folder in folders}
    if any(old.values()):
        told = ", ".join(f"{len(of)} of tests/{folder}" for folder, of in old.items() if of)
        print(f"{told} run once, to see their lines", flush=True)
        # in one process: to import the package and what it needs takes as long as many tests
        values = _recorded(tree, [file for of in old.values() for file in of])
        for folder, of in old.items():
            known[folder] |= {file: part_of(values, tree, file) for file in of}
            kept = {file: known[folder][file] for file in files[folder]}
            paths[folder].write_text(json.dumps(kept), encoding="utf-8")
    record = Record()
    for folder in folders:
        for file in files[folder]:  # the cache may know files that this tree has not
            record.add(known[folder][file])
    return record


def _known(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _test_files(tree: Path, folder: str) -> list[str]:
    paths = (tree / "tests" / folder).rglob("test_*.py")
    return [path.relative_to(tree).as_posix() for path in paths]


def _old(tree: Path, files: Sequence[str], known: dict[str, Any]) -> list[str]:
    """Return the files whose record is missing or does not fit any more."""
    return [f for f in files if f not in known or known[f]["digests"] != _digests(tree, known[f])]


def part_of(values: dict[str, Any], tree: Path, file: str) -> dict[str, Any]:
    """Return what a record says of one file of tests, with digests of all that it rests on."""
    names = {test for test in values["lines"] if test.startswith(f"{file}::")}
    open_ = list(names)
    while open_:
        more = set(values["uses"].get(open_.pop(), ())) - names
        names |= more
        open_ += more
    part = {key: _only(values[key], names | {IMPORT}) for key in ("lines", "uses", "seconds")}
    part |= {"modules": values["modules"], "digests": {file: ""}}
    return part | {"digests": _digests(tree, part)}


def _only(values: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _recorded(tree: Path, files: Sequence[str]) -> dict[str, Any]:
    out = tree.with_name("record.json")
    command = [sys.executable, "-m", "benchmarks.mutation.record", str(out), *files]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL)
    values: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return values


def _digests(tree: Path, values: dict[str, Any]) -> dict[str, str]:
    """Return the digests of the files that a record rests on: tests, helpers, lines that ran."""
    ran = {file for name, files in values["lines"].items() if name != IMPORT for file in files}
    tests = [path for path in values["digests"] if path.startswith("tests/")]
    folders = {(tree / test).parent for test in tests if Path(test).name.startswith("test_")}
    helpers = [p for f in {tree / "tests", *folders} for p in f.glob("*.py")]
    paths = {tree / file for file in (*ran, *tests)}
    paths |= {path for path in helpers if not path.name.startswith("test_")}
    return {
        path.relative_to(tree).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(paths)
        if path.exists()
    }
