"""What this process has seen of the cycles of runs; whatever changed since is read again.

A look at many runs opens no record that it has seen. A run whose folders carry the same times as
at the last look had nothing published since (``stamps``); beyond that, each look compares the stamp
of every record of :data:`COMPARED` cycles, those first that were not compared for longest. So a few
dozen runs are compared whole at every look. Of a thousand, a record that was damaged in place or
removed by hand is found some looks later, and what a run publishes at once. A run with anything
damaged is read as a whole each time, so that it is named each time.

What was not seen yet comes from the index, and where that is not up to date, from the records.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from workbench.errors import StoreError
from workbench.store import contents, damage, index, layout, run_files, stamps
from workbench.store.cycle import Cycle
from workbench.store.experiment import Run

COMPARED = 500
"""Cycles whose records are compared in a look though nothing tells that they changed."""

_RUNS = 5_000
"""Runs that are remembered; one of twenty cycles takes about 10 KB."""

F = TypeVar("F")


class Point(NamedTuple):
    """What a curve needs of a published cycle.

    Attributes:
        number: the cycle's number.
        miou: of its network on the reported split, a fraction; NaN if nothing was measured.
        labelled_units: units labelled before its selection.
    """

    number: int
    miou: float
    labelled_units: int


@dataclass(frozen=True)
class _Cycle(Generic[F]):
    stamp: str
    shared: str | None
    fact: F


@dataclass
class _Run(Generic[F]):
    marks: stamps.Marks | None = None
    cycles: dict[int, _Cycle[F]] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    awaited: int | None = None
    since: float = 0.0
    compared: int = 0

    def stays(self, marks: stamps.Marks, now: float) -> bool:
        """Whether the folders have had the same marks for long enough to rely on them."""
        if marks != self.marks:
            self.marks, self.since = marks, now
            return False
        return now - self.since >= stamps.SETTLED

    @property
    def shared(self) -> str | None:
        """The key of the shared cycle 0 that it points to."""
        return self.cycles[0].shared if 0 in self.cycles else None


class Seen(ABC, Generic[F]):
    """Facts of the readable cycles of runs.

    Several threads may look at once; one waits for the other.
    """

    def __init__(self) -> None:
        self._runs: OrderedDict[tuple[str, int], _Run[F]] = OrderedDict()
        self._lock = threading.Lock()
        self._looks = 0

    def look(self, store: Path, runs: Sequence[Run]) -> list[tuple[list[F], tuple[str, ...]]]:
        """Return the facts of each run's cycles, by number, and the revisions of its reports.

        What is damaged is left out with a warning.

        Args:
            store: the store's folder.
            runs: runs of that store.
        """
        with self._lock:
            self._looks += 1
            self._learn(store, [run for run in runs if _key(run) not in self._runs])
            known = [self._runs[_key(run)] for run in runs]
            now = time.monotonic()
            pairs = list(zip(runs, known, strict=True))
            same = [one.stays(_marks(run, one), now) for run, one in pairs]
            rest = _longest_ago(known, same)
            for place, (run, one) in enumerate(pairs):
                if not same[place] or place in rest:
                    one.compared = self._looks
                    self._compare(run, one)
                self._runs.move_to_end(_key(run))
            while len(self._runs) > max(_RUNS, len(runs)):
                self._runs.popitem(last=False)
            return [([cycle.fact for cycle in one.cycles.values()], one.beside) for one in known]

    def _learn(self, store: Path, runs: Sequence[Run]) -> None:
        """Take what the index says of runs that were not seen; each is compared in this look."""
        rows = index.seen(store, {run.id for run in runs}) if runs else {}
        for run in runs:
            found = self._runs[_key(run)] = _Run[F]()
            for row in rows.get(run.id, ()):
                shared = _shared_stamp(run, row.shared)
                if shared is not None and _opens(run, row.shared):
                    stamp = self._stamp_of(row) + shared
                    found.cycles[row.cycle] = _Cycle(stamp, row.shared, self._fact_of(row))

    def _compare(self, run: Run, known: _Run[F]) -> None:
        """Read the records of a run again whose stamps changed."""
        own, chosen, whole = _published(run)
        last = max(own, default=-1)
        shared = {number: one.shared for number, one in known.cycles.items()}
        now = {n: self._stamp(run, n, own[n], shared[n], last) for n in own if n in shared}
        found = {n: known.cycles[n] for n in now if now[n] and now[n] == known.cycles[n].stamp}
        fresh = Run(run.experiment, run.method, run.seed, listed=run.listed)
        changed = [number for number in own if number not in found]
        with damage.collected() as told:
            found |= damage.readable(changed, lambda number: self._read(fresh, number, last))
            known.beside = self._beside(fresh)
        for sentence in told:
            damage.tell(sentence)
        if told or not whole or not all(one.stamp for one in found.values()):
            known.marks = None  # what is damaged is named each time, what is half there awaited
        known.cycles = dict(sorted(found.items()))
        labels = f"{run.path}/selections/{chosen:04d}/{layout.LABELS}"
        known.awaited = chosen if chosen >= 0 and not stamps.of_file(labels) else None

    def _read(self, run: Run, number: int, last: int) -> _Cycle[F]:
        """Read a cycle; what changes while it is read has another stamp at the next look."""
        own = stamps.of_cycle(str(run.path), number)
        cycle = run.cycle(number)
        stamp = self._stamp(run, number, own, cycle.shared_key, last)
        with damage.collected() as told:
            fact = self._fact(cycle)
        for sentence in told:
            damage.tell(sentence)
        return _Cycle("" if told else stamp, cycle.shared_key, fact)

    def _stamp(self, run: Run, number: int, own: str, shared: str | None, last: int) -> str:
        """Return the stamp of all that a fact rests on; empty if something is not there."""
        if not own or (of_shared := _shared_stamp(run, shared)) is None:
            return ""
        data = _shared_folder(run, shared) if shared else None
        return self._whole(str(run.path), number, own, data, number == last) + of_shared

    @abstractmethod
    def _whole(self, run: str, number: int, own: str, shared: str | None, last: bool) -> str:
        """Return the stamp of a cycle as the index has it, from that of its manifest."""

    @abstractmethod
    def _fact(self, cycle: Cycle) -> F:
        """Read the fact of a cycle."""

    @abstractmethod
    def _stamp_of(self, row: index.SeenRow) -> str:
        """Return the stamp in a row of the index."""

    @abstractmethod
    def _fact_of(self, row: index.SeenRow) -> F:
        """Return the fact in a row of the index."""

    def _beside(self, run: Run) -> tuple[str, ...]:  # noqa: ARG002
        """Read the revisions of what counts beside the cycles."""
        return ()


class Points(Seen[Point]):
    """The points of learning curves, from the manifests of cycles alone."""

    def _whole(self, run: str, number: int, own: str, shared: str | None, last: bool) -> str:  # noqa: ARG002
        return own

    def _fact(self, cycle: Cycle) -> Point:
        return Point(cycle.number, cycle.metrics.miou, cycle.metrics.labelled_units)

    def _stamp_of(self, row: index.SeenRow) -> str:
        return row.stamp

    def _fact_of(self, row: index.SeenRow) -> Point:
        return Point(row.cycle, row.miou, row.labelled_units)


class Revisions(Seen[str]):
    """The revisions of cycles and of reports."""

    def _whole(self, run: str, number: int, own: str, shared: str | None, last: bool) -> str:
        return stamps.of_whole_cycle(run, number, own, shared, last=last)

    def _fact(self, cycle: Cycle) -> str:
        return cycle.revision

    def _stamp_of(self, row: index.SeenRow) -> str:
        return row.whole_stamp

    def _fact_of(self, row: index.SeenRow) -> str:
        return row.revision

    def _beside(self, run: Run) -> tuple[str, ...]:
        return tuple(found.revision for found in run.reports)


POINTS, REVISIONS = Points(), Revisions()


def _key(run: Run) -> tuple[str, int]:
    return str(run.path), len(run.experiment.card.classes)


def _marks(run: Run, known: _Run[F]) -> stamps.Marks:
    shared = _shared_folder(run, known.shared) if known.shared else None
    return stamps.of_run(str(run.path), awaited=known.awaited, shared=shared)


def _longest_ago(known: Sequence[_Run[F]], same: Sequence[bool]) -> Collection[int]:
    """Return the places of the runs whose turn it is to be compared though nothing changed."""
    places, left = set[int](), COMPARED
    unchanged = (place for place, one in enumerate(same) if one)
    for place in sorted(unchanged, key=lambda place: known[place].compared):
        left -= len(known[place].cycles) + 1
        if left < 0:
            break
        places.add(place)
    return places


def _published(run: Run) -> tuple[dict[int, str], int, bool]:
    """Return the stamps of cycles by number, the last selection, and whether all is published.

    Cycles are those of ``run_files.numbers``, with an empty stamp where the manifest is gone.
    """
    begun = stamps.numbers_in(f"{run.path}/cycles")
    chosen = max(stamps.numbers_in(f"{run.path}/selections"), default=-1)
    own = {number: stamps.of_cycle(str(run.path), number) for number in begun}
    if all(own.values()) and begun == list(range(max([chosen, *begun], default=-1) + 1)):
        return own, chosen, True
    return {number: own.get(number, "") for number in run_files.numbers(run.path)}, chosen, False


def _shared_folder(run: Run, key: str) -> str:
    return str(layout.shared(run.experiment.path, key))


def _shared_stamp(run: Run, key: str | None) -> str | None:
    """Return the stamp of a shared cycle 0, empty without one; ``None`` if it is not there."""
    if not key:
        return ""
    stamp = stamps.of_file(f"{_shared_folder(run, key)}/{layout.CYCLE}")
    return f"|{stamp}" if stamp else None


def _opens(run: Run, key: str | None) -> bool:
    """Whether the manifest of a shared cycle 0 can be read."""
    if not key:
        return True
    try:
        contents.cycle(layout.shared(run.experiment.path, key) / layout.CYCLE)
    except (StoreError, FileNotFoundError):
        return False
    return True
