"""Looks at every file of a dataset without decoding any: the check, dry run and run share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import DatasetError, quoted, shown

if TYPE_CHECKING:
    from workbench.datasets.base import FileFacts, SegmentationDataset

Facts = Mapping[str, tuple["FileFacts", ...]]
"""Image id ► the facts of its file and its mask's, sorted; none for a dataset without files."""


@dataclass(frozen=True)
class Survey:
    """What the files of a dataset are.

    Attributes:
        splits: split ► image id ► facts, the pool first.
        remarks: what is odd and no fault, one sentence each.
    """

    splits: Mapping[str, Facts]
    remarks: tuple[str, ...]


def survey(dataset: SegmentationDataset, splits: Iterable[str]) -> Survey:
    """Look at the files of the pool and of some other splits.

    Args:
        dataset: the dataset.
        splits: the splits that networks are measured on.

    Raises:
        DatasetError: if a split is missing or empty, an image or mask is missing, broken at its
            head or of another size than its partner, or a file is in the pool and in another split.
    """
    names = tuple(dict.fromkeys(("train", *splits)))
    keys = {split: dataset.keys(split) for split in names}  # every split before any file
    seen = {split: {key: dataset.facts(split, key) for key in keys[split]} for split in names}
    remarks = []
    for split in names[1:]:
        shared = _shared(dataset, seen["train"], seen[split])
        if shared:
            remarks.append(
                f"{len(shared)} images of the split {quoted(split, 40)} have the content of "
                f"images of the pool, {quoted(shared[0], 40)} first; what is measured on them is "
                "better than on new images."
            )
    return Survey(seen, tuple(remarks))


def _shared(dataset: SegmentationDataset, pool: Facts, other: Facts) -> list[str]:
    """Return the images of a split whose content is that of an image of the pool.

    Raises:
        DatasetError: if one is the very same file.
    """
    known: dict[tuple[int, bytes], list[FileFacts]] = {}
    for facts in pool.values():
        for file in facts[:1]:
            known.setdefault((file.size, file.tail), []).append(file)
    found = []
    for key, facts in other.items():
        for file in facts[:1]:
            alike = known.get((file.size, file.tail), ())
            if any(file.path.samefile(one.path) for one in alike):
                raise DatasetError(
                    f"The image {shown(file.path)} is in the pool (split 'train') and in a split "
                    "that networks are measured on; wanted splits that share no image: mend the "
                    "lists or folders."
                )
            if alike:
                content = dataset.content(file.path)
                if any(dataset.content(one.path) == content for one in alike):
                    found.append(key)
    return found
