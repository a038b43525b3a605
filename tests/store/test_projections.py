"""Stored projections and the disk estimate."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.config import Retention
from workbench.errors import StoreError, StoreLockedError
from workbench.store import (
    Projection,
    ScanSize,
    create_store,
    estimate_bytes,
    open_store,
    projection_lock,
    write_projection,
)

keys = st.sampled_from(["umap/seed=0", "../../etc/passwd", "π\0 \n", "", "a" * 500])


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(st.tuples(keys, st.integers(0, 5)), max_size=8))
def test_random_operations_equal_a_dict(steps, tmp_path_factory):
    path = create_store(tmp_path_factory.mktemp("store"))
    wanted = {}
    for key, units in steps:
        points = np.random.default_rng(units).normal(size=(units, 2))
        wanted[key] = Projection(key, np.arange(units) * 10, points, {"seed": units})
        write_projection(path, wanted[key])
    store = open_store(path)
    for key in ["never written", *wanted]:
        found = store.projection(key)
        if key not in wanted:
            assert found is None
            continue
        assert (found.key, found.parameters) == (key, wanted[key].parameters)
        np.testing.assert_array_equal(found.unit_ids, wanted[key].unit_ids)
        np.testing.assert_array_equal(found.points, wanted[key].points)


def test_a_job_that_runs_is_known_and_not_started_twice(tmp_path):
    path = create_store(tmp_path)
    store = open_store(path)
    assert not store.projection_running("k")
    with projection_lock(path, "k"):
        assert store.projection_running("k")
        assert not store.projection_running("other")
        with pytest.raises(StoreLockedError, match="This projection is in use by process"):
            projection_lock(path, "k").acquire()


@pytest.mark.parametrize("name", ["points.parquet", "projection.json"])
def test_a_damaged_projection_is_told_and_can_be_computed_again(tmp_path, name):
    points = Projection("k", np.arange(2), np.zeros((2, 2)), {})
    write_projection(create_store(tmp_path), points)
    [file] = (tmp_path / "projections").glob(f"*/{name}")
    file.write_bytes(b"x" * 30)
    with pytest.raises(StoreError, match=rf"{name} .*; run `workbench repair`"):
        open_store(tmp_path).projection("k")
    write_projection(tmp_path, points)
    np.testing.assert_array_equal(open_store(tmp_path).projection("k").unit_ids, [0, 1])
    shutil.rmtree(tmp_path / "projections")
    assert open_store(tmp_path).projection("k") is None


SIZE = ScanSize(
    images=367,
    pixels=360 * 480,
    units=5872,
    scores=3,
    unit_scores=3,
    classes=11,
    embedding_size=1280,
    weights_bytes=20_000_000,
)


STORED = [0] * 2 + [1, 2, 3] * 6
"""Two shared cycle 0s and six runs of four cycles."""


def test_the_estimate_counts_what_is_kept():
    everything = estimate_bytes(SIZE, Retention(), STORED, cycles=4)
    assert everything["total"] == sum(v for k, v in everything.items() if k != "total")
    assert everything["weights"] == 20_000_000 * (2 + 6 * 3)
    assert everything["features"] == 0
    # 109 KiB a map was measured at this size
    assert everything["maps"] == pytest.approx(367 * 3 * (2 + 6 * 3) * 109 * 1024, rel=0.05)
    last = estimate_bytes(SIZE, Retention(maps="last", weights="none"), STORED, cycles=4)
    assert last["maps"] == pytest.approx(everything["maps"] * 6 / 20, rel=1e-6)
    assert last["weights"] == 0
    assert last["tables"] == everything["tables"]


def test_a_single_cycle_is_the_last_one():
    one = estimate_bytes(SIZE, Retention(weights="last"), [0], cycles=1)
    assert one["weights"] == 20_000_000


def test_light_cycles_cost_little_and_a_run_holds_what_it_goes_on_from():
    nothing = Retention(
        maps="none", predictions="none", features="none", weights="none", units="none",
        embeddings="none", reports="all",
    )  # fmt: skip
    size = replace(SIZE, read_size=0, goes_on=True, report_bytes=5_000_000)
    found = estimate_bytes(size, nothing, range(1102), cycles=1102, reports=2)
    row = 12 + 9 * 3 + 3 * 11
    assert found["tables"] == 5872 * row  # of cycle 0
    assert found["weights"] == 20_000_000  # of cycle 0
    assert found["state"] == 5872 * row + 20_000_000
    assert found["reports"] == 2 * 5_000_000
    assert found["records"] / 1102 < 20_000
    assert found["maps"] == found["predictions"] == 0
    read = estimate_bytes(replace(size, read_size=1280), nothing, range(1102), cycles=1102)
    assert read["tables"] - found["tables"] == read["state"] - found["state"] == 5872 * 4 * 1280
    anew = estimate_bytes(replace(size, goes_on=False), nothing, range(1102), cycles=1102)
    assert anew["state"] == 5872 * row
    assert estimate_bytes(size, Retention(units="none"), [0, 1], 2)["state"] == 5872 * row
    shared = estimate_bytes(size, nothing, [0], cycles=1102)
    assert (shared["state"], shared["reports"]) == (0, 0)
