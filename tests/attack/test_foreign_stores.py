"""A store that a stranger made: whatever is in it, no code of it runs."""

import json
import pickle
import shutil
import sys
from pathlib import Path

import numcodecs.pickles
import pytest

from workbench import launch
from workbench.errors import ModelError, StoreError
from workbench.models._weights import read_state
from workbench.store import open_store, schema


class Bomb:
    """Would prove that a pickle was read."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was read",)


@pytest.fixture
def store(shared, tmp_path) -> Path:
    return shutil.copytree(shared.sample(cycles=1, seeds=(0,)), tmp_path / "store")


def test_a_map_in_a_format_that_may_hold_pickles_is_not_read(store, monkeypatch):
    monkeypatch.setattr(numcodecs.pickles, "ALLOW_UNSAFE_PICKLE_DECODE", True, raising=False)
    shape = [12, 48, 64]
    about = {"zarr_format": 2, "shape": shape, "chunks": [1, *shape[1:]], "order": "C"}
    coded = {"dtype": "|O", "filters": [{"id": "vlen-utf8"}], "fill_value": 0}
    packed = {"compressor": {"id": "pickle", "protocol": 5}}
    for rasters in store.rglob("rasters"):
        for array in rasters.iterdir():
            shutil.rmtree(array)
            array.mkdir()
            (array / ".zarray").write_text(json.dumps({**about, **coded, **packed}))
            for number in range(shape[0]):
                (array / f"{number}.0.0").write_bytes(pickle.dumps(Bomb()))
    cycle = open_store(store).runs()[0].cycle(0)
    with pytest.raises(StoreError, match=r"rasters/0/c/0/0/0 is gone"):
        cycle.score_map("entropy", cycle.image_ids[0])


def test_a_weights_file_that_is_a_pickle_is_refused(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match=r"weights\.pth"):
        read_state(path)


def test_what_a_store_says_of_an_earlier_start_is_never_run(store, monkeypatch):
    record = open_store(store).experiments()[0]
    folder = store / "launches" / record.id
    folder.mkdir(parents=True)
    said = {"pid": 4_000_000, "born": "never", "command": ["touch", "owned"], "started": 0.0}
    process = schema.record("process", **said, jobs=1, data=None, files={})
    (folder / "process.json").write_bytes(schema.to_bytes(process))
    run = []

    def note(command, **_):
        run.append(command)
        raise OSError("nothing is started here")

    monkeypatch.setattr(launch.subprocess, "Popen", note)
    with pytest.raises(OSError, match="nothing is started"):
        launch.resume(store, record.id)
    (command,) = run
    assert command[:4] == [sys.executable, "-m", "workbench", "run"]
    assert "owned" not in command
