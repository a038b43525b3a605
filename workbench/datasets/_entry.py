"""What a dataset states."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.registry import Entry


@dataclass(frozen=True, kw_only=True)
class DatasetEntry(Entry):
    """A dataset, as data.

    Attributes:
        needs_root: whether it reads files from a folder; then ``root`` is one of its settings.
    """

    needs_root: bool = False
