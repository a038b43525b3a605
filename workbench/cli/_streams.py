"""Standard streams that are closed, full or cannot print a character end no command."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO


def mend_streams() -> None:
    """Open the null device in place of standard streams that are closed; print any character.

    A closed one would be None, and its number would be given to the next file that is opened. What
    an encoding cannot print becomes a question mark.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number free
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def discard(stream: TextIO | None) -> None:
    """Send what a stream still holds, and all that follows, to the null device."""
    with suppress(OSError, ValueError, AttributeError):  # a stream of a test has no number
        number = stream.fileno()  # type: ignore[union-attr]
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)


def flush_output() -> OSError | None:
    """Write what stdout still holds, and return the error if that is not possible.

    Python would print a traceback of it when the process ends.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        discard(sys.stdout)
        return error
    return None
