"""Batches split into pieces that fit into memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import torch

from workbench.errors import ScoreError

T = TypeVar("T")
R = TypeVar("R")


def fitting(
    work: Callable[[list[T]], R],
    groups: Iterable[list[T]],
    size: int,
    name: Callable[[T], str],
) -> Iterator[tuple[list[T], R]]:
    """Run a function on groups of images; where memory runs out, go on in pieces of half the size.

    Args:
        work: the function; it may run again on a part of a group that it failed on.
        groups: lists of images.
        size: most images at once; stays halved for the groups that follow.
        name: image ► its name, for the error.

    Yields:
        Each piece with its result, in order.

    Raises:
        ScoreError: if one image alone does not fit into memory; names the image.
    """
    for group in groups:
        start = 0
        while start < len(group):
            piece = group[start : start + size]
            result = _attempt(work, piece)
            if result is not None:
                yield piece, result[0]
                start += len(piece)
                continue
            # only here, after the error and the arrays that its traceback referred to are freed
            release_memory()
            if len(piece) == 1:
                raise ScoreError(
                    f"Image {name(piece[0])!r} alone does not fit into memory; use smaller images "
                    "or a device with more memory."
                )
            size = len(piece) // 2


def _attempt(work: Callable[[list[T]], R], piece: list[T]) -> tuple[R] | None:
    """Return the result, or ``None`` if memory ran out."""
    try:
        return (work(piece),)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        return None


def out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that memory ran out, on any device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return "can't allocate memory" in text or "out of memory" in text


def release_memory() -> None:
    """Return freed memory to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
