"""Holds for every registered dataset."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.datasets.fakes import FAKES
from workbench.datasets import DATASETS, check_dataset, open_dataset
from workbench.errors import ConfigError, DatasetError
from workbench.types import IGNORE

_SMALL = {"synthetic": {"train": 5, "val": 2, "test": 1, "height": 24, "width": 32}}


@pytest.fixture(params=[(name, size) for size in (None, [9, 20]) for name in DATASETS.names()])
def dataset(request, tmp_path):
    name, size = request.param
    if name in FAKES:
        FAKES[name](tmp_path / name)
    return open_dataset({"name": name, "resize": size, **_SMALL.get(name, {})}, tmp_path)


def test_every_dataset_of_files_has_a_fake_copy():
    assert set(FAKES) == {entry.name for entry in DATASETS if entry.needs_root}


@pytest.mark.parametrize("name", FAKES)
def test_a_fake_copy_has_the_images_that_were_asked_for(name, tmp_path):
    root = FAKES[name](tmp_path / "any", images=6, size=(20, 28), seed=3)
    dataset = open_dataset({"name": name, "root": str(root)}, tmp_path)
    assert len(dataset.keys("train")) == 6
    report = check_dataset(dataset)
    heights, widths = zip(*(size for sizes in report.sizes.values() for size in sizes), strict=True)
    assert max(*heights, *widths) == 28
    assert all(share > 0 for share in list(report.class_shares.values())[:2])


@pytest.mark.parametrize("name", FAKES)
def test_a_fake_copy_follows_its_seed(name, tmp_path):
    digests = [
        check_dataset(
            open_dataset(
                {"name": name, "root": str(FAKES[name](tmp_path / f"{i}", seed=s))}, tmp_path
            )
        ).digest
        for i, s in enumerate((1, 1, 2))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_splits_begin_with_the_pool_and_have_sorted_keys(dataset):
    assert dataset.splits[0] == "train"
    assert "val" in dataset.splits
    for split in dataset.splits:
        keys = dataset.keys(split)
        assert keys == sorted(set(keys))
        assert keys


def test_images_and_masks_fit_the_card(dataset):
    classes = dataset.card.n_classes
    for split in dataset.splits:
        for key in dataset.keys(split):
            image, mask = dataset.image(split, key), dataset.mask(split, key)
            assert image.dtype == mask.dtype == np.uint8
            assert image.shape == (*dataset.size(split, key), 3)
            assert mask.shape == dataset.size(split, key)
            assert set(np.unique(mask)) <= {*range(classes), IGNORE}


def test_reading_twice_gives_the_same_read_only_arrays(dataset):
    key = dataset.keys("train")[0]
    for read, fresh in (
        (dataset.image, dataset.read_image),
        (dataset.mask, dataset.read_mask),
    ):
        first = read("train", key)
        assert read("train", key) is first
        assert not first.flags.writeable
        np.testing.assert_array_equal(first, fresh("train", key))


def test_the_callers_list_of_keys_is_its_own(dataset):
    dataset.keys("train").clear()
    assert dataset.keys("train")


def test_unknown_split_and_key_are_named(dataset):
    with pytest.raises(DatasetError, match=r"no split 'dev'.*train"):
        dataset.keys("dev")
    with pytest.raises(DatasetError, match="no image 'nowhere'"):
        dataset.image("train", "nowhere")


def test_check_reports_counts_sizes_and_shares(dataset):
    steps = []
    report = check_dataset(dataset, lambda done, total: steps.append((done, total)))
    splits = (*dataset.splits, *dataset.unlabelled)
    assert report.splits == {split: len(dataset.keys(split)) for split in splits}
    assert steps == [(i + 1, report.images) for i in range(report.images)]
    assert sum(report.class_shares.values()) == pytest.approx(1)
    assert 0 <= report.void_share < 1


def test_an_unknown_setting_is_an_error(dataset, tmp_path):
    with pytest.raises(ConfigError, match="rooot"):
        open_dataset({"name": dataset.section, "rooot": "x"}, tmp_path)


def test_listing_opening_and_checking_load_no_torch():
    code = (
        "import json, sys; from pathlib import Path\n"
        "import workbench.pool, workbench.units\n"
        "from workbench.datasets import DATASETS, check_dataset, open_dataset\n"
        "names = DATASETS.names(); light = 'cv2' not in sys.modules\n"
        "check_dataset(open_dataset('synthetic:2,1', Path('.')))\n"
        "print(json.dumps([names, light, 'torch' in sys.modules]))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, light, torch = json.loads(out.stdout)
    assert names == DATASETS.names()
    assert light, "listing datasets must not import OpenCV"
    assert not torch
