"""The pool scheme ``augmented``: what a copy of an image shows, and which copies there are."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.datasets.recorded import Recorded, pool
from workbench.datasets import open_dataset
from workbench.errors import ConfigError, DatasetError
from workbench.types import Frame

PLACE = Path()
SCENES = {"name": "synthetic", "train": 60, "val": 2, "frames": 20, "height": 24, "width": 32}


def crops(options=None, **scenes):
    plain = {"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0, "images": 6}
    return open_dataset(
        {**SCENES, **scenes}, PLACE, {"name": "augmented", **plain, **(options or {})}
    )


@pytest.mark.parametrize(
    ("options", "shape"),
    [({}, (20, 27)), ({"crop_by": "area"}, (22, 30)), ({"crop": 0.5}, (12, 16))],
)
def test_a_copy_and_its_mask_are_cut_at_one_place(options, shape):
    found = crops({"resize_back": False, **options})
    whole = open_dataset(SCENES, PLACE)
    source = found.keys("train")[0]
    image, mask = whole.image("train", source), whole.mask("train", source)
    np.testing.assert_array_equal(found.image("train", source), image)
    places = set()
    for key in found.keys("train")[1:]:
        copy, labels = found.image("train", key), found.mask("train", key)
        assert copy.shape[:2] == labels.shape == found.size("train", key) == shape
        (place,) = [
            (y, x)
            for y in range(24 - shape[0] + 1)
            for x in range(32 - shape[1] + 1)
            if np.array_equal(image[y : y + shape[0], x : x + shape[1]], copy)
        ]
        y, x = place
        np.testing.assert_array_equal(mask[y : y + shape[0], x : x + shape[1]], labels)
        places.add(place)
    assert len(places) > 1
    assert found.card.image_size is None


def test_a_copy_is_resized_back_and_no_label_is_made_up():
    found, cut = crops(), crops({"resize_back": False})
    for key in found.keys("train")[1:]:
        assert found.image("train", key).shape == (24, 32, 3)
        assert set(np.unique(found.mask("train", key))) <= set(np.unique(cut.mask("train", key)))
        small = found.image("train", key).astype(float).mean(axis=(0, 1))
        assert np.abs(small - cut.image("train", key).mean(axis=(0, 1))).max() < 4
    assert found.card.image_size == (24, 32)


def test_copies_are_numbered_with_or_without_their_image():
    kept = crops({"images": 24, "copies": 11})
    assert kept.keys("train")[:3] == [kept.keys("train")[0] + end for end in ("", "~01", "~02")]
    assert len({key.partition("~")[0] for key in kept.keys("train")}) == 2
    alone = crops({"images": 10, "original": False})
    assert all("~" in key for key in alone.keys("train"))
    assert len({key.partition("~")[0] for key in alone.keys("train")}) == 2
    frames = [kept.frame("train", key) for key in kept.keys("train")[:3]]
    assert frames == [Frame(kept.keys("train")[0], number) for number in range(3)]
    assert kept.frame("val", "val_0000") == Frame("val_0000", 0)


def test_the_papers_augmented_pools_have_the_papers_size():
    whole = Recorded([99] * 10)
    for original, sources in ((True, 440), (False, 528)):
        keys = pool(whole, "augmented", original=original).keys("train")
        assert len(keys) == 2640
        assert len({key.partition("~")[0] for key in keys}) == sources


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("brightness", lambda image: image.mean()),
        ("contrast", lambda image: image.mean(axis=2).std()),
        ("saturation", lambda image: np.ptp(image, axis=2).mean()),
    ],
)
def test_colours_change_by_a_factor_in_the_range_that_was_set(name, of):
    options = {"crop": 1, name: 0.3, "images": 51, "copies": 50}
    found = crops(options)
    plain, *copies = (found.image("train", k).astype(float) for k in found.keys("train"))
    factors = np.array([of(copy) / of(plain) for copy in copies])
    assert 0.68 < factors.min() < 0.8
    assert factors.max() < 1.32
    assert factors.std() > 0.08
    for key in found.keys("train")[1:]:
        np.testing.assert_array_equal(
            found.mask("train", key), found.mask("train", found.keys("train")[0])
        )


def test_a_turn_of_the_hue_keeps_brightest_and_darkest_channel():
    found = crops({"crop": 1, "hue": 0.5})
    plain, *copies = (found.image("train", k).astype(int) for k in found.keys("train"))
    for copy in copies:
        assert np.abs(copy.max(axis=2) - plain.max(axis=2)).max() <= 1
        assert np.abs(copy.min(axis=2) - plain.min(axis=2)).mean() <= 2
        assert np.abs(copy - plain).mean() > 2


def test_a_copy_depends_on_seed_key_and_number_alone():
    few, many = crops({"images": 6, "hue": 0.1}), crops({"images": 30, "hue": 0.1})
    other = crops({"images": 30, "hue": 0.1, "seed": 1})
    for key in few.keys("train")[1:]:
        np.testing.assert_array_equal(few.image("train", key), many.image("train", key))
    both = set(many.keys("train")) & set(other.keys("train"))
    for key in filter(lambda k: "~" in k, both):
        assert (many.image("train", key) != other.image("train", key)).any()


def test_a_dataset_whose_keys_look_like_copies_is_refused():
    whole = Recorded([3])
    whole._frames = {"a": None, "a~1": None, "b": None}
    with pytest.raises(DatasetError, match="would have the key 'a~1'"):
        pool(whole, "augmented", images=9, copies=2)


@pytest.mark.parametrize(
    ("images", "error", "words"),
    [
        (20, ConfigError, r"whole groups of 6; wanted e\.g\. 18 or 24"),
        (24, DatasetError, "takes 4 images, but the training split of recorded has 3"),
    ],
)
def test_an_augmented_pool_that_cannot_be_is_refused(images, error, words):
    with pytest.raises(error, match=words):
        pool(Recorded([3]), "augmented", images=images)


def test_a_share_by_area_and_one_by_side_are_what_they_say():
    side, area = (
        crops({"crop_by": by, "resize_back": False}, height=100, width=200)
        for by in ("side", "area")
    )
    key = side.keys("train")[1]
    assert side.size("train", key) == (85, 170)
    assert area.size("train", key) == (92, 184)
    assert math.isclose(92 * 184 / (100 * 200), 0.85, abs_tol=0.005)
