"""The redundancy index orders pools that were made so, and counts each image once."""

import numpy as np
import pytest

import workbench as wb
from workbench.datasets import open_dataset
from workbench.errors import WorkbenchError
from workbench.metrics import distinct_units, typical_distance
from workbench.models import build

DRIVES = {
    "name": "synthetic",
    "train": 2640,
    "frames": 66,
    "val": 1,
    "redundancy": 0.98,
    "height": 24,
    "width": 32,
}
"""40 drives through built-in streets, 3 cm from frame to frame."""

SMALL = {**DRIVES, "train": 24, "frames": 12}


def video(seed, images):
    """Return Pool-0f, 5f, 11f and 21f of a number of images."""
    return [f"video:{images},{consecutive},{seed}" for consecutive in (0, 5, 11, 21)]


def check_order(seed, drives=40, images=132):
    scenes = {**DRIVES, "train": 66 * drives, "seed": seed}
    found = wb.pool_redundancy(scenes, pools=video(seed, images))
    index = [pool.index for pool in found]
    assert (np.diff(index) > 0).all(), index
    assert 0 < index[0] < 0.6
    following = [pool.following for pool in found]
    assert following[0] < 0.2
    for share, size in zip(following[1:], (6, 12, 22), strict=True):
        # two groups may touch, and are one stretch then
        assert 1 - 1 / size <= share < 1 - 1 / size + 0.03


@pytest.mark.parametrize("seed", [0, 1])
def test_pools_of_more_consecutive_frames_are_more_redundant(seed):
    check_order(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 14])
def test_they_are_in_larger_pools(seed):
    # of 132 images seed 14 draws 6 groups of 22 that are less alike than its 11 groups of 12
    check_order(seed, drives=80, images=396)


def test_it_is_the_mean_of_the_backbone_features_of_one_network():
    whole = open_dataset(SMALL, "")
    model = build("tiny", 2, seed=0).eval()
    images = np.stack([whole.image("train", key) for key in whole.keys("train")])
    import torch

    with torch.no_grad():
        x = model.normalise(torch.from_numpy(images))
        vectors = model.features(x, ["backbone"])[1]["backbone"].mean(dim=(2, 3)).numpy()
    (found,) = wb.pool_redundancy(SMALL)
    assert found.distinct == pytest.approx(
        distinct_units(vectors, typical_distance(vectors)), rel=1e-4
    )
    assert (found.pool, found.images) == ("full", 24)
    assert found.network == "tiny, random weights"
    assert found.following == pytest.approx(22 / 24)
    assert found.index == pytest.approx(1 - found.distinct / 24)


def test_the_size_of_large_images_does_not_matter_and_each_is_embedded_once():
    counts = []
    pools = [
        "full",
        "random:images=6",
        "augmented:images=6,copies=2",
        "augmented:images=4,copies=1",
    ]
    large = {**SMALL, "height": 384, "width": 512, "resize": [24, 32]}
    found = wb.pool_redundancy(large, pools=pools, progress=lambda *step: counts.append(step))
    assert counts[-1] == (24 + 4 + 2, 24 + 4 + 2)
    assert [pool.images for pool in found] == [24, 6, 6, 4]
    again = wb.pool_redundancy(large, pools=pools[1:2])
    assert again[0].distinct == pytest.approx(found[1].distinct, rel=1e-5)


def test_long_images_are_reduced_before_they_are_embedded():
    from workbench.engine.redundancy import _reduced

    whole = open_dataset({**SMALL, "height": 300, "width": 600}, "")
    assert _reduced(whole, whole.keys("train")[0]).shape == (128, 256, 3)
    small = open_dataset(SMALL, "")
    assert _reduced(small, small.keys("train")[0]).shape == (24, 32, 3)


def test_images_of_several_sizes_and_a_pool_of_one(tmp_path):
    uncut = "augmented:images=6,copies=5,resize_back=false"
    found = wb.pool_redundancy(SMALL, pools=[uncut, "random:images=1"])
    assert found[0].images == 6
    assert found[0].following == pytest.approx(5 / 6)
    assert (found[1].distinct, found[1].index) == (1.0, 0.0)
    (only,) = wb.pool_redundancy({**SMALL, "train": 1}, tmp_path)
    assert only.index == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"dataset": "sinthetic"}, "did you mean 'synthetic'"),
        ({"pools": ["vidio"]}, "did you mean 'video'"),
        ({"model": "tiney"}, "did you mean 'tiny'"),
        ({"dataset": "camvid"}, "camvid, which is not there"),
    ],
)
def test_what_does_not_exist_is_named(arguments, words, tmp_path):
    with pytest.raises(WorkbenchError, match=words):
        wb.pool_redundancy(**{"dataset": SMALL, "data_dir": tmp_path, **arguments})
