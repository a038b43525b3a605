"""Ctrl-C and SIGTERM: which of them ended an experiment, and the exit code for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(BaseException):
    """SIGTERM came while nothing was there to take it: before the first or after the last step."""


@contextmanager
def caught_signals() -> Iterator[Callable[[], int]]:
    """Yield a function that returns the exit code of the last signal that came, 130 or 143.

    The engine has handlers of its own while it works, so this works below the handlers: Python
    writes the number of every signal it takes into the wake-up file.

    Raises:
        Terminated: for a SIGTERM that no other handler took.
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
