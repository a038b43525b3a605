"""Datasets in the layout that their authors publish: what is wrong with a copy is told apart."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.faults import packed, right_folder
from workbench.datasets.files import FileDataset
from workbench.datasets.tree import Header
from workbench.errors import DatasetError, shown

_MOST_NAMED = 4
"""Names that a message lists."""


class PublishedDataset(FileDataset):
    """A dataset that its authors publish as archives, each of which fills a folder.

    A subclass sets ``parts`` beside what :class:`FileDataset` asks for.

    Attributes:
        parts: folder below the root ► the archive that it comes out of.

    Raises:
        DatasetError: if the root is another folder, or an archive was not unpacked.
    """

    parts: ClassVar[Mapping[str, str]]

    def __init__(self, root: Path, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        super().__init__(root, cache_bytes)
        there = [part for part in self.parts if self.tree.holds(root / part)]
        if not there:
            raise DatasetError(
                f"The dataset {self.card.name} was looked for in {shown(root, 100)}, which has no "
                f"{_listed(f'{part}/' for part in self.parts)}. {self._elsewhere()} "
                f"data/README.md#{self.section} shows the layout."
            )
        for part in self.parts.keys() - there:
            raise DatasetError(
                f"The dataset {self.card.name} in {shown(root, 100)} has {there[0]}/ and no "
                f"{part}/; unpack {self.parts[part]} there, too. data/README.md#{self.section} "
                "shows the layout."
            )

    def _elsewhere(self) -> str:
        """Return where the dataset might be instead, as a sentence."""
        if right := right_folder(self.root, list(self.parts)):
            return f"{shown(right, 100)} has: name that folder."
        if archives := packed(self.root):
            return (
                f"It holds archives that are not unpacked ({_listed(archives)}): unpack them there."
            )
        names = sorted(path.name for path in self.root.iterdir())
        return f"It holds {_listed(names)}: name another folder, or put the dataset there."

    @abstractmethod
    def missing_parts(self, split: str) -> list[str]:
        """Return the names of the parts of a split, e.g. cities, of which no image is there."""

    def check_kinds(self, image: Path, of_image: Header, mask: Path, of_mask: Header) -> None:
        """Refuse an image without colours, and a mask of colours or ids where it has the other."""
        if not of_image.coloured:
            raise DatasetError(
                f"The image {shown(image, 100)} is a grey or palette file, as masks are; wanted a "
                "photograph in colour: images and masks may be swapped."
            )
        if of_mask.coloured and self.grey_masks:
            raise DatasetError(
                f"The mask {shown(mask, 100)} holds colours, as drawings of masks and photographs "
                f"do; wanted one class id a pixel, as {self.wanted_mask()} has."
            )
        if not (self.grey_masks or of_mask.coloured):
            raise DatasetError(
                f"The mask {shown(mask, 100)} holds ids; wanted the colours of the release, as "
                f"{self.wanted_mask()} has."
            )

    @abstractmethod
    def wanted_mask(self) -> str:
        """Return how the masks that are read are called, for a message."""

    def remarks(self) -> list[str]:
        """Return the parts of splits that are missing, and the masks without an image."""
        found = super().remarks()
        for split in (*self.splits, *self.unlabelled):
            if lacks := self.missing_parts(split):
                found.append(
                    f"All images of {_listed(lacks)} are missing in the split {split!r}; unless "
                    f"you left them out, extract {_listed(self.parts.values())} again."
                )
        return found


class WithUnlabelledTest(PublishedDataset):
    """A published dataset with one folder of images for each split, whose test has no labels.

    Attributes:
        images: folder below the root that holds the splits' folders.
    """

    images: ClassVar[str]

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits among train and val that have a folder of images."""
        return tuple(name for name in ("train", "val") if self._is_there(name))

    @property
    def unlabelled(self) -> tuple[str, ...]:
        """The split test, if its images are there."""
        return ("test",) if self._is_there("test") else ()

    def _is_there(self, split: str) -> bool:
        return self.tree.holds(self.root / self.images / split)


def _listed(names: Iterable[object]) -> str:
    """Return some names as part of a sentence, the first few of many."""
    every = [shown(name, 40) for name in names]
    more = [f"{len(every) - _MOST_NAMED} more"] if len(every) > _MOST_NAMED else []
    first = every[:_MOST_NAMED] + more
    return " and ".join([", ".join(first[:-1]), first[-1]] if len(first) > 1 else first)
