"""Keeps what was read of a store, and tells each time what had to be left out of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from workbench.store import damage

P = ParamSpec("P")
R = TypeVar("R")


def kept(max_entries: int, **options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache what a function reads, as ``st.cache_resource`` does.

    What it leaves out of a damaged store is told each time; then it is read again the next time,
    because the store may have been repaired.

    Args:
        max_entries: the most results that are held.
        options: others of ``st.cache_resource``.
    """

    def wrap(read: Callable[P, R]) -> Callable[P, R]:
        @wraps(read)
        def listened(*args: P.args, **more: P.kwargs) -> tuple[R, tuple[str, ...]]:
            with damage.collected() as told:
                found = read(*args, **more)
            return found, tuple(told)

        cached = st.cache_resource(max_entries=max_entries, **options)(listened)

        @wraps(read)
        def recalled(*args: P.args, **more: P.kwargs) -> R:
            found: R
            found, told = cached(*args, **more)
            for sentence in told:
                damage.tell(sentence)
            if told:
                cached.clear(*args, **more)
            return found

        return recalled

    return wrap
