"""The registry entry of a dataset."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.param import LARGEST_SIDE
from workbench.registry import Entry, Param

_RESIZE = Param(
    "resize",
    "ints",
    None,
    "height and width that images and masks are resized to, in pixels; not resized if left out",
    low=1,
    high=LARGEST_SIDE,
    optional=True,
)


@dataclass(frozen=True, kw_only=True)
class DatasetEntry(Entry):
    """The registry entry of a dataset.

    Attributes:
        needs_root: whether it reads files from a folder; then ``root`` is one of its settings.

    Every dataset has one further setting, ``resize``, the size that its images are resized to when
    it is opened; its implementation does not get it.
    """

    needs_root: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", (*self.params, _RESIZE))
