"""Looks at every file of a dataset without decoding any: the check, dry run and run share it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from workbench.datasets.ahead import READERS, ahead
from workbench.errors import DatasetError, quoted, shown

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.datasets.tree import FileFacts

_AT_ONCE = 128
"""Images that a thread looks at before it takes the next ones."""

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
    seen = {split: _facts(dataset, split, keys[split]) for split in names}
    pool = _Pool(dataset, seen["train"])
    remarks = []
    for split in names[1:]:
        shared = [key for key, files in seen[split].items() if files and pool.has(files[0])]
        if shared:
            remarks.append(
                f"{len(shared)} images of the split {quoted(split, 40)} have the content of "
                f"images of the pool, {quoted(shared[0], 40)} first; what is measured on them is "
                "better than on new images."
            )
    return Survey(seen, tuple(remarks))


def _facts(dataset: SegmentationDataset, split: str, keys: list[str]) -> Facts:
    """Look at the files of some images; several at once, since a disk makes them wait."""

    def look(some: list[str]) -> list[tuple[FileFacts, ...]]:
        return [dataset.facts(split, key) for key in some]

    groups = [keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE)]
    with closing(ahead(look, groups, 2 * READERS)) as found:
        return dict(zip(keys, chain.from_iterable(found), strict=True))


class _Pool:
    """The image files of the pool; reads those alone whose size and end another one has too."""

    def __init__(self, dataset: SegmentationDataset, facts: Facts) -> None:
        self._dataset = dataset
        images = [files[0] for files in facts.values() if files]
        self._identities = {image.identity for image in images}
        self._alike: dict[tuple[int, bytes], list[FileFacts]] = {}
        for image in images:
            self._alike.setdefault((image.size, image.tail), []).append(image)
        self._contents: dict[tuple[int, bytes], set[bytes]] = {}

    def has(self, image: FileFacts) -> bool:
        """Return whether an image of the pool has the content of another file.

        Raises:
            DatasetError: if it is the very file of an image of the pool.
        """
        if image.identity in self._identities:
            raise DatasetError(
                f"The image {shown(image.path)} is in the pool (split 'train') and in a split that "
                "networks are measured on; wanted splits that share no image: mend the lists or "
                "folders."
            )
        kind = image.size, image.tail
        if kind not in self._alike:
            return False
        if kind not in self._contents:
            self._contents[kind] = {self._digest(one) for one in self._alike[kind]}
        return self._digest(image) in self._contents[kind]

    def _digest(self, image: FileFacts) -> bytes:
        return hashlib.sha256(self._dataset.content(image.path)).digest()
