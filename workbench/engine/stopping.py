"""Stops tasks when a signal arrives, and raises what ended them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workbench.errors import StoppedError, WaitingError, WorkerDiedError

if TYPE_CHECKING:
    from workbench.engine.workers import Executor

_HANGUP = getattr(signal, "SIGHUP", None)
_STOPPING = [signal.SIGINT, signal.SIGTERM, *([] if _HANGUP is None else [_HANGUP])]


def raise_first(errors: list[BaseException]) -> None:
    """Raise the first error that is not a consequence of another one: no StoppedError if possible.

    A run that waits for labels raises nothing; its status is ``waiting``.
    """
    errors = [error for error in errors if not isinstance(error, WaitingError)]
    if not errors:
        return
    first = next((e for e in errors if not isinstance(e, StoppedError)), errors[0])
    if isinstance(first, BrokenProcessPool):
        raise WorkerDiedError(
            "A worker process ended without an error message (killed, or out of memory); what was "
            "published stays. Run the same command again, with a smaller --jobs if memory was "
            "short."
        ) from first
    raise first


@contextmanager
def stoppable(where: Executor) -> Iterator[None]:
    """Stop at the next step on SIGINT, SIGTERM or SIGHUP; a second SIGINT interrupts at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, e.g. not one behind a widget
        return

    def stop(signum: int, _: object) -> None:
        where.stop()
        if signum == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {signum: signal.getsignal(signum) for signum in _STOPPING}
    for signum, handler in before.items():
        if signum != _HANGUP or handler is not signal.SIG_IGN:  # nohup ignores it
            signal.signal(signum, stop)
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
