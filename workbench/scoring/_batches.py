"""Images read ahead of the network, in batches of one size."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.1
"""Time between two checks of the reading thread whether it should stop."""


def ahead(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """Run an iterable in a thread of its own, up to ``depth`` items ahead.

    Decoding an image and running the network both release the interpreter lock, so they overlap. An
    error while reading is raised where the items are taken. Close the generator to stop the thread.
    """
    reader = _Reader(items, depth)
    reader.start()
    try:
        while (got := reader.results.get())[0] == "item":
            yield got[1]
        if got[0] == "error":
            raise got[1]
    finally:
        reader.stopped.set()
        reader.join()


class _Reader(threading.Thread):
    """Puts ("item", item) for each item, then ("end", None) or ("error", error)."""

    def __init__(self, items: Iterable[Any], depth: int) -> None:
        super().__init__(name="read-ahead", daemon=True)
        self.results: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=max(1, depth))
        self.stopped = threading.Event()
        self._items = items

    def run(self) -> None:
        try:
            for item in self._items:
                if not self._put("item", item):
                    return
        except BaseException as error:  # any error is raised in the other thread
            self._put("error", error)
        else:
            self._put("end", None)

    def _put(self, kind: str, value: Any) -> bool:
        while not self.stopped.is_set():
            try:
                self.results.put((kind, value), timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return True
        return False


def batches(items: Iterable[T], size: int, key: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """Group items of equal key into lists of at most ``size``.

    At most four batches' worth of items are held back; then the longest list is yielded as it is.
    """
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        group = groups.setdefault(key(item), [])
        group.append(item)
        if len(group) >= size:
            yield groups.pop(key(item))
        elif sum(map(len, groups.values())) >= 4 * size:
            yield groups.pop(max(groups, key=lambda k: len(groups[k])))
    yield from groups.values()
