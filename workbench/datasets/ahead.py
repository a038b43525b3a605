"""Reads in a pool of threads, ahead of whoever takes the results: decoding, looking at files.

Decoders, file systems and networks release the interpreter lock while they work, so that reading,
decoding and a network overlap. Survey, training, validation, scan and the decoded images of a store
are all read through this module.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from workbench.compute import usable_cores

Item = TypeVar("Item")
Found = TypeVar("Found")

READERS = min(8, usable_cores())
"""Threads that read at once; what they do beside decoding needs the interpreter, one at a time."""


def ahead(
    read: Callable[[Item], Found], items: Iterable[Item], depth: int, readers: int = READERS
) -> Generator[Found, None, None]:
    """Read items in a pool of threads and yield the results in the order of the items.

    An error is raised in the place of its item, after all results before it. Close the generator to
    stop early: what is being read is waited for, nothing more is begun.

    Args:
        read: item ► result; called from several threads.
        items: taken one by one, no more than ``depth`` ahead of the results.
        depth: most results that wait to be taken, beside the one that is.
        readers: threads.
    """
    waiting: deque[Future[Found]] = deque()
    with ThreadPoolExecutor(readers, "read-ahead") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(read, item))
                if len(waiting) > depth:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class InOrder(Generic[Item, Found]):
    """Reads what will be asked for ahead of time, and anything else when it is asked for.

    Args:
        read: item ► result; called from several threads.
        depth: most results that wait to be taken, beside the one that is.
    """

    def __init__(self, read: Callable[[Item], Found], depth: int) -> None:
        self._read = read
        self._depth = depth
        self._order: deque[Item] = deque()
        self._results: Generator[Found, None, None] | None = None

    def expect(self, items: Iterable[Item]) -> None:
        """Expect these items in this order, and no others that were expected before."""
        self.stop()
        self._order.extend(items)
        if self._order:
            self._results = ahead(self._read, list(self._order), self._depth)

    def __call__(self, item: Item) -> Found:
        """Return the result of an item; out of order it is read now."""
        if self._results is None or self._order[0] != item:
            return self._read(item)
        self._order.popleft()
        try:
            found = next(self._results)
        except BaseException:
            self.stop()
            raise
        if not self._order:
            self.stop()
        return found

    def stop(self) -> None:
        """Expect nothing more; wait for what is being read."""
        self._order.clear()
        if self._results is not None:
            self._results.close()
            self._results = None


__all__ = ["READERS", "InOrder", "ahead"]
