"""What a running experiment tells: plain dictionaries, so that they cross processes and files.

Every event has ``event`` (its kind) and, where it belongs to one, ``run``, ``method``, ``seed``,
``cycle`` and ``cycles``:

==============  ===============================================================
``experiment``  an experiment starts or resumes: ``id``, ``runs``, ``cycles``
``run``         a run starts or resumes
``progress``    ``phase`` (embed, train, validate, train RIDER, scan, select), ``done``, ``total``;
                of a training also ``loss``, its ``terms``, the ``rates`` of the optimisers and
                ``labelled_share``, the share of labelled pixels in the batch
``cycle``       a cycle was published: ``miou``, ``labelled_units``
``done``        a run has all its cycles
``stopped``     a run was asked to stop and can be resumed
``failed``      a run cannot go on: ``message``
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
"""Seconds between two progress events of a phase; steps in between are not told."""


class Progress:
    """Tells the progress of a run's phases, at most a few times a second, and hears a stop.

    Args:
        emit: receives the events.
        stopping: returns whether the experiment was asked to stop.
        about: fields that every event of this run carries.
    """

    def __init__(self, emit: OnEvent, stopping: Callable[[], bool], about: Event) -> None:
        self._emit = emit
        self._stopping = stopping
        self.about = dict(about)
        self._last = 0.0
        self._phase = ""

    def tell(self, event: str, **facts: Any) -> None:
        """Emit an event at once."""
        self._emit({"event": event, **self.about, **facts})

    def step(self, phase: str, done: int, total: int, **facts: Any) -> None:
        """Emit progress if the last was a while ago, or the phase begins or ends.

        Raises:
            StoppedError: if the experiment was asked to stop.
        """
        if self._stopping():
            raise StoppedError("The experiment was stopped; the same command resumes it.")
        now = time.monotonic()
        begins = phase != self._phase
        if begins or done >= total or now - self._last >= PROGRESS_INTERVAL:
            self._last, self._phase = now, phase
            self.tell("progress", phase=phase, done=done, total=total, **facts)
