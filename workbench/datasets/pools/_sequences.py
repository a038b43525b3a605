"""The images of a training split in the order in which they were recorded."""

from __future__ import annotations

from workbench.datasets.base import SegmentationDataset
from workbench.errors import DatasetError, shown


def sequences_of(dataset: SegmentationDataset, scheme: str) -> list[list[str]]:
    """Return the keys of each sequence in time, the sequences by name.

    Two images of one time stand by key. An image that belongs to no sequence is left out.

    Args:
        dataset: the dataset.
        scheme: the pool scheme that asks, for the message.

    Raises:
        DatasetError: if no image belongs to a sequence.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for key in dataset.keys("train"):
        frame = dataset.frame("train", key)
        if frame is not None:
            found.setdefault(frame.sequence, []).append((frame.number, key))
    if not found:
        raise DatasetError(
            f"The pool scheme {scheme} follows sequences, and no image of the training split of "
            f"{shown(dataset.card.name, 40)} belongs to one; choose another scheme, e.g. random."
        )
    return [[key for _, key in sorted(found[name])] for name in sorted(found)]
