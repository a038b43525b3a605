"""A store that a stranger made: whatever is in it, no code of it runs."""

import json
import os
import pickle
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import numcodecs.pickles
import pytest

from workbench import launch
from workbench.errors import ModelError, StoreError
from workbench.models._weights import read_state
from workbench.store import locks, open_experiment, open_store, schema


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


@pytest.mark.parametrize("name", ["events.jsonl", "status.json", "run.json"])
def test_a_run_that_goes_on_writes_through_no_link(store, tmp_path, name):
    """A log is cut after its last whole line; that must not be somebody's own file."""
    mine = tmp_path / "mine.txt"
    mine.write_text("one line without an end")
    record = open_store(store).experiments()[0]
    run = record.runs()[0]
    (run.path / name).unlink()
    (run.path / name).symlink_to(mine)
    with suppress(StoreError), open_experiment(store, record.id).run(run.method, run.seed) as going:
        going.event({"event": "resumed"})
        going.progress(0, "train")
    assert mine.read_text() == "one line without an end"


def test_the_log_of_a_start_is_written_through_no_link(store, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    folder = launch._make_folder(store, "one")
    (folder / "log.txt").unlink()
    (folder / "log.txt").symlink_to(mine)
    launch._start(launch._make_folder(store, "one"), [sys.executable, "-c", "print(1)"])
    assert mine.read_text() == "mine"


def test_a_lock_that_is_a_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "run.lock")
    assert not locks.is_held(tmp_path / "run.lock")
