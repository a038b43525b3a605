"""Records whether Ctrl-C or SIGTERM ended an experiment, for the exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(BaseException):
    """SIGTERM was received with no other handler set: before the first or after the last step."""


@contextmanager
def caught_signals() -> Iterator[Callable[[], int]]:
    """Yield a function that returns the exit code for the last signal received, 130 or 143.

    The engine sets handlers of its own while it runs, so signals are recorded below the handlers:
    Python writes the number of every signal that it handles to the wake-up file descriptor.

    Raises:
        Terminated: for a SIGTERM that no other handler handles.
    """
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    before_fd = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield lambda: _exit_code(reading)
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.set_wakeup_fd(before_fd)
        os.close(reading)
        os.close(writing)


def _terminate(_signum: int, _frame: FrameType | None) -> None:
    raise Terminated


def _exit_code(reading: int) -> int:
    try:
        numbers = [n for n in os.read(reading, 4096) if n in {signal.SIGINT, signal.SIGTERM}]
    except BlockingIOError:
        numbers = []
    return 128 + (numbers[-1] if numbers else signal.SIGINT)
