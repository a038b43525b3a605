"""Prints lines on stderr, whatever they hold."""

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
    line = printable(" ".join(text.split()))
    print_text(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")


def print_text(text: str) -> None:
    """Print a text of any number of lines on stderr, with its control characters written out."""
    if sys.stderr is None:  # closed before Python started; print() would take stdout
        return
    try:
        print(printable(text), file=sys.stderr, flush=True)  # noqa: T201 - rich would wrap the line
    except (OSError, ValueError):  # a closed pipe, a full device; a file that was closed
        discard(sys.stderr)
