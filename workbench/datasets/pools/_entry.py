"""The registry entry of a pool scheme."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.registry import Entry


@dataclass(frozen=True, kw_only=True)
class PoolEntry(Entry):
    """The registry entry of a pool scheme: which images of the training split make the pool.

    Its implementation is a function ``(dataset, **settings)`` that returns a dataset with another
    training split and the same other splits. It reads keys, frames and images, never a mask: only
    the label source reads labels of the pool, through the dataset that it returns.
    """
