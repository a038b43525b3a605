"""Images at even distances in time: manual subsampling of videos [Mittal et al., 4.4]."""

from __future__ import annotations

from workbench.datasets.base import SegmentationDataset
from workbench.datasets.pools._sequences import sequences_of
from workbench.datasets.pools.chosen import Chosen, require_images
from workbench.errors import DatasetError, shown


def uniform(dataset: SegmentationDataset, *, images: int) -> Chosen:
    """Take images evenly spaced in time, which runs through one sequence after the other.

    Of N images the i-th of n is the one at ⌊i·N / n⌋.

    Raises:
        DatasetError: if no image belongs to a sequence, or fewer than wanted do.
    """
    in_time = [key for keys in sequences_of(dataset, "uniform") for key in keys]
    require_images(dataset, images, len(in_time), "images of sequences")
    return Chosen(dataset, [in_time[i * len(in_time) // images] for i in range(images)])


def every_nth(dataset: SegmentationDataset, *, n: int, first: int) -> Chosen:
    """Take every n-th image of each sequence.

    Args:
        dataset: the dataset.
        n: from one image to the next.
        first: images of each sequence before its first one.

    Raises:
        DatasetError: if no image belongs to a sequence, or all sequences are too short.
    """
    chosen = [key for keys in sequences_of(dataset, "every_nth") for key in keys[first::n]]
    if not chosen:
        raise DatasetError(
            f"pool.first is {first:,}, and no sequence of {shown(dataset.card.name, 40)} has more "
            "images; lower it."
        )
    return Chosen(dataset, chosen)
