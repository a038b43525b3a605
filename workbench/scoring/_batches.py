"""Images read ahead of the network, in batches of one size."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.1
"""How soon the reading thread notices that nobody waits for it any more."""


def ahead(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """Run an iterable in a thread of its own, up to ``depth`` items ahead.

    Decoding an image and running the network both let other threads run, so they overlap. An error
    while reading is raised where the items are taken. Close the generator to stop the thread.
    """
    reader = _Reader(items, depth)
    reader.start()
    try:
        while (got := reader.waiting.get())[0] == "item":
            yield got[1]
        if got[0] == "error":
            raise got[1]
    finally:
        reader.given_up.set()
        reader.join()


class _Reader(threading.Thread):
    """Puts ("item", item) for each item, then ("end", None) or ("error", error)."""

    def __init__(self, items: Iterable[Any], depth: int) -> None:
        super().__init__(name="read-ahead", daemon=True)
        self.waiting: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=max(1, depth))
        self.given_up = threading.Event()
        self._items = items

    def run(self) -> None:
        try:
            for item in self._items:
                if not self._put("item", item):
                    return
        except BaseException as error:  # handed over, whatever it is
            self._put("error", error)
        else:
            self._put("end", None)

    def _put(self, kind: str, value: Any) -> bool:
        while not self.given_up.is_set():
            try:
                self.waiting.put((kind, value), timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return True
        return False


def batches(items: Iterable[T], size: int, key: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """Group items of equal key into lists of at most ``size``, holding few back.

    At most four batches' worth of items wait for company; then the longest list goes as it is.
    """
    waiting: dict[Hashable, list[T]] = {}
    for item in items:
        group = waiting.setdefault(key(item), [])
        group.append(item)
        if len(group) >= size:
            yield waiting.pop(key(item))
        elif sum(map(len, waiting.values())) >= 4 * size:
            yield waiting.pop(max(waiting, key=lambda k: len(waiting[k])))
    yield from waiting.values()
