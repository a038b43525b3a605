"""Batches of images of one size."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


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
