"""Prints what was left out while everything else went on: one line a warning, on stderr."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from workbench.cli._stderr import print_line
from workbench.errors import WorkbenchWarning

MOST = 10
"""Distinct warnings that are printed; the rest is counted."""


@dataclass
class _Printed:
    """What was warned of so far."""

    sentences: set[str] = field(default_factory=set)

    def add(self, sentence: str) -> None:
        """Print a warning, unless the same sentence was printed or ``MOST`` others were."""
        if sentence in self.sentences:
            return
        self.sentences.add(sentence)
        if len(self.sentences) <= MOST:
            print_line(f"Warning: {sentence}")

    def close(self) -> None:
        """Print how many warnings were not printed."""
        rest = len(self.sentences) - MOST
        if rest > 0:
            print_line(f"Warning: and {rest} more of this kind.")


@contextmanager
def printed_warnings() -> Iterator[None]:
    """Print each distinct :class:`WorkbenchWarning` as one line on stderr, at once.

    Warnings of libraries are not printed, unless Python was told which warnings to print (``-W``,
    ``PYTHONWARNINGS``).
    """
    printed = _Printed()
    with warnings.catch_warnings():
        python = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, WorkbenchWarning):
                printed.add(str(message))
            else:
                python(message, category, filename, lineno, file, line)

        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        warnings.simplefilter("always", WorkbenchWarning)
        warnings.showwarning = show
        try:
            yield
        finally:
            printed.close()
