"""Ends a command on Ctrl-C, SIGTERM or SIGHUP: one sentence at once, and an end within 5 seconds.

A thread waits for signals, since Python's own handlers run between two steps of the main thread,
which may be inside native code for long. A command that holds nothing is ended there and then: what
is stored is published at once or not at all, so that an end at any moment loses nothing. A running
experiment is given ``GRACE_SECONDS`` to stop at its next step, for the state of its runs to be
written. A second signal ends it at once.

This module imports little: :func:`watch` is called before anything heavy is imported.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from workbench.cli._stderr import print_line
from workbench.cli._streams import flush_output

GRACE_SECONDS = 3.0
"""Time for an experiment to stop; the engine ends its worker processes before that."""

_PUT_AWAY_SECONDS = 0.5
"""Time for the last words, and for writing the states of runs that did not stop by themselves."""

_RESUMABLE = frozenset({"run", "demo", "rescan"})
_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class _Watch:
    """What this process does when a signal arrives.

    Attributes:
        received: the first signal; 0 before.
        put_away: called before an end that leaves an experiment where it is; ``None`` as long as
            there is nothing to be put away, and a signal ends the process at once.
        on: whether the signals are watched.
        said: set once the sentence is printed.
        sentence: what is printed; ``None``: what fits the command line.
    """

    def __init__(self) -> None:
        self.received = 0
        self.put_away: Callable[[], None] | None = None
        self.on = False
        self.said = threading.Event()
        self.sentence: str | None = None

    def loop(self, reading: int) -> None:
        """Handle signals as they arrive, in a thread of its own."""
        while number := os.read(reading, 1):
            if number[0] in _SIGNALS:
                self.handle(number[0])

    def handle(self, signum: int) -> None:
        """Say that the command stops, then end it: at once, or after a time of grace."""
        again, self.received = bool(self.received), self.received or signum
        wait = 0.0 if again or self.put_away is None else GRACE_SECONDS
        # another thread: printing may wait for a terminal that is held up
        threading.Thread(target=self._end, args=(wait,), daemon=True).start()
        if not again:
            print_line(self.sentence or last_words(sys.argv[1:]))
            self.said.set()

    def _end(self, wait: float) -> None:
        threading.Event().wait(wait)
        away = threading.Thread(target=self.put_away or _nothing, daemon=True)
        away.start()
        away.join(_PUT_AWAY_SECONDS)
        self.said.wait(_PUT_AWAY_SECONDS)
        self.end()

    def end(self) -> NoReturn:
        """End the process with the exit code of the signal, whatever its threads do."""
        if sys.__stdout__ is not None and os.isatty(1):
            os.write(1, b"\x1b[?25h")  # progress bars hide the cursor
        os._exit(128 + self.received)


_watch = _Watch()


def watch(sentence: str | None = None) -> None:
    """Watch the signals of this process from now on; called by its main thread.

    Args:
        sentence: printed when it is stopped; ``None``: :func:`last_words` of its command line.
    """
    _watch.sentence = sentence
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for signum in _SIGNALS:
        ignored = signal.getsignal(signum) is signal.SIG_IGN
        if signum == signal.SIGINT or not ignored:  # nohup ignores SIGHUP
            signal.signal(signum, _leave_to_the_thread)
    _watch.on = True
    threading.Thread(target=_watch.loop, args=(reading,), daemon=True).start()
    if hasattr(signal, "pthread_sigmask"):  # the program that this one replaced held them back
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


@contextmanager
def care(put_away: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Let what runs inside stop by itself when a signal arrives.

    Args:
        put_away: called if it did not within ``GRACE_SECONDS``; the process ends half a second
            later, wherever it is.

    Yields:
        A function to call when what runs inside is ready to be stopped; before, and afterwards, a
        signal ends the process at once.
    """

    def ready() -> None:
        _watch.put_away = put_away

    try:
        yield ready
    finally:
        _watch.put_away = None


def exit_stopped() -> NoReturn:
    """End the process after a stop; the sentence is printed if no signal was watched."""
    # the engine may have stopped before the thread that watches has printed the sentence
    if _watch.on and _watch.said.wait(_PUT_AWAY_SECONDS):
        flush_output()
        _watch.end()
    print_line(last_words(sys.argv[1:]))
    sys.exit(128 + signal.SIGINT)


def last_words(arguments: Sequence[str]) -> str:
    """Return the sentence with which a command stops.

    Args:
        arguments: of the command line, without the program's name.
    """
    if not _RESUMABLE.intersection(arguments[:1]) or "--dry-run" in arguments:
        return "Stopped."
    again = shlex.join(["workbench", *arguments])
    return f"Stopping; what was finished stays, the same command goes on: {again}"


def _leave_to_the_thread(_signum: int, _frame: FrameType | None) -> None:
    """Do nothing: Python writes the signal's number to the pipe that the thread reads."""


def _nothing() -> None:
    """Put nothing away."""
