"""Prints single lines on stderr, whatever they hold."""

from __future__ import annotations

import sys

from workbench.cli._streams import discard
from workbench.printable import printable

LONGEST = 2000
"""Characters of a line; the rest is cut. Sentences are shorter; a command in one may be long."""


def print_line(text: str) -> None:
    """Print a text on stderr as one line.

    Line breaks become spaces, other control characters are written out. Nothing is printed if
    stderr is closed.
    """
    if sys.stderr is None:  # closed before Python started; print() would take stdout
        return
    line = printable(" ".join(text.split()))
    if len(line) > LONGEST:
        line = f"{line[: LONGEST - 1]}…"
    try:
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - rich would wrap the line
    except (OSError, ValueError):  # a closed pipe, a full device; a file that was closed
        discard(sys.stderr)
