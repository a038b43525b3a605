"""Where units lie: the same answers from a list and from windows' ids."""

import numpy as np
import pandas as pd
import pytest

from tests.store.sample import CARD, METHODS, pool_table
from workbench.config import Component, parse_config
from workbench.errors import ShapeError, StoreError
from workbench.store import create_experiment
from workbench.store.places import ListedPlaces, WindowPlaces, checked, same

UNITS = Component(name="window", height=8, width=10, stride=4)


def images(count=3, width=25):
    return pd.DataFrame(
        {
            "image_id": [f"im{i}" for i in range(count)],
            "image_number": range(count),
            "height": 18,
            "width": width,
            "sequence": ["s0"] * (count - 1) + ["s1"],
            "frame": range(count),
        }
    )


@pytest.fixture
def windows():
    return WindowPlaces(images(), UNITS)


def test_windows_answer_like_their_list(windows):
    listed = ListedPlaces(windows.table)
    assert len(windows) == len(listed) == 3 * 4 * 5
    some = windows.table["unit_id"].to_numpy()[[50, 3, 17]]
    pd.testing.assert_frame_equal(windows.of(some), listed.of(some), check_dtype=False)
    assert windows.of(some)["image_id"].tolist() == ["im2", "im0", "im0"]
    pd.testing.assert_frame_equal(windows.images, listed.images, check_dtype=False)
    for places in (windows, listed):
        with pytest.raises(ShapeError, match="does not hold"):
            places.of([some[0], 21])


def test_a_pixel_counts_once(windows):
    assert windows.pixels == 3 * 18 * 25
    assert windows.covered([0, 1]) == 8 * 14
    assert windows.covered([]) == 0
    listed = ListedPlaces(pool_table(2, (6, 8), (2, 2)))
    assert listed.pixels == 2 * 48
    assert listed.covered([0, 3]) == 24


def test_a_picture_shows_marked_windows_and_all_other_units(windows):
    assert windows.drawn(1, [10_000_004, 3, 10_000_002, 10_000_004])["unit_id"].tolist() == [
        10_000_002,
        10_000_004,
    ]
    listed = ListedPlaces(pool_table(2, (6, 8), (2, 2)))
    assert listed.drawn(1, [0])["unit_id"].tolist() == [10_000_000 + i for i in range(4)]


def test_a_pool_is_the_same_only_with_the_same_images(windows):
    assert same(windows, checked(images().sample(frac=1, random_state=0)), UNITS)
    assert not same(windows, images(4), UNITS)
    assert not same(windows, images(width=24), UNITS), "as many windows, in other places"
    assert not same(windows, windows.table, UNITS)
    with pytest.raises(StoreError, match="lacks width"):
        checked(images().drop(columns="width"))


def test_windows_are_not_listed_in_a_store_and_another_pool_is_refused(tmp_path):
    config = parse_config(
        {
            "name": "w",
            "dataset": "synthetic",
            "units": UNITS.spec,
            "model": "tiny",
            "learner": "supervised",
            "methods": ["random"],
            "budget": {"initial": 1, "per_cycle": 1, "cycles": 1},
        }
    )

    def create(pool):
        facts = {"card": CARD, "methods": [METHODS["random"]], "data_dir": tmp_path}
        return create_experiment(tmp_path / "runs", config, pool=pool, **facts).record

    record = create(images())
    assert len(pd.read_parquet(record.path / "pool.parquet")) == 3
    assert len(record.places) == len(record.pool) == 60
    np.testing.assert_array_equal(record.pool, create(images()).pool)
    with pytest.raises(StoreError, match="begun on a pool of 60 units, the dataset now gives 80"):
        create(images(4))
