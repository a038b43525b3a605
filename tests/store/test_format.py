"""Versions, and what a store can never do: run code, or load torch."""

import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from workbench.errors import StoreError, StoreVersionError
from workbench.store import create_store, layout, open_store

GOLDEN = Path(__file__).with_name("version_1.zip")


@pytest.fixture
def copy(sample_path, tmp_path):
    return shutil.copytree(sample_path, tmp_path / "store")


def touch_everything(path):
    store = open_store(path)
    for run in store.runs():
        assert run.status
        for cycle in run.cycles:
            assert all(map(len, (cycle.units, cycle.embeddings)))
            assert cycle.metrics
            assert cycle.selection is not None
            for image_id in cycle.image_ids:
                cycle.score_map("entropy", image_id)
                cycle.prediction(image_id)


def records(path):
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*.json") if p.name[0] != ".")


def test_every_record_has_a_version_and_a_kind(sample_path):
    names = [name for name in records(sample_path) if not name.endswith("zarr.json")]
    assert len(names) > 20
    for name in names:
        values = json.loads((sample_path / name).read_bytes())
        assert values["schema"] == 1
        assert values["kind"] in {"store", "experiment", "run", "status", "cycle"}


@pytest.mark.parametrize("name", ["store", "experiment", "status", "cycle"])
def test_a_newer_store_is_refused_with_what_to_do(copy, name):
    for path in copy.rglob(f"{name}.json"):
        values = json.loads(path.read_bytes())
        path.write_text(json.dumps({**values, "schema": 2, "unheard": "of"}))
    with pytest.raises(StoreVersionError, match=r"store format 2, .* reads up to 1; upgrade it"):
        touch_everything(copy)


@pytest.mark.parametrize("name", ["store.json", "experiment.json", "cycle.json"])
def test_a_damaged_record_is_told_with_its_path(copy, name):
    path = sorted(copy.rglob(name))[0]
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StoreError, match=name):
        touch_everything(copy)


@pytest.mark.parametrize("name", ["units.parquet", "embeddings.npy", "rasters.parquet"])
def test_a_damaged_table_is_told_with_its_path(copy, name):
    for path in copy.rglob(name):
        path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StoreError, match=f"{name} cannot be read"):
        touch_everything(copy)


def test_a_damaged_map_is_told(copy):
    for path in copy.rglob("rasters/0/c/0/0/0"):
        path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StoreError, match=r"A stored map of image 'seq00_000' .* cannot be read"):
        touch_everything(copy)


class Bomb:
    """Would prove that a pickle was read."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was read",)


def test_no_pickle_is_ever_read(copy):
    for path in copy.rglob("embeddings.npy"):
        path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(StoreError, match=r"embeddings\.npy cannot be read"):
        touch_everything(copy)
    for path in copy.rglob("embeddings.npy"):
        np.save(path, np.array([Bomb()], object), allow_pickle=True)
    with pytest.raises(StoreError, match=r"embeddings\.npy cannot be read"):
        touch_everything(copy)


def test_a_store_of_version_1_stays_readable(tmp_path):
    """Written by the first release; made with ``python -m tests.store.golden``."""
    with zipfile.ZipFile(GOLDEN) as archive:
        archive.extractall(tmp_path)
    touch_everything(tmp_path)
    store = open_store(tmp_path)
    assert [run.status.state for run in store.runs()] == ["done"]
    cycle = store.runs()[0].cycle(1)
    assert cycle.labelled.tolist() == [10_000_000, 10_000_001, 0, 1]
    assert cycle.metrics.confusion.sum() == 23500
    assert cycle.metrics.labelled_classes is None, "this version did not keep them"
    assert cycle.score_map("entropy", "seq00_002").shape == (12, 16)
    assert len(store.metrics()) == 2
    assert len(store.runs()[0].events()) == 2


def test_reading_loads_no_torch_and_opening_little():
    code = (
        "import sys, workbench as wb\n"
        "assert not {'pandas', 'zarr', 'pyarrow', 'torch'} & set(sys.modules)\n"
        "import workbench.store.reader, workbench.store.cycle, workbench.store.writer\n"
        "assert not {'zarr', 'torch'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_short_name_opens_a_store(sample_path):
    assert wb.open_store(sample_path).experiments()[0].name == "sample"
    assert wb.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        wb.nonsense  # noqa: B018


def test_a_store_that_is_made_between_two_looks_opens(tmp_path, monkeypatch):
    """A reader that polls finds no record yet, then a folder that is not empty any more."""
    plain, made = layout.is_fresh, create_store(tmp_path / "elsewhere")
    tmp_path = tmp_path / "store"
    tmp_path.mkdir()

    def made_meanwhile(path):
        shutil.copy(made / layout.STORE, path)
        (path / "experiments").mkdir()
        return plain(path)

    monkeypatch.setattr(layout, "is_fresh", made_meanwhile)
    tmp_path.joinpath(".aside-x").touch()
    assert wb.open_store(tmp_path).experiments() == []


def test_a_file_that_is_renamed_between_two_looks_makes_no_folder_foreign(tmp_path, monkeypatch):
    gone = tmp_path / ".aside-store.holder.json-0123456789ab"
    monkeypatch.setattr(type(tmp_path), "iterdir", lambda _: iter([gone]))
    assert layout.is_fresh(tmp_path)


def test_whatif_is_a_function():
    import workbench.what_if  # noqa: F401 - its package has a name of its own

    assert callable(wb.whatif)
