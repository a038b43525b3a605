"""A dataset that is nothing but keys and frames, for pools."""

from workbench.datasets.base import SegmentationDataset
from workbench.datasets.pools import POOLS
from workbench.types import DatasetCard, Frame


class Recorded(SegmentationDataset):
    """Sequences of given lengths, with gaps in their numbers, and images without a sequence."""

    splits = ("train", "val")

    def __init__(self, lengths, loose=0):
        super().__init__()
        self.card = DatasetCard("recorded", ("a",), ((0, 0, 0),), 255, {"train": None}, "a test")
        self._frames = {
            # keys sort against time, and numbers go up in steps of ten or so
            f"k{99 - number:02d}-{sequence}": Frame(f"s{sequence}", 10 * number + number % 3)
            for sequence, length in enumerate(lengths)
            for number in range(length)
        } | {f"loose{number}": None for number in range(loose)}

    def keys(self, split):
        return sorted(self._frames) if split == "train" else ["v"]

    def frame(self, split, key):
        return self._frames[key] if split == "train" else None

    def size(self, split, key):
        return (4, 4)

    def read_image(self, split, key):
        raise AssertionError("choosing a pool reads no image")

    def read_mask(self, split, key):
        raise AssertionError("choosing a pool reads no mask")


def pool(dataset, scheme, **options):
    return POOLS.bind({"name": scheme, **options}).call(dataset)
