"""The writer of one run: its lock, its status, its events, its cycles."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from workbench.config import Method
from workbench.errors import StoreError
from workbench.store import (
    files,
    index,
    layout,
    locks,
    report_writer,
    schema,
    selections,
)
from workbench.store.aside import clear
from workbench.store.cycle import Cycle
from workbench.store.cycle_writer import CycleWriter, publish_pointer
from workbench.store.definition import require_same
from workbench.store.events import EventLog
from workbench.store.experiment import ExperimentRecord, Run
from workbench.store.records import Keep, Labels, RunState, RunStatus, ScoreInfo, Selection
from workbench.store.report_writer import Measurements
from workbench.store.state import remove_before
from workbench.types import UnitIds

_INTERVAL = 0.25
"""Fewest seconds between two writes of the status within a phase."""


class RunWriter:
    """Writes one run; use it in a ``with`` statement, which holds the run's lock.

    The start of the statement removes what a killed process left aside. Its end without
    :meth:`finish` writes the last status: ``failed`` with the error's sentence, else ``stopped``.

    Args:
        experiment: the experiment it belongs to.
        method: the method's definition.
        seed: the seed.
        rests_on: everything that the run's results rest on beside the experiment, JSON-ready.

    Attributes:
        read: the run's read side.
    """

    def __init__(
        self,
        experiment: ExperimentRecord,
        method: Method,
        seed: int,
        rests_on: Mapping[str, Any] | None = None,
    ) -> None:
        self.read = Run(experiment, method, seed)
        self._rests_on = {"method": method.model_dump(mode="json"), **(rests_on or {})}
        self._lock = locks.Lock(self.read.path / layout.RUN_LOCK, f"Run {self.read.id}")
        self._status: dict[str, Any] = {}
        self._written = 0.0
        self._log: EventLog | None = None

    def __enter__(self) -> Self:
        """Lock the run.

        Raises:
            StoreLockedError: if another process runs it; the error names that process.
            ConfigError: if it was begun with another definition.
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
        """Write the last status and release the lock."""
        try:
            if self._status["state"] == "running":
                stopped = error is None or not isinstance(error, Exception)
                self._end_quietly("stopped" if stopped else "failed", error)
        finally:
            self._lock.release()

    def _prepare(self) -> None:
        path = self.read.path
        if files.is_there(path / layout.RUN):
            require_same(path / layout.RUN, self._rests_on)
        elif files.is_there(path / layout.STATUS):  # written after the record
            raise schema.damaged(path / layout.RUN, "is gone")
        done = self.read.whole()  # before anything that looks unpublished is removed
        kinds = {
            path / "cycles": layout.CYCLE,
            path / "selections": layout.SELECTION,
            layout.reports(path): layout.REPORT,
            layout.states(path): layout.STATE,
        }
        for folder in kinds:
            files.make_folder(folder)
        files.remove_asides(path)
        for folder, manifest in kinds.items():
            clear(folder, manifest)
        remove_before(path, done[-1] if done else -1)
        if not files.is_there(path / layout.RUN):
            values = schema.record(
                "run",
                id=self.read.id,
                seed=self.read.seed,
                rests_on=self._rests_on,
                created=time.time(),
                token=uuid.uuid4().hex,
            )
            files.write_bytes(path / layout.RUN, schema.to_bytes(values))
        self._log = EventLog(path / layout.EVENTS)
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
        """Write the run's progress and heartbeat, within a phase at most four times per second.

        Args:
            cycle: number of the cycle in progress.
            phase: ``train``, ``scan``, ``select`` …
            done: finished steps of the phase.
            total: all steps of the phase.
        """
        before = (self._status["cycle"], self._status["phase"])
        self._status |= {"cycle": cycle, "phase": phase, "done": done, "total": total}
        now = time.monotonic()
        if (cycle, phase) != before or 0 < total == done or now - self._written >= _INTERVAL:
            self._write_status()

    def finish(self, state: RunState, message: str = "") -> None:
        """Write that the run is ``done``, ``waiting``, ``stopped`` or ``failed``, and why."""
        self._status |= {"state": state, "message": message, "phase": ""}
        self._write_status()

    def event(self, event: dict[str, Any]) -> None:
        """Append an event to the run's log, which adds its number and time.

        Raises:
            StoreError: if writing fails.
        """
        if self._log is not None:
            self._log.append(event)

    def _write_status(self) -> None:
        values = schema.record("status", heartbeat=time.time(), **self._status)
        files.write_bytes(self.read.path / layout.STATUS, schema.to_bytes(values), durable=False)
        self._written = time.monotonic()

    def _end_quietly(self, state: RunState, error: BaseException | None) -> None:
        # a full disk must not hide the error that it caused; the state is then "interrupted"
        with contextlib.suppress(StoreError):
            self.finish(state, str(error) if isinstance(error, Exception) else "")

    # cycles

    def training(self, number: int) -> AbstractContextManager[Path]:
        """Return the folder for the state of a cycle's training, removed once the cycle is there.

        To be used in a ``with`` statement; after an error or a kill the folder stays.
        """
        return files.scratch(layout.training(self.read.path, f"{number:04d}"))

    def write_cycle(
        self,
        number: int,
        *,
        labelled: UnitIds,
        scores: Sequence[ScoreInfo],
        keep: Keep | None = None,
        untrained: str | None = None,
    ) -> CycleWriter:
        """Return the writer of a cycle; use it in a ``with`` statement.

        Args:
            number: the cycle's number, from 0.
            labelled: (L,) units labelled before this cycle's selection, in the order of labelling.
            scores: the scores of the scan.
            keep: which parts are stored; everything if not given.
            untrained: the cycle-0 key of the embeddings by the network before training.
        """
        return CycleWriter(
            layout.cycle(self.read.path, number),
            pool=self.read.experiment.geometry,
            number=number,
            labelled=labelled,
            scores=scores,
            keep=keep or Keep(),
            untrained=untrained,
            published=lambda: self._published(number),
            state=layout.state(self.read.path, number),
        )

    def publish_shared(self, key: str) -> Cycle:
        """Publish this run's cycle 0, which points to a shared one.

        Args:
            key: the cycle-0 key; that cycle is published.
        """
        shared = layout.shared(self.read.experiment.path, key)
        publish_pointer(layout.cycle(self.read.path, 0), shared, key)
        return self._published(0)

    def training_of_report(self, number: int) -> AbstractContextManager[Path]:
        """Return the folder for the state of a report's training; see :meth:`training`."""
        return files.scratch(layout.training(self.read.path, f"report-{number:04d}"))

    def publish_report(self, number: int, found: Measurements, *, keep: bool) -> None:
        """Publish what a report point measured at a cycle.

        Args:
            number: the number of the cycle, which is published.
            found: what was measured.
            keep: whether the weights stay on disk.

        Raises:
            StoreError: if the cycle is not published, or its report is already.
        """
        labelled = self.read.cycle(number).labelled
        folder = layout.report(self.read.path, number)
        report_writer.publish(folder, self.read.experiment.geometry, labelled, found, keep=keep)

    def copy_report(self, twin: Path) -> None:
        """Publish the report in a folder of another run, which rests on the same, as this run's."""
        report_writer.publish_copy(layout.report(self.read.path, int(twin.name)), twin)

    def publish_selection(self, number: int, selection: Selection) -> None:
        """Publish the selection of a cycle, before its labels are requested.

        Raises:
            StoreError: if the cycle is not published, or its selection is already.
        """
        self.read.cycle(number)
        folder = layout.selection(self.read.path, number)
        selections.publish(folder, self.read.experiment.geometry, selection)
        index.update(self.read)

    def publish_labels(self, number: int, labels: Labels) -> None:
        """Publish that a cycle's selection, or a part of it, is labelled.

        Raises:
            ShapeError: if a unit was labelled that was not picked.
            StoreError: if there is no selection, or its labels are there already.
        """
        selections.publish_labels(layout.selection(self.read.path, number), labels)
        index.update(self.read)

    def _published(self, number: int) -> Cycle:
        remove_before(self.read.path, number)
        index.update(self.read)
        return self.read.cycle(number)


def record_stopped(run: Run) -> None:
    """Write that a run is stopped, if its record says that it runs.

    Its process, which would write that itself, ended without doing so or is about to. A record that
    cannot be read or written stays as it is.
    """
    path = run.path / layout.STATUS
    with contextlib.suppress(StoreError, OSError):
        status = schema.read(path, "status")
        if status["state"] == "running":
            fields = {name: status[name] for name in RunStatus.__dataclass_fields__}
            values = schema.record("status", **fields | {"state": "stopped", "phase": ""})
            files.write_bytes(path, schema.to_bytes(values), durable=False)
