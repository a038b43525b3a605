"""The writing end of one run: its lock, its status, its events, its cycles."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from workbench.config import Method
from workbench.errors import StoreError
from workbench.store import files, index, layout, locks, schema
from workbench.store.cycle import Cycle
from workbench.store.cycle_writer import CycleWriter, publish_pointer
from workbench.store.events import EventLog
from workbench.store.reader import ExperimentRecord, Run
from workbench.store.records import Keep, RunState, ScoreInfo, Selection
from workbench.types import UnitIds

_INTERVAL = 0.25
"""Seconds between two writes of the status within a phase."""


class RunWriter:
    """One run's writing end, to be used in a ``with`` statement that holds the run's lock.

    Entering removes what a killed process left aside. Leaving without :meth:`finish` writes the
    last status: ``failed`` with its sentence after an exception, else ``stopped``.

    Args:
        experiment: the experiment it belongs to.
        method: the method's definition.
        seed: the seed.

    Attributes:
        read: the run's read side.
    """

    def __init__(self, experiment: ExperimentRecord, method: Method, seed: int) -> None:
        self.read = Run(experiment, method, seed)
        self._lock = locks.Lock(self.read.path / layout.RUN_LOCK, f"Run {self.read.id}")
        self._status: dict[str, Any] = {}
        self._written = 0.0
        self._log: EventLog | None = None

    def __enter__(self) -> Self:
        """Lock the run.

        Raises:
            StoreLockedError: if another process works on it; names that process.
        """
        self._lock.acquire()
        try:
            self._prepare()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say how it ended and give the lock back."""
        try:
            if self._status["state"] == "running":
                stopped = error is None or not isinstance(error, Exception)
                self._end_quietly("stopped" if stopped else "failed", error)
        finally:
            self._lock.release()

    def _prepare(self) -> None:
        path = self.read.path
        files.make_folder(path / "cycles")
        files.remove_asides(path)
        files.remove_asides(path / "cycles")
        for folder in (path / "cycles").glob("[0-9]*"):
            if not (folder / layout.CYCLE).exists():  # killed between the two renames
                files.remove(folder)
        if not (path / layout.RUN).exists():
            values = schema.record(
                "run",
                id=self.read.id,
                method=self.read.method.model_dump(mode="json"),
                seed=self.read.seed,
                created=time.time(),
                token=uuid.uuid4().hex,
            )
            files.write_bytes(path / layout.RUN, schema.to_bytes(values))
        self._log = EventLog(path / layout.EVENTS)
        done = self.read.cycle_numbers
        self._status = {
            "state": "running",
            "cycle": done[-1] + 1 if done else 0,
            "cycles": self.read.experiment.config.budget.cycles,
            "phase": "",
            "done": 0,
            "total": 0,
            "message": "",
            "pid": os.getpid(),
        }
        self._write_status()

    # status and events

    def progress(self, cycle: int, phase: str, done: int = 0, total: int = 0) -> None:
        """Tell where the run is; also its heartbeat. At most four a second reach the disk.

        Args:
            cycle: the cycle that is worked on.
            phase: ``train``, ``scan``, ``select`` …
            done: steps of the phase that are done.
            total: steps of the phase.
        """
        before = (self._status["cycle"], self._status["phase"])
        self._status |= {"cycle": cycle, "phase": phase, "done": done, "total": total}
        now = time.monotonic()
        if (cycle, phase) != before or 0 < total == done or now - self._written >= _INTERVAL:
            self._write_status()

    def finish(self, state: RunState, message: str = "") -> None:
        """Say that the run is ``done``, ``stopped`` or ``failed``, and why."""
        self._status |= {"state": state, "message": message, "phase": ""}
        self._write_status()

    def event(self, event: dict[str, Any]) -> None:
        """Append an event to the run's log; the log numbers and dates it.

        Raises:
            StoreError: if the disk refuses.
        """
        if self._log is not None:
            self._log.append(event)

    def _write_status(self) -> None:
        values = schema.record("status", heartbeat=time.time(), **self._status)
        files.write_bytes(self.read.path / layout.STATUS, schema.to_bytes(values), durable=False)
        self._written = time.monotonic()

    def _end_quietly(self, state: RunState, error: BaseException | None) -> None:
        # a full disk must not hide the error that it caused; the state then reads "interrupted"
        with contextlib.suppress(StoreError):
            self.finish(state, str(error) if isinstance(error, Exception) else "")

    # cycles

    def write_cycle(
        self,
        number: int,
        *,
        labelled: UnitIds,
        scores: Sequence[ScoreInfo],
        keep: Keep | None = None,
        initial: str | None = None,
    ) -> CycleWriter:
        """Return the writer of a cycle; use it in a ``with`` statement.

        Args:
            number: the cycle's number, from 0.
            labelled: (L,) units labelled before this cycle's selection, in the order of labelling.
            scores: of the scan.
            keep: what stays on disk; everything if not given.
            initial: key of the embeddings by the network before training.
        """
        return CycleWriter(
            layout.cycle(self.read.path, number),
            pool=self.read.experiment.geometry,
            number=number,
            labelled=labelled,
            scores=scores,
            keep=keep or Keep(),
            published=self._published,
            initial=initial,
        )

    def publish_shared(self, key: str, selection: Selection) -> Cycle:
        """Publish this run's cycle 0: what it selects from a shared one.

        Args:
            key: the cycle-0 key; that cycle is published.
            selection: what this run's method chose.
        """
        publish_pointer(layout.cycle(self.read.path, 0), self.read.experiment, key, selection)
        return self._published(0)

    def _published(self, number: int) -> Cycle:
        index.update(self.read)
        return self.read.cycle(number)
