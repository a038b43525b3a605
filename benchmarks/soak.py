"""Soak test: simulated browsers on the real dashboard while its store grows.

::

    python -m benchmarks.soak --browsers 20 --minutes 60 --seed 0

Without options it is short: 3 browsers, one minute. It fails on any error, on 500 MB, and, if it
lasted long enough to tell, on memory or open files that grow.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.soaking.browser import Browser, Tally
from benchmarks.soaking.growth import Growth
from benchmarks.soaking.server import Sample, sample, serving

MOST_MB = 500
MOST_GROWTH = 0.05
"""Median of the last quarter over that of the second one, minus 1; the first one warms caches."""
LONG_ENOUGH_S = 20 * 60
"""Below, caches are still filling in the second quarter."""
EVERY_S = 5.0
THINK_S = 15.0
PAUSE_S = 25.0


def main() -> None:
    """Run the test, print its figures, exit with 1 if it failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browsers", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", type=Path, help="a new or existing store that may grow")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        store = given.store or Path(folder) / "store"
        passed = soak(Path(folder), store, given.browsers, given.minutes * 60, given.seed)
    sys.exit(not passed)


def soak(folder: Path, store: Path, browsers: int, seconds: float, seed: int) -> bool:
    """Let browsers look at a growing store; print the figures and return whether all is well."""
    tally, log = Tally(), folder / "dashboard.log"
    growth = Growth(folder, store, random.Random(f"{seed} growth"), PAUSE_S)
    growth.step()  # something to look at
    with serving(store, folder, log) as (pid, address), growth.going_on():
        begun = time.monotonic()
        with _sampling(pid, store, begun) as samples:
            asyncio.run(_browse(address, tally, browsers, begun + seconds, seed))
    for sentence in (*growth.errors, *_tracebacks(log)):
        tally.errors[sentence] += 1
    print(f"{browsers} browsers, {seconds / 60:g} minutes, seed {seed}, {growth.steps} steps")
    _tell(tally, samples)
    return _judge(tally, samples, long=seconds >= LONG_ENOUGH_S)


async def _browse(address: str, tally: Tally, browsers: int, until: float, seed: int) -> None:
    lives = (
        Browser(address, tally, random.Random(f"{seed} browser {number}"), THINK_S).live(until)
        for number in range(browsers)
    )
    await asyncio.gather(*lives)


@contextmanager
def _sampling(pid: int, store: Path, begun: float) -> Iterator[list[Sample]]:
    """Look at the server every few seconds until the block is left; give the list of samples."""
    samples: list[Sample] = []
    ended = threading.Event()

    def work() -> None:
        while True:
            samples.append(sample(pid, store, time.monotonic() - begun))
            if ended.wait(EVERY_S):
                return

    thread = threading.Thread(target=work, name="samples")
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def _tracebacks(log: Path) -> list[str]:
    """Return the last lines of the tracebacks in the dashboard's log."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return ["log: " + part.strip()[-300:] for part in text.split("Traceback")[1:]]


def _tell(tally: Tally, samples: Sequence[Sample]) -> None:
    print("\n  minute  server MB  CPU %  jobs MB  threads  open files  published cycles")
    for part in _parts(samples, 12):
        share = (part[-1].cpu - part[0].cpu) / max(part[-1].at - part[0].at, EVERY_S)
        print(
            f"  {part[-1].at / 60:6.1f}  {statistics.median(s.memory for s in part):9.0f}"
            f"  {100 * share:5.0f}"
            f"  {max(s.jobs for s in part):7.0f}  {max(s.threads for s in part):7}"
            f"  {max(s.files for s in part):10}  {part[-1].cycles:16}"
        )
    print("\n  seconds until a page is drawn   times  median   95 %    most")
    rows = {f"/{page}": taken for page, taken in sorted(tally.seconds.items())}
    rows["all pages"] = [one for taken in tally.seconds.values() for one in taken]
    rows["files and pictures"] = tally.files
    for name, taken in rows.items():
        if len(taken) > 1:
            high = statistics.quantiles(taken, n=20)[-1]
            middle = statistics.median(taken)
            print(f"  {name:30}  {len(taken):6}  {middle:6.2f}  {high:6.2f}  {max(taken):6.2f}")
    print()
    for what, times in sorted(tally.counts.items()):
        print(f"  {what}: {times}")
    for title, found in (("refused choices", tally.refusals), ("errors", tally.errors)):
        print(f"\n  {title}: {found.total()}")
        for sentence, times in found.most_common(20):
            print(f"    {times} × {sentence}")


def _parts(samples: Sequence[Sample], most: int) -> list[Sequence[Sample]]:
    """Divide samples into at most so many equal parts of time."""
    length = max(1, -(-len(samples) // most))
    return [samples[start : start + length] for start in range(0, len(samples), length)]


def growth_of(values: Sequence[float]) -> float:
    """Return the median of the last quarter over that of the second one, minus 1."""
    quarter = len(values) // 4
    second, last = values[quarter : 2 * quarter], values[-quarter:]
    return statistics.median(last) / statistics.median(second) - 1


def verdicts(tally: Tally, samples: Sequence[Sample], *, long: bool) -> list[tuple[str, bool, str]]:
    """Return what is asked, whether it holds, and the figure."""
    peak = max(s.memory for s in samples)
    found = [
        ("no error", not tally.errors, f"{tally.errors.total()} errors"),
        (f"under {MOST_MB} MB", peak < MOST_MB, f"at most {peak:.0f} MB"),
    ]
    if long:
        memory = growth_of([s.memory for s in samples])
        files = growth_of([s.files for s in samples])
        found += [
            ("memory flat", memory <= MOST_GROWTH, f"{memory:+.1%}"),
            ("open files flat", files <= MOST_GROWTH, f"{files:+.1%}"),
        ]
    return found


def _judge(tally: Tally, samples: Sequence[Sample], *, long: bool) -> bool:
    found = verdicts(tally, samples, long=long)
    print()
    for what, holds, figure in found:
        print(f"  {'pass' if holds else 'FAIL'}  {what}: {figure}")
    return all(holds for _, holds, _ in found)


if __name__ == "__main__":
    main()
