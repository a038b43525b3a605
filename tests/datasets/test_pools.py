"""Pool schemes: which images each of them takes, and what an image of the pool is."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.datasets.fakes import a2d2
from tests.datasets.recorded import Recorded, pool
from workbench.datasets import check_dataset, open_dataset
from workbench.datasets.digest import dataset_digest
from workbench.datasets.pools import POOLS
from workbench.datasets.survey import survey
from workbench.errors import ConfigError, DatasetError

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


def test_a_list_as_mittal_et_al_publish_it_finds_the_images_of_a2d2(tmp_path):
    folder = a2d2.make(tmp_path / "a2d2", images=4)
    whole = open_dataset("a2d2", tmp_path)
    chosen = whole.keys("train")[1:3]
    # their lists name files below the folder of the recordings
    paths = [
        str(path.relative_to(folder / "camera_lidar_semantic"))
        for path in sorted(folder.rglob("*_camera_*.png"))
        if path.stem in chosen
    ]
    assert all(re.fullmatch(r"\d{8}_\d{6}/camera/cam_\w+/\d+_camera_\w+\.png", p) for p in paths)
    (tmp_path / "pool.txt").write_text("\n".join(paths), encoding="utf-8")
    found = open_dataset("a2d2", tmp_path, {"name": "listed", "file": str(tmp_path / "pool.txt")})
    assert found.keys("train") == chosen
    assert found.keys("val") == whole.keys("val")
