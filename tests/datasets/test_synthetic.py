"""The made-up streets: deterministic, redundant as asked, with every class in them."""

import os
import subprocess
import sys

import numpy as np
import pytest

from workbench.datasets.scenes import street
from workbench.datasets.synthetic import Synthetic
from workbench.types import IGNORE, Frame

_DIGEST = (
    "import hashlib; from workbench.datasets.synthetic import Synthetic\n"
    "d = Synthetic(train=3, val=2, seed=5); h = hashlib.sha256()\n"
    "for s in d.splits:\n"
    "    for k in d.keys(s): h.update(d.image(s, k).tobytes()); h.update(d.mask(s, k).tobytes())\n"
    "print(h.hexdigest())"
)


def _neighbour_distance(redundancy):
    dataset = Synthetic(train=24, frames=6, redundancy=redundancy)
    images = [dataset.image("train", key).astype(float) for key in dataset.keys("train")]
    pairs = [(i, i + 1) for i in range(23) if i % 6 != 5]
    return np.mean([np.abs(images[a] - images[b]).mean() for a, b in pairs])


def test_same_seed_draws_the_same_in_other_processes():
    digests = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


def test_order_of_reading_changes_nothing():
    first, second = Synthetic(train=6, val=1), Synthetic(train=6, val=1)
    keys = first.keys("train")
    forwards = [first.read_image("train", key) for key in keys]
    backwards = [second.read_image("train", key) for key in reversed(keys)][::-1]
    np.testing.assert_array_equal(forwards, backwards)


def test_another_seed_draws_other_scenes():
    a, b = (Synthetic(train=1, val=1, seed=seed) for seed in (0, 1))
    key = a.keys("train")[0]
    assert np.abs(a.image("train", key).astype(int) - b.image("train", key)).mean() > 10


def test_more_images_leave_the_first_as_they_are():
    few, many = Synthetic(train=3, val=1), Synthetic(train=30, val=1)
    key = few.keys("train")[2]
    assert many.keys("train")[2] == key
    np.testing.assert_array_equal(few.image("train", key), many.image("train", key))


def test_redundancy_brings_frames_of_a_sequence_closer():
    fresh, drive, still = (_neighbour_distance(r) for r in (0.0, 0.9, 1.0))
    assert still < drive < fresh
    assert still < 0.35 * fresh


def test_frames_without_redundancy_are_as_far_apart_as_sequences():
    dataset = Synthetic(train=24, frames=6, redundancy=0.0)
    images = [dataset.image("train", key).astype(float) for key in dataset.keys("train")]
    across = np.mean([np.abs(images[i] - images[i + 6]).mean() for i in range(18)])
    assert _neighbour_distance(0.0) > 0.8 * across


def test_nearly_alike_frames_are_not_equal():
    dataset = Synthetic(train=2, redundancy=1.0)
    first, second = (dataset.image("train", key) for key in dataset.keys("train"))
    assert (first != second).mean() > 0.5


def test_sequences_and_frame_numbers():
    dataset = Synthetic(train=5, frames=2, val=1)
    assert dataset.keys("train") == ["s000_f00", "s000_f01", "s001_f00", "s001_f01", "s002_f00"]
    assert dataset.frame("train", "s001_f01") == Frame("s001", 1)
    assert dataset.frame("val", "val_0000") == Frame("val_0000", 0)


def test_keys_stay_sorted_when_numbers_grow_long():
    dataset = Synthetic(train=2500, frames=2)
    keys = dataset.keys("train")
    assert keys == sorted(keys)
    assert [dataset.frame("train", key).number for key in keys[:4]] == [0, 1, 0, 1]


def test_every_class_and_void_appear_and_some_are_rare():
    dataset = Synthetic(train=1, val=40)
    masks = np.stack([dataset.mask("val", key) for key in dataset.keys("val")])
    shares = np.bincount(masks.ravel(), minlength=256) / masks.size
    assert (shares[:9] > 0.001).all()
    assert 0 < shares[IGNORE] < 0.05
    assert {name for name, s in zip(dataset.card.classes, shares, strict=False) if s < 0.02} == {
        "person",
        "pole",
        "sign",
    }


@pytest.mark.parametrize("size", [(24, 32), (97, 131), (180, 240)])
def test_any_size_can_be_drawn(size):
    dataset = Synthetic(train=1, val=1, height=size[0], width=size[1])
    key = dataset.keys("val")[0]
    assert dataset.image("val", key).shape == (*size, 3)
    assert len(np.unique(dataset.mask("val", key))) >= 4


def test_image_and_mask_belong_together():
    """Sky is brighter than the road below it, pixel by pixel of the mask."""
    dataset = Synthetic(train=1, val=12)
    brighter = 0
    for key in dataset.keys("val"):
        grey, mask = dataset.image("val", key).mean(axis=2), dataset.mask("val", key)
        brighter += grey[mask == 3].mean() > grey[mask == 0].mean()
    assert brighter >= 9  # at night it is not


def test_an_image_and_its_ground_truth_are_drawn_once_and_belong_to_the_caller(monkeypatch):
    dataset, drawn = Synthetic(train=4, val=1), []
    render = street.render
    monkeypatch.setattr(street, "render", lambda *a: drawn.append(1) or render(*a))
    key = dataset.keys("train")[0]
    first = dataset.read_image("train", key), dataset.read_mask("train", key)
    assert len(drawn) == 1
    for array in first:
        array[:] = 0  # what a caller does to an array changes no later one
    assert dataset.read_image("train", key).any()
    assert dataset.read_mask("train", key).any()
