"""Per-image arrays: any id, any size, many shards, errors of the background thread."""

import errno

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import NotStoredError, ScoreError, StoreError
from workbench.store import files, rasters
from workbench.store.arrays import read_table
from workbench.store.fields import FileFacts
from workbench.store.rasters import SHARD, Raster, RasterReader, RasterWriter
from workbench.store.sealed import SealedFolder

ids = st.text(min_size=1, max_size=12)
sizes = st.tuples(st.integers(1, 6), st.integers(1, 6))


def sealed(folder):
    listed = {name: FileFacts(**facts) for name, facts in files.seal_tree(folder).items()}
    return SealedFolder(folder, listed, folder / "cycle.json")


@settings(max_examples=12, deadline=None)
@given(images=st.dictionaries(ids, sizes, min_size=1, max_size=8), seed=st.integers(0, 99))
def test_random_images_equal_a_dict(images, seed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rasters")
    rng = np.random.default_rng(seed)
    wanted = {}
    writer = RasterWriter(folder)
    for image_id, size in images.items():
        wanted["prediction", "", image_id] = rng.integers(0, 9, size).astype(np.uint8)
        wanted["features", "", image_id] = rng.random((2, 3, size[0])).astype(np.float16)
    for (kind, name, image_id), values in wanted.items():
        writer.add(Raster(kind, name, image_id, values))
    writer.finish()
    reader = RasterReader(sealed(folder))
    assert reader.image_ids("prediction") == sorted(images)
    for (kind, name, image_id), values in wanted.items():
        found, _, _ = reader.read(kind, name, image_id, "missing")
        assert found.dtype == values.dtype
        np.testing.assert_array_equal(found, values)


def test_more_images_than_a_shard_holds(tmp_path):
    writer = RasterWriter(tmp_path)
    count = 2 * SHARD + 3
    for number in range(count):
        writer.add(Raster("prediction", "", str(number), np.full((2, 2), number, np.uint8)))
    writer.finish()
    reader = RasterReader(sealed(tmp_path))
    for number in (0, SHARD - 1, SHARD, 2 * SHARD, count - 1):
        assert (reader.read("prediction", "", str(number), "")[0] == number).all()
    chunks = [p for p in (tmp_path / "rasters").rglob("*") if p.is_file() and p.name[0].isdigit()]
    assert len(chunks) == 3


def test_each_image_has_the_next_row_of_its_array(tmp_path, monkeypatch):
    monkeypatch.setattr(rasters, "SHARD", 2)
    writer = RasterWriter(tmp_path)
    for number in range(3):
        writer.add(Raster("prediction", "", f"p{number}", np.zeros((2, 3), np.uint8)))
        writer.add(Raster("map", "margin", f"m{number}", np.full((2, 3), number / 4, np.float32)))
    writer.add(Raster("prediction", "", "wide", np.zeros((2, 5), np.uint8)))
    writer.finish()
    table = read_table(tmp_path / "rasters.parquet").set_index("image_id")
    assert table.loc[["p0", "p1", "p2"], ["array", "row"]].values.tolist() == [
        [0, 0],
        [0, 1],
        [0, 2],
    ]
    assert table.loc[["m0", "m1", "m2"], ["array", "row"]].values.tolist() == [
        [1, 0],
        [1, 1],
        [1, 2],
    ]
    assert table.loc["wide", ["array", "row"]].tolist() == [2, 0]
    assert table.loc[["p1", "m1"], ["low", "high"]].values.tolist() == [[0, 0], [0.25, 0.25]]
    shapes = [zarr.open_array(tmp_path / f"rasters/{n}", mode="r").shape for n in range(3)]
    assert shapes == [(3, 2, 3), (3, 2, 3), (1, 2, 5)]


def test_a_writer_that_is_finished_takes_nothing_more(tmp_path):
    writer = RasterWriter(tmp_path)
    writer.finish()
    assert list(tmp_path.iterdir()) == [], "no table without rasters"
    with pytest.raises(StoreError, match="are finished"):
        writer.add(Raster("prediction", "", "a", np.zeros((2, 2), np.uint8)))
    writer.discard()


def test_what_is_discarded_is_not_written(tmp_path):
    writer = RasterWriter(tmp_path)
    writer.discard()
    with pytest.raises(StoreError, match="was discarded"):
        writer.finish()


def test_a_map_that_is_not_finite_is_told_with_its_image(tmp_path):
    writer = RasterWriter(tmp_path)
    writer.add(Raster("map", "entropy", "street/7", np.full((2, 2), np.nan, np.float32)))
    with pytest.raises(ScoreError, match="entropy map of image 'street/7'"):
        writer.finish()


def test_a_full_disk_surfaces_while_adding_and_never_blocks(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("zarr.storage._local._put", full)
    writer = RasterWriter(tmp_path)

    def add_many():
        for number in range(10 * SHARD):
            writer.add(Raster("prediction", "", str(number), np.zeros((4, 4), np.uint8)))

    with pytest.raises(StoreError, match="no room"):
        add_many()
    with pytest.raises(StoreError, match="no room"):
        writer.finish()


def test_what_was_not_kept_is_said(tmp_path):
    writer = RasterWriter(tmp_path)
    writer.finish()
    with pytest.raises(NotStoredError, match="no such map"):
        RasterReader(sealed(tmp_path)).read("map", "entropy", "a", "There is no such map")
