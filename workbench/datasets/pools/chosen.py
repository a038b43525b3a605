"""A dataset with another training split: some of its images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workbench.datasets.base import SegmentationDataset
from workbench.datasets.wrapped import Wrapped
from workbench.errors import ConfigError, DatasetError, shown


class Chosen(Wrapped):
    """A dataset whose training split holds some images of the original one; all else stays.

    Args:
        original: the dataset.
        chosen: the keys, in any order.
    """

    def __init__(self, original: SegmentationDataset, chosen: Iterable[str]) -> None:
        super().__init__(original)
        self._chosen = sorted(chosen)
        self.card = replace(
            original.card, splits={**original.card.splits, "train": len(self._chosen)}
        )

    def keys(self, split: str) -> list[str]:
        """Return the keys of a split, sorted; of the training split those that were chosen."""
        return list(self._chosen) if split == "train" else super().keys(split)


def full(dataset: SegmentationDataset) -> SegmentationDataset:
    """Return the dataset as it is."""
    return dataset


def require_images(dataset: SegmentationDataset, wanted: int, there: int, what: str) -> None:
    """Check that a training split has as many images as a scheme draws.

    Args:
        dataset: the dataset.
        wanted: images that the scheme draws.
        there: images that it may draw from.
        what: what these are, e.g. "images".

    Raises:
        DatasetError: if it has fewer.
    """
    if wanted > there:
        raise DatasetError(
            f"The pool takes {wanted:,} {what}, but the training split of "
            f"{shown(dataset.card.name, 40)} has {there:,}; lower pool.images."
        )


def groups_of(images: int, size: int, scheme: str) -> int:
    """Return how many groups of a size make a pool.

    Raises:
        ConfigError: if it is no whole number.
    """
    if images % size:
        near = [n for n in (images - images % size, images - images % size + size) if n]
        raise ConfigError(
            f"pool.images is {images:,}, but the pool scheme {scheme} takes whole groups of "
            f"{size}; wanted e.g. {' or '.join(f'{n:,}' for n in near)}."
        )
    return images // size
