"""BDD100K's images with semantic segmentation."""

import cv2
import numpy as np
import pytest

from tests.datasets.fakes import bdd100k as fake
from workbench.datasets import open_dataset
from workbench.datasets.bdd100k import CARD
from workbench.errors import DatasetError


@pytest.fixture
def root(tmp_path):
    return fake.make(tmp_path / "bdd100k")


def test_the_card_has_the_published_splits_and_colours():
    assert CARD.splits == {"train": 7000, "val": 1000, "test": 2000}
    assert CARD.palette == fake.COLOURS


def test_masks_hold_training_ids_already(root):
    dataset = open_dataset("bdd100k", root.parent)
    for key in dataset.keys("train"):
        path = root / "labels" / "sem_seg" / "masks" / "train" / f"{key}.png"
        np.testing.assert_array_equal(dataset.mask("train", key), cv2.imread(str(path), -1))
        assert dataset.frame("train", key) is None
    assert len(dataset.keys("train")) == 4


def test_label_ids_of_cityscapes_are_refused(root):
    path = sorted((root / "labels" / "sem_seg" / "masks" / "train").iterdir())[0]
    cv2.imwrite(str(path), np.full((24, 32), 26, np.uint8))
    with pytest.raises(DatasetError, match=r"label id 26.*may be label ids as Cityscapes has them"):
        open_dataset("bdd100k", root.parent).mask("train", path.stem)
