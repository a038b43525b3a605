"""A dataset around another one, which it changes in some respect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.datasets.base import Image, Mask, SegmentationDataset

if TYPE_CHECKING:
    from workbench.datasets.file_index import FileIndex
    from workbench.datasets.outlines import Outline
    from workbench.datasets.tree import FileFacts
    from workbench.types import Frame


class Wrapped(SegmentationDataset):
    """Gives what another dataset gives; a subclass overrides what it changes.

    Args:
        original: the other dataset.
    """

    def __init__(self, original: SegmentationDataset) -> None:
        super().__init__(original.root)
        self._original = original
        self.card = original.card

    @property
    def section(self) -> str:
        """The section of the original dataset."""
        return self._original.section

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits of the original dataset."""
        return self._original.splits

    @property
    def unlabelled(self) -> tuple[str, ...]:
        """The splits of the original dataset that have no labels."""
        return self._original.unlabelled

    def keys(self, split: str) -> list[str]:
        """Return the keys of a split, sorted."""
        return self._original.keys(split)

    def read_image(self, split: str, key: str) -> Image:
        """Read an image without the cache."""
        return self._original.read_image(split, key)

    def read_mask(self, split: str, key: str) -> Mask:
        """Read the ground truth without the cache."""
        return self._original.read_mask(split, key)

    def size(self, split: str, key: str) -> tuple[int, int]:
        """Return (H, W) of an image without decoding it."""
        return self._original.size(split, key)

    def frame(self, split: str, key: str) -> Frame | None:
        """Return the sequence and frame number of an image, ``None`` if it has none."""
        return self._original.frame(split, key)

    def outlines(self, split: str, key: str) -> tuple[Outline, ...] | None:
        """Return the outlines that annotators drew in an image; ``None`` if none are recorded."""
        return self._original.outlines(split, key)

    def facts(self, split: str, key: str) -> tuple[FileFacts, ...]:
        """Return the facts of an image's file, its mask's and its outlines', those there are."""
        return self._original.facts(split, key)

    def look_up(self, index: FileIndex) -> None:
        """Look up the files of the original dataset."""
        self._original.look_up(index)

    def label_rule(self) -> dict[str, Any]:
        """Return the rule of the original dataset."""
        return self._original.label_rule()

    def content(self, path: Path) -> bytes:
        """Return the bytes of a file of the original dataset."""
        return self._original.content(path)

    def remarks(self) -> list[str]:
        """Return the remarks on the original dataset."""
        return self._original.remarks()
