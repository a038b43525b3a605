"""Reports progress; raises StoppedError once a stop is requested.

An event is a plain dictionary, so that it can be sent between processes and written to files. Every
event has ``event`` (its kind) and, where it belongs to a run, ``run``, ``method``, ``seed``,
``cycle`` and ``cycles``:

==============  ===============================================================
``decode``      before the experiment: files of the dataset are decoded once: ``done`` and
                ``total`` images; or what that waits for: ``text``
``experiment``  an experiment starts or resumes: ``id``, ``runs``, ``finished`` (their ids),
                ``cycles``, ``references`` (each with ``method``, ``seed`` and ``done``)
``run``         a run starts or resumes
``progress``    ``phase`` (embed, train, validate, train RIDER, scan, train report, validate report,
                train reference, validate reference, select), ``done``, ``total``;
                during training also ``loss``, its ``terms``, the ``rates`` of the optimisers and
                ``labelled_share``, the share of labelled pixels in the batch
``cycle``       a cycle was published: ``miou``, ``labelled_units``
``report``      a report point was measured: ``miou``, ``labelled_units``
``reference``   a reference was measured: ``miou``, ``labelled_units``; its events have no ``run``,
                ``cycle`` and ``cycles``, its name stands in ``method``
``done``        all cycles of a run are published
``stopped``     a run was stopped and can be resumed
``failed``      a run ended with an error: ``message``
==============  ===============================================================
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from workbench.errors import StoppedError

Event = dict[str, Any]
OnEvent = Callable[[Event], None]

PROGRESS_INTERVAL = 0.25
"""Seconds between two progress events of a phase; steps in between emit none."""


def stopped() -> StoppedError:
    """Return the error of an experiment that is stopped."""
    return StoppedError("The experiment was stopped; the same command resumes it.")


class Progress:
    """Reports the progress of a run; raises StoppedError once a stop is requested.

    Args:
        emit: receives the events; at most four progress events per second within a phase.
        stopping: returns whether a stop of the experiment is requested.
        about: fields that are part of every event of this run.
    """

    def __init__(self, emit: OnEvent, stopping: Callable[[], bool], about: Event) -> None:
        self._emit = emit
        self._stopping = stopping
        self.about = dict(about)
        self._last = 0.0
        self._phase = ""

    def emit(self, event: str, **facts: Any) -> None:
        """Emit an event at once."""
        self._emit({"event": event, **self.about, **facts})

    def step(self, phase: str, done: int, total: int, **facts: Any) -> None:
        """Emit progress if the last event is ``PROGRESS_INTERVAL`` old or a phase begins or ends.

        Raises:
            StoppedError: if a stop of the experiment is requested.
        """
        if self._stopping():
            raise stopped()
        now = time.monotonic()
        begins = phase != self._phase
        if begins or done >= total or now - self._last >= PROGRESS_INTERVAL:
            self._last, self._phase = now, phase
            self.emit("progress", phase=phase, done=done, total=total, **facts)
