"""Any dataset at another size: no id of a mask is made up, keys and splits stay."""

import numpy as np
import pytest

from tests.datasets.makers import write_camvid
from workbench.datasets import check_dataset, open_dataset
from workbench.errors import ConfigError, DatasetError


@pytest.fixture
def folder(tmp_path):
    write_camvid(tmp_path / "camvid", {"train": 3, "val": 1, "test": 2})
    return tmp_path


def test_images_shrink_by_area_and_masks_by_their_centres(folder):
    plain = open_dataset("camvid", folder)
    half = open_dataset({"name": "camvid", "resize": [6, 8]}, folder)
    for split in plain.splits:
        assert half.keys(split) == plain.keys(split)
        for key in plain.keys(split):
            blocks = plain.image(split, key).reshape(6, 2, 8, 2, 3).mean(axis=(1, 3))
            assert np.abs(half.image(split, key) - blocks).max() <= 0.5
            mask = plain.mask(split, key)
            np.testing.assert_array_equal(half.mask(split, key), mask[1::2, 1::2])
            assert half.size(split, key) == half.mask(split, key).shape == (6, 8)
            assert half.frame(split, key) == plain.frame(split, key)
    assert half.card.image_size == (6, 8)
    assert half.splits == ("train", "val", "test")
    assert check_dataset(half).sizes["train"] == ((6, 8),)


def test_what_grows_keeps_its_ids_and_its_place(folder):
    plain = open_dataset("camvid", folder)
    twice = open_dataset({"name": "camvid", "resize": [24, 32]}, folder)
    key = plain.keys("train")[0]
    mask = np.kron(plain.mask("train", key), np.ones((2, 2), np.uint8))
    np.testing.assert_array_equal(twice.mask("train", key), mask)
    means = twice.image("train", key).astype(float).reshape(12, 2, 16, 2, 3).mean(axis=(1, 3))
    assert np.corrcoef(means.ravel(), plain.image("train", key).ravel())[0, 1] > 0.9


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ([512], r"dataset\.resize is \[512\]; wanted a height and a width"),
        ([0, 8], "resize is 0; wanted a value from 1"),
        (["large", 8], "resize is 'large'; wanted a whole number"),
    ],
)
def test_a_size_that_is_none_is_refused_in_a_sentence(folder, size, words):
    with pytest.raises(ConfigError, match=words) as caught:
        open_dataset({"name": "camvid", "resize": size}, folder)
    assert "\n" not in str(caught.value)


def test_a_broken_file_is_named_as_it_is_without_resizing(folder):
    (folder / "camvid" / "trainannot" / "0006R0_f00930.png").write_bytes(b"nothing")
    small = open_dataset({"name": "camvid", "resize": [6, 8]}, folder)
    with pytest.raises(DatasetError, match=r"0006R0_f00930\.png cannot be decoded"):
        small.mask("train", "0006R0_f00930")
    with pytest.raises(DatasetError, match="no split 'later'"):
        small.keys("later")
