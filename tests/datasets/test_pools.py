"""Pool schemes: which images each of them takes, and what an image of the pool is."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench.datasets import check_dataset, open_dataset
from workbench.datasets.base import SegmentationDataset
from workbench.datasets.digest import dataset_digest
from workbench.datasets.pools import POOLS
from workbench.datasets.survey import survey
from workbench.errors import ConfigError, DatasetError
from workbench.types import DatasetCard, Frame

PLACE = Path()
SCENES = {"name": "synthetic", "train": 60, "val": 2, "frames": 20, "height": 24, "width": 32}
SCHEMES = {
    "full": {},
    "random": {"images": 17},
    "video": {"images": 12, "consecutive": 3},
    "augmented": {"images": 12, "copies": 2},
    "uniform": {"images": 7},
    "every_nth": {"n": 4},
    "listed": {"file": "list.txt"},
}


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


@pytest.fixture(params=SCHEMES)
def scheme(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("list.txt").write_text("s001_f03\ns000_f10\n", encoding="utf-8")
    return {"name": request.param, **SCHEMES[request.param]}


# every scheme


def test_every_registered_scheme_is_tested():
    assert list(SCHEMES) == POOLS.names()


def test_a_pool_is_a_dataset_with_another_training_split(scheme):
    whole, found = open_dataset(SCENES, PLACE), open_dataset(SCENES, PLACE, scheme)
    keys = found.keys("train")
    assert keys == sorted(set(keys))
    assert found.keys("train") == open_dataset(SCENES, PLACE, scheme).keys("train")
    assert found.keys("val") == whole.keys("val")
    assert found.splits == whole.splits
    assert found.card.splits["train"] == len(keys)
    report = check_dataset(found)
    assert report.splits["train"] == len(keys)
    assert report.warnings == check_dataset(whole).warnings
    keys.clear()
    assert found.keys("train"), "the caller's list is its own"
    with pytest.raises(DatasetError, match="no split 'dev'"):
        found.keys("dev")
    with pytest.raises(DatasetError, match="no image 'nowhere'"):
        found.read_image("train", "nowhere")


def test_choosing_reads_no_mask_and_images_read_none_either(scheme, monkeypatch):
    from workbench.datasets.synthetic import Synthetic

    monkeypatch.setattr(Synthetic, "read_mask", None)
    found = open_dataset(SCENES, PLACE, scheme)
    for key in found.keys("train")[:4]:
        found.read_image("train", key)


def test_images_of_a_pool_are_resized_after_it(scheme):
    found = open_dataset({**SCENES, "resize": [10, 14]}, PLACE, scheme)
    for key in found.keys("train")[:4]:
        assert found.size("train", key) == found.read_image("train", key).shape[:2] == (10, 14)
        assert found.read_mask("train", key).shape == (10, 14)


def test_the_content_digest_covers_the_images_of_the_pool(scheme):
    def digest(spec):
        found = open_dataset(SCENES, PLACE, spec)
        return dataset_digest(found, survey(found, ["val"]))

    found = digest(scheme)
    assert found == digest(scheme)
    assert found["splits"]["train"]["images"] == len(
        open_dataset(SCENES, PLACE, scheme).keys("train")
    )
    assert (found["sha256"] == digest("full")["sha256"]) == (scheme["name"] == "full")
    if "seed" in {param.name for param in POOLS.entry(scheme["name"]).params}:
        assert found["sha256"] != digest({**scheme, "seed": 1})["sha256"]


# random


def test_a_smaller_random_pool_is_a_part_of_a_larger_one():
    whole = Recorded([30, 30])
    small, large = (set(pool(whole, "random", images=n).keys("train")) for n in (10, 40))
    assert len(small) == 10
    assert small < large < set(whole.keys("train"))
    assert small != set(pool(whole, "random", images=10, seed=1).keys("train"))
    assert len(pool(whole, "random", share=0.25).keys("train")) == 15
    assert len(pool(whole, "random", share=1e-6).keys("train")) == 1


def test_every_image_is_as_likely_in_a_random_pool():
    whole = Recorded([20])
    counts = Counter(
        key
        for seed in range(400)
        for key in pool(whole, "random", images=5, seed=seed).keys("train")
    )
    assert sum(counts.values()) == 2000
    assert 60 < min(counts.values()) <= max(counts.values()) < 140  # 100 ± 4.6 σ


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, ConfigError, "neither was given"),
        ({"images": 3, "share": 0.5}, ConfigError, "both was given"),
        (
            {"images": 21},
            DatasetError,
            "takes 21 images, but the training split of recorded has 20",
        ),
    ],
)
def test_a_random_pool_needs_one_size_that_fits(options, error, words):
    with pytest.raises(error, match=words):
        pool(Recorded([20]), "random", **options)


# video


def groups(dataset, keys, size):
    """Return the place of each image among those of its sequence, sequence by sequence."""
    order: dict[str, list[str]] = {}
    for key in sorted(dataset.keys("train"), key=lambda k: dataset.frame("train", k).number):
        order.setdefault(dataset.frame("train", key).sequence, []).append(key)
    return [[place for place, key in enumerate(one) if key in keys] for one in order.values()]


@settings(max_examples=120, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    size=st.integers(2, 12),
    wanted=st.integers(1, 30),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_video_pool_is_whole_groups_that_share_no_image(lengths, size, wanted, seed):
    room = sum(length // size for length in lengths)
    assume(room)
    wanted = min(wanted, room)  # often all there is room for
    whole = Recorded(lengths)
    keys = set(
        pool(whole, "video", images=wanted * size, consecutive=size - 1, seed=seed).keys("train")
    )
    assert len(keys) == wanted * size
    for places in groups(whole, keys, size):
        # stretches of consecutive images: one group or several that touch
        stretches = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
        assert all(len(stretch) % size == 0 for stretch in stretches)


def test_the_papers_pools_have_the_papers_numbers_of_groups():
    whole = Recorded([99] * 60)
    for consecutive, count in ((5, 440), (11, 220), (21, 120)):
        found = pool(whole, "video", consecutive=consecutive)
        assert len(found.keys("train")) == 2640 == count * (consecutive + 1)


def test_the_start_of_a_single_group_is_uniform_over_those_that_end_in_the_sequence():
    whole, starts = Recorded([8, 3]), Counter()
    for seed in range(600):
        keys = set(pool(whole, "video", images=4, consecutive=3, seed=seed).keys("train"))
        (places,) = [places for places in groups(whole, keys, 4) if places]
        assert places == list(range(places[0], places[0] + 4))
        starts[places[0]] += 1
    assert sorted(starts) == [0, 1, 2, 3, 4]
    assert 80 < min(starts.values()) <= max(starts.values()) < 160  # 120 ± 4 σ


def test_without_consecutive_images_it_is_the_random_pool():
    whole = Recorded([30], loose=10)
    drawn = pool(whole, "video", images=20, consecutive=0, seed=4)
    assert drawn.keys("train") == pool(whole, "random", images=20, seed=4).keys("train")
    assert any(key.startswith("loose") for key in drawn.keys("train"))


def test_an_image_of_no_sequence_is_in_no_group():
    keys = pool(Recorded([6, 6], loose=9), "video", images=12, consecutive=5).keys("train")
    assert len(keys) == 12
    assert not any(key.startswith("loose") for key in keys)


@pytest.mark.parametrize(
    ("lengths", "options", "error", "words"),
    [
        ([50], {"images": 20}, ConfigError, r"whole groups of 12; wanted e\.g\. 12 or 24"),
        ([50], {"images": 7}, ConfigError, r"whole groups of 12; wanted e\.g\. 12\."),
        (
            [5, 50],
            {"images": 60},
            DatasetError,
            "60 images, but the training split of recorded has 55",
        ),
        ([23, 23], {"images": 36}, DatasetError, "takes 3 groups of 12.*have room for 2"),
        ([], {"images": 12}, DatasetError, "no image of the training split of recorded belongs"),
    ],
)
def test_a_video_pool_that_cannot_be_is_refused(lengths, options, error, words):
    with pytest.raises(error, match=words):
        pool(Recorded(lengths, loose=0 if lengths else 20), "video", **options)


# uniform, every_nth


def test_uniform_is_evenly_spaced_over_all_sequences_in_time():
    whole = Recorded([6, 4], loose=3)
    found = pool(whole, "uniform", images=5).keys("train")
    frames = sorted((f.sequence, f.number // 10) for f in (whole.frame("train", k) for k in found))
    assert frames == [("s0", 0), ("s0", 2), ("s0", 4), ("s1", 0), ("s1", 2)]
    with pytest.raises(DatasetError, match=r"takes 11 images of sequences.*has 10"):
        pool(whole, "uniform", images=11)


def test_every_nth_begins_anew_in_each_sequence():
    whole = Recorded([6, 4])
    found = pool(whole, "every_nth", n=3, first=1).keys("train")
    frames = sorted((f.sequence, f.number // 10) for f in (whole.frame("train", k) for k in found))
    assert frames == [("s0", 1), ("s0", 4), ("s1", 1)]
    with pytest.raises(DatasetError, match=r"pool\.first is 6, and no sequence of recorded"):
        pool(whole, "every_nth", first=6)


# augmented


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


# listed


class Named(Recorded):
    """Images of given keys."""

    def __init__(self, *keys):
        super().__init__([])
        self._frames = dict.fromkeys(keys)


@pytest.mark.parametrize(
    ("keys", "name", "key"),
    [
        (["a_1"], "a_1", "a_1"),
        (["a_1"], "seq/camera/front/a_1.png", "a_1"),
        (["front/a_1"], "seq/camera/front/a_1.png", "front/a_1"),
        (["seq/camera/front/a_1", "a_1"], "seq/camera/front/a_1.png", "seq/camera/front/a_1"),
        (["x/a_1"], "camera/a_1.png", "x/a_1"),
        (["v1.2"], "v1.2", "v1.2"),
        (["v1.2"], "v1.2.png", "v1.2"),
        (["a b"], "  a b \t", "a b"),
    ],
)
def test_an_id_finds_its_image(keys, name, key, tmp_path):
    (tmp_path / "list.txt").write_text(f"# ours\n\n{name}\r\n", encoding="utf-8-sig")
    found = pool(Named(*keys, "other", "z/other"), "listed", file=str(tmp_path / "list.txt"))
    assert found.keys("train") == [key]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a\nnobody\nx/nothing.png\n", r"2 of 3 ids .*'nobody', 'x/nothing\.png'; its keys are"),
        (b"1\n2\n3\n4\na", r"4 of 5 ids .*'1', '2', '3' and 1 more"),
        (b"a\nb\nx/a.png\n", r"names the image 'a' twice, as 'a' and as 'x/a\.png'"),
        (b"same.png", "1 of 1 ids .* are not those of one image"),
        (b"# nothing\n\n", "holds no id"),
        (b"\xff\xfe\x00", "it is no UTF-8 text"),
        (None, "cannot be read .No such file or directory.; pool.file names"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_and_says_why(content, words, tmp_path):
    if content is not None:
        (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(DatasetError, match=words):
        pool(Named("a", "b", "x/same", "y/same"), "listed", file=str(tmp_path / "list.txt"))
