"""The pool of an experiment on disk: its table, and unit maps that follow images."""

import numpy as np
import pandas as pd
import pytest

from tests.pool.conftest import TinyDataset
from tests.store.sample import CARD, METHODS
from workbench.config import parse_config
from workbench.errors import StoreError
from workbench.geometry import Images, divide, list_units
from workbench.store import create_experiment, open_store
from workbench.units import UNITS
from workbench.units.superpixel import Superpixels

SPECS = ["grid:2x3", "crop:5x7", "superpixel:4", "window:4x6,stride=2"]


def create(path, units, pool, name="runs"):
    config = parse_config(
        {
            "name": "pools",
            "dataset": "synthetic",
            "units": units,
            "model": "tiny",
            "learner": "supervised",
            "methods": ["random"],
            "budget": {"initial": 1, "per_cycle": 1, "cycles": 1},
        }
    )
    facts = {"card": CARD, "methods": [METHODS["random"]], "data_dir": path}
    return create_experiment(path / name, config, pool=pool, **facts).record


@pytest.mark.parametrize("units", SPECS)
def test_a_store_gives_the_same_pool_and_divides_no_image(tmp_path, units, monkeypatch):
    pool = list_units(TinyDataset(), UNITS.bind(units).call())
    create(tmp_path, units, pool)
    monkeypatch.setattr(Superpixels, "layout", None)
    (record,) = open_store(tmp_path / "runs").experiments()
    assert (record.path / "unit_maps.npz").exists() == (pool.unit_maps is not None)
    pd.testing.assert_frame_equal(record.pool, pool.places(pool.unit_ids))
    for number in range(6):
        one, other = record.geometry.layout(number), pool.layout(number)
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.pixels(one.local[1:]), other.pixels(one.local[1:]))


def test_damaged_unit_maps_are_named_and_never_read_as_others(tmp_path):
    pool = list_units(TinyDataset(), UNITS.bind("superpixel:4").call())
    record = create(tmp_path, "superpixel:4", pool)
    path = record.path / "unit_maps.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))

    def read_all():
        geometry = open_store(tmp_path / "runs").experiments()[0].geometry
        for number in range(6):
            geometry.layout(number)
            geometry.check_image(number, TinyDataset().image("train", f"im{number}"))

    with pytest.raises(StoreError, match=r"unit_maps\.npz has other content"):
        read_all()


def test_windows_are_not_listed_in_a_store_and_another_pool_is_refused(tmp_path):
    units = "window:8x10,stride=4"

    def pool(images):
        names = [f"im{i}" for i in range(images)]
        return divide(Images.make(names, [(18, 25)] * images), UNITS.bind(units).call())

    record = create(tmp_path, units, pool(3))
    assert len(pd.read_parquet(record.path / "pool.parquet")) == 3
    assert len(record.geometry) == len(record.pool) == 60
    np.testing.assert_array_equal(record.pool, create(tmp_path, units, pool(3)).pool)
    with pytest.raises(StoreError, match="begun on a pool of 60 units, the dataset now gives 80"):
        create(tmp_path, units, pool(4))
