"""How many wrong operators and numbers in the engine's packages do its tests notice?

::

    python -m benchmarks.mutants --seed 1 --number 60 [--packages selection pool …] [--jobs 2]

One token at a time is changed in a copy of the tree (``mutation/places.py``), and those tests of
the package run that run the changed line (``mutation/choose.py``), the quickest first, and more of
them if these notice nothing. One that fails catches the mutant. What changes no behaviour is
listed, with its reason, in ``mutation/equivalent.yaml``; it is run all the same and does not count.
The first call runs all tests of the packages once, to see which lines they run; records of that
stay in ``.mutants_cache/`` until the files change.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from benchmarks.mutation import trial
from benchmarks.mutation.choose import OWN_TESTS, Record, package_of, read_record
from benchmarks.mutation.places import Mutant, places_of

ROOT = Path(__file__).parents[1]
EQUIVALENT = "benchmarks/mutation/equivalent.yaml"

Known = dict[tuple[str, str, str], str]


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw mutants, run their tests, print a line for each and the counts."""
    options = _options(arguments)
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    try:
        tree = trial.copy_tree(options.root, folder / "tree-0")
        drawn = draw(tree, options.packages, options.seed, options.number)
        folders = list(dict.fromkeys(f for p in options.packages for f in OWN_TESTS[p]))
        record = read_record(tree, folders, options.root / ".mutants_cache")
        trial.preload(list(record.modules))
        trees = trial.copies(tree, folders, options.jobs)
        report(trees, drawn, record, (options.most_seconds, options.then_seconds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def draw(tree: Path, packages: Sequence[str], seed: int, number: int) -> list[Mutant]:
    """Return mutants at different places of some packages, all places equally likely.

    Args:
        tree: root of the tree.
        packages: of ``OWN_TESTS``.
        seed: decides places and changes.
        number: how many; all places if there are fewer.
    """
    places: list[list[Mutant]] = []
    for path in sorted((tree / "workbench").rglob("*.py")):
        file = path.relative_to(tree).as_posix()
        if package_of(file) in packages:
            places += places_of(file, path.read_text(encoding="utf-8"))
    rng = random.Random(seed)
    return [rng.choice(place) for place in rng.sample(places, min(number, len(places)))]


def known_equivalents(tree: Path) -> Known:
    """Return why mutants change no behaviour: (file, line, changed line) ► reason."""
    entries = yaml.safe_load((tree / EQUIVALENT).read_text(encoding="utf-8"))
    return {(e["file"], e["line"], e["mutant"]): e["why"] for e in entries}


def report(
    trees: Sequence[Path], drawn: Sequence[Mutant], record: Record, most: Sequence[float]
) -> None:
    """Run the tests of mutants and print how they end, then the counts.

    Args:
        trees: equal copies, one for each mutant that runs at once.
        drawn: the mutants.
        record: which lines the tests run.
        most: seconds of tests for each: at first, then for those that survived these.
    """
    known, counts = known_equivalents(trees[0]), Counter[str]()
    by: dict[str, list[Mutant]] = {}
    for mutant, result in _in_turns(trees, drawn, record, most):
        end = "caught" if result.caught else "survived"
        if (mutant.file, mutant.before, mutant.after) in known:
            end = "no behaviour"
        elif result.by in record.seconds:
            by.setdefault(result.by, []).append(mutant)
        counts[end] += 1
        print(f"{mutant.file}:{mutant.line}  {end}  {result.seconds:.1f} s  {result.by}")
        print(f"    {mutant.before}\n    {mutant.after}", flush=True)
    false_alarms = _false_alarms(trees[0], list(by), record)
    for test in false_alarms:
        print(f"{test} fails without a change too; {len(by[test])} are not caught by it")
        counts["caught"] -= len(by[test])
        counts["survived"] += len(by[test])
    _print_counts(counts)


def _in_turns(
    trees: Sequence[Path], drawn: Sequence[Mutant], record: Record, most: Sequence[float]
) -> Iterator[tuple[Mutant, trial.Result]]:
    """Run the quickest tests of all mutants, then more tests of those that survived."""
    left, met = list(drawn), dict.fromkeys(drawn, frozenset[str]())
    for seconds in most:
        tasks = []
        for mutant in left:
            tests, cost = record.tests(mutant, seconds)
            if new := [test for test in tests if test not in met[mutant]]:
                tasks.append((mutant, new, cost))
                met[mutant] |= frozenset(new)
        survived = [m for m in left if m not in {task[0] for task in tasks}]
        for mutant, result in trial.run_all(trees, tasks):
            if result.caught:
                yield mutant, result
            else:
                survived.append(mutant)
        left = survived
    yield from ((mutant, trial.Result(False, 0.0, "")) for mutant in left)


def _false_alarms(tree: Path, tests: list[str], record: Record) -> list[str]:
    """Return the tests that fail on the tree as it is; run them one less each time."""
    failed: list[str] = []
    while left := [t for t in tests if t not in failed]:
        ended = trial.Trial(tree, left, sum(record.seconds[t] for t in left)).wait()
        if not ended.caught:
            break
        failed.append(ended.by)
    return failed


def _print_counts(counts: Counter[str]) -> None:
    caught, survived = counts["caught"], counts["survived"]
    print(
        f"{counts.total()} mutants: {caught} caught, {survived} survived, "
        f"{counts['no behaviour']} known to change no behaviour"
    )
    if caught + survived:
        print(f"caught of those that may change behaviour: {caught / (caught + survived):.1%}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=0, help="decides which mutants are drawn")
    parser.add_argument("--number", type=int, default=20, help="how many")
    parser.add_argument("--packages", nargs="+", choices=OWN_TESTS, default=list(OWN_TESTS))
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    parser.add_argument(
        "--most-seconds", type=float, default=4, help="of tests that every mutant meets"
    )
    parser.add_argument(
        "--then-seconds", type=float, default=60, help="of tests for those that survive"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree whose tests are tried")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
