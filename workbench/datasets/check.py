"""Checks a dataset file by file, so that faults are found before training."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.datasets.survey import survey
from workbench.errors import DatasetError
from workbench.types import IGNORE

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.datasets.survey import Survey


@dataclass(frozen=True)
class CheckReport:
    """The result of checking a dataset without a fault.

    Attributes:
        name: the dataset's name.
        splits: split ► number of images.
        unlabelled: the splits among them whose images have no labels.
        sizes: split ► (H, W) of its images, each size once, ascending.
        sequences: split ► number of sequences, 0 where images have none.
        class_shares: class ► share of its pixels among those that are not void, all splits.
        void_share: share of void pixels.
        digest: SHA-256 of the content of every file, and of what ids in masks stand for.
        warnings: differences from the card that are no faults, one sentence each.
    """

    name: str
    splits: Mapping[str, int]
    unlabelled: tuple[str, ...]
    sizes: Mapping[str, tuple[tuple[int, int], ...]]
    sequences: Mapping[str, int]
    class_shares: Mapping[str, float]
    void_share: float
    digest: str
    warnings: tuple[str, ...]

    @property
    def images(self) -> int:
        """Number of images in all splits."""
        return sum(self.splits.values())


def check_dataset(
    dataset: SegmentationDataset,
    progress: Callable[[int, int], None] | None = None,
    measured: Iterable[str] = ("val",),
) -> CheckReport:
    """Decode every image and mask, after what a run checks at its start.

    Args:
        dataset: the dataset to check.
        progress: called with (images done, all images) after each image.
        measured: splits that must be there beside the pool, as for an experiment that is measured
            on them.

    Raises:
        DatasetError: for the first fault, by split and key; the error names the file.
    """
    seen = survey(dataset, (*measured, *dataset.splits))
    tally = _Tally(dataset, seen)
    splits = (*dataset.splits, *dataset.unlabelled)
    keys = [(split, key) for split in splits for key in dataset.keys(split)]
    for done, (split, key) in enumerate(keys, start=1):
        tally.add(split, key)
        if progress is not None:
            progress(done, len(keys))
    counts = {split: len(dataset.keys(split)) for split in splits}
    labelled = max(int(tally.pixels[: dataset.card.n_classes].sum()), 1)
    classes = dataset.card.classes
    shares = {name: float(tally.pixels[i] / labelled) for i, name in enumerate(classes)}
    return CheckReport(
        name=dataset.card.name,
        splits=counts,
        unlabelled=dataset.unlabelled,
        sizes={split: tuple(sorted(tally.sizes[split])) for split in splits},
        sequences={split: len(tally.sequences[split]) for split in splits},
        class_shares=shares,
        void_share=float(tally.pixels[IGNORE] / max(int(tally.pixels.sum()), 1)),
        digest=tally.digest.hexdigest(),
        warnings=(*seen.remarks, *_warnings(dataset, counts, tally.sizes, shares)),
    )


class _Tally:
    """What the images that were decoded so far have shown.

    Attributes:
        digest: SHA-256 of what ids stand for and of the content of every file.
        pixels: (256,) pixels of each training id.
        sizes: split ► the sizes of its images.
        sequences: split ► the names of its sequences.
    """

    def __init__(self, dataset: SegmentationDataset, seen: Survey) -> None:
        self._dataset = dataset
        self._seen = seen
        self.digest = hashlib.sha256(json.dumps(dataset.label_rule(), sort_keys=True).encode())
        self.pixels = np.zeros(256, dtype=np.int64)
        self.sizes: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        self.sequences: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, split: str, key: str) -> None:
        """Decode an image with all that belongs to it."""
        dataset = self._dataset
        image, size = dataset.read_image(split, key), dataset.size(split, key)
        decoded = [image]
        if split not in dataset.unlabelled:
            mask = dataset.read_mask(split, key)
            decoded.append(mask)
            self.pixels += np.bincount(mask.ravel(), minlength=256)
            dataset.outlines(split, key)  # raises where their file is broken
        if image.shape != (*size, 3) or decoded[-1].shape[:2] != size:
            raise DatasetError(
                f"The image {key} of the split {split!r} is {image.shape[:2]}, its mask "
                f"{decoded[-1].shape[:2]} and {size} by its header (height, width); wanted the "
                "same size."
            )
        files = self._seen.splits[split][key] if split in self._seen.splits else ()
        contents = [dataset.content(file.path) for file in files]
        for content in contents or [array.tobytes() for array in decoded]:
            self.digest.update(f"{key}:{len(content)}:".encode())
            self.digest.update(content)
        self.sizes[split].add(size)
        if (frame := dataset.frame(split, key)) is not None:
            self.sequences[split].add(frame.sequence)


def _warnings(
    dataset: SegmentationDataset,
    counts: Mapping[str, int],
    sizes: Mapping[str, set[tuple[int, int]]],
    shares: Mapping[str, float],
) -> list[str]:
    card, found = dataset.card, []
    for split, wanted in card.splits.items():
        if split not in counts:
            found.append(f"The split {split!r} is not there; the card has {wanted} images in it.")
        elif wanted is not None and counts[split] != wanted:
            cause = ", so an archive may be half extracted" if counts[split] < wanted else ""
            found.append(
                f"The split {split!r} has {counts[split]} images; the card has {wanted}{cause}."
            )
    if card.image_size is not None:
        odd = sorted({size for group in sizes.values() for size in group} - {card.image_size})
        if odd:
            found.append(
                f"Some images are {odd[0]} (height, width); the card has {card.image_size}."
            )
    found += [
        f"The class {name!r} appears in no mask." for name, share in shares.items() if not share
    ]
    found += dataset.remarks()
    return found
