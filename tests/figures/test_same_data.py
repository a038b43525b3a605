"""Full supervision that was measured on something else is refused, and what differs is named."""

import copy
from types import SimpleNamespace

import pytest

from tests.experiments import SMALL
from workbench.config import parse_config
from workbench.errors import ConfigError
from workbench.figures._same_data import require_same_data

SPLIT = {"images": 4, "files": "aa", "each": "aaaa", "content": {"0": ["bb"]}}
DIGEST = {"sha256": "cc", "labels": "dd", "splits": {"train": {**SPLIT}, "val": {**SPLIT}}}


def record(name="here", images=("a", "b"), digest=DIGEST, **changes):
    config = parse_config({**SMALL, **changes})
    geometry = SimpleNamespace(image_ids=images)
    return SimpleNamespace(
        id=name, config=config, geometry=geometry, dataset_digest=copy.deepcopy(digest)
    )


def refused(other, here=None):
    with pytest.raises(ConfigError) as caught:
        require_same_data(other, here or record())
    text = str(caught.value)
    start = "there is no full supervision of here: "
    assert text.startswith(start)
    return text.removeprefix(start).partition(". Name an experiment of the same")[0]


def of_split(split, **changes):
    found = copy.deepcopy(DIGEST)
    found["splits"][split].update(changes)
    return found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dataset": {**SMALL["dataset"], "height": 64}}, "its dataset.height is 64, wanted 32"),
        ({"dataset": "camvid"}, 'its dataset is "camvid", wanted "synthetic"'),
        ({"pool": {"name": "random", "images": 6}}, 'its pool is "random", wanted "full"'),
        ({"images": ("a", "c")}, "its pool of 2 images has others than the pool of 2 here"),
        ({"evaluation": {"split": "test"}}, "it was measured on the split test, wanted val"),
        ({"digest": {**DIGEST, "labels": "ee"}}, "its classes or label ids are others"),
        (
            {"digest": of_split("train", content={"0": ["ff"]})},
            "its files of the split train are others, by their digest",
        ),
        ({"digest": of_split("val", files="bb")}, "its files of the split val are others"),
    ],
)
def test_what_differs_is_named(changes, words):
    assert refused(record("there", **changes)).startswith(words)


def test_the_seed_of_a_pool_is_compared():
    pools = [{"name": "random", "images": 6, "seed": seed} for seed in (0, 1)]
    here, other = record(pool=pools[0]), record("there", pool=pools[1])
    assert refused(other, here) == "its pool.seed is 1, wanted 0"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model": {"name": "tiny", "width": 8}, "seeds": [5]},
        {"dataset": {**SMALL["dataset"], "root": "elsewhere"}},
        {"digest": None},
        {"digest": {**DIGEST, "splits": {**DIGEST["splits"], "test": SPLIT}}},
        {"evaluation": {"split": ["val", "test"]}},
    ],
)
def test_what_does_not_matter_is_left_alone(changes):
    require_same_data(record("there", **changes), record())
