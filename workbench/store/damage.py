"""Goes on past records that cannot be read: each is named in a warning, the others are shown."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from workbench.errors import DamagedRecordWarning, NotStoredError, StoreError

T = TypeVar("T")
R = TypeVar("R")

_COLLECTING: ContextVar[list[str] | None] = ContextVar("collecting", default=None)


def warn(error: StoreError) -> None:
    """Warn of a record that is left out; inside :func:`collected` the sentence is kept instead."""
    tell(str(error))


def tell(sentence: str) -> None:
    """Warn with a sentence; see :func:`warn`."""
    kept = _COLLECTING.get()
    if kept is None:
        warnings.warn(DamagedRecordWarning(sentence), stacklevel=3)
    elif sentence not in kept:
        kept.append(sentence)


@contextmanager
def collected() -> Iterator[list[str]]:
    """Collect the sentences of what this thread leaves out in the block, each once."""
    kept: list[str] = []
    token = _COLLECTING.set(kept)
    try:
        yield kept
    finally:
        _COLLECTING.reset(token)


def readable(items: Iterable[T], read: Callable[[T], R]) -> Iterator[tuple[T, R]]:
    """Yield each item with what a function reads of it; warn of those that cannot be read.

    What a cycle did not keep (NotStoredError) is no damage: that error is raised.
    """
    for item in items:
        try:
            found = read(item)
        except NotStoredError:
            raise
        except StoreError as error:
            warn(error)
        else:
            yield item, found
