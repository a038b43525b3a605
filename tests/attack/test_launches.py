"""Records of started processes that are damaged break no page and signal nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench import launch
from workbench.config import parse_config
from workbench.errors import StoreError, WorkbenchError
from workbench.job import Job
from workbench.store import schema
from workbench.store.writer import create_store

CONFIG = parse_config(
    {
        "name": "tiny",
        "dataset": "synthetic",
        "model": "tiny",
        "learner": "supervised",
        "methods": ["random"],
        "budget": {"initial": 1, "per_cycle": 1, "cycles": 2},
    }
)
SOUND = {
    "pid": 2**30,
    "born": "boot 1",
    "command": ["workbench", "run"],
    "started": 1.0,
    "jobs": 1,
    "data": None,
}
WRONG = {
    "pid": ["1", 0, -1, 1, True, 2.5, 2**63, None, [1]],
    "born": [None, 7, ["x"]],
    "command": ["workbench run", [1, 2], None, {"a": 1}],
    "started": ["now", None, [1.0]],
    "jobs": ["2", 0, -1, None, 1.5],
    "data": [1, ["x"], {}],
}


def record_of(values: dict[str, object]) -> bytes:
    """Return a record with a digest that fits."""
    return schema.to_bytes(schema.record("process", **values, files={}))


def folder_of(store: Path, name: str = "tiny-1") -> Path:
    folder = store / "launches" / name
    folder.mkdir(parents=True)
    (folder / "experiment.yaml").write_text("name: tiny\n")
    return folder


def looked_at(store: Path, name: str = "tiny-1") -> Job | None:
    """Do all that a page does with a job."""
    job = launch.find_job(store, name)
    assert launch.all_jobs(store) == ([] if job is None else [job])
    assert not launch.is_running(store, name)
    assert not launch.stop(store, name)
    if job is not None:
        assert not job.stopping
        assert not job.failed
        assert job.tail() == []
    return job


def test_a_sound_record_is_read(tmp_path: Path) -> None:
    (folder_of(tmp_path) / "process.json").write_bytes(record_of(SOUND))
    job = looked_at(tmp_path)
    assert job is not None
    assert (job.pid, job.command, job.jobs) == (2**30, ("workbench", "run"), 1)


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, values in WRONG.items() for v in values])
def test_a_record_of_another_type_counts_as_none(tmp_path: Path, key: str, value: object) -> None:
    (folder_of(tmp_path) / "process.json").write_bytes(record_of(SOUND | {key: value}))
    assert looked_at(tmp_path) is None


@pytest.mark.parametrize("key", SOUND)
def test_a_record_that_lacks_a_value_breaks_nothing(tmp_path: Path, key: str) -> None:
    rest = {name: value for name, value in SOUND.items() if name != key}
    (folder_of(tmp_path) / "process.json").write_bytes(record_of(rest))
    looked_at(tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"pid": NaN}',
        json.dumps(SOUND).replace("1.0", "1e999").encode(),
        b"[" * 50_000,
        b'{"pid": ' + b"9" * 6000 + b"}",
        b" " * 200_000,
    ],
)
def test_a_record_that_is_no_record_counts_as_none(tmp_path: Path, data: bytes) -> None:
    (folder_of(tmp_path) / "process.json").write_bytes(data)
    assert looked_at(tmp_path) is None


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path)])
@pytest.mark.parametrize("file", ["process.json", "log.txt", "exit-code", "stop-requested"])
def test_something_else_in_the_place_of_a_file_is_no_trap(tmp_path: Path, file: str, make) -> None:
    folder = folder_of(tmp_path)
    if file != "process.json":
        (folder / "process.json").write_bytes(record_of(SOUND))
    make(folder / file)
    assert (looked_at(tmp_path) is None) == (file == "process.json")


@pytest.mark.parametrize("name", ["a b", ".hidden", "a" * 255, "ümlaut", "new\nline"])
def test_a_folder_of_any_name_breaks_no_list(tmp_path: Path, name: str) -> None:
    folder_of(tmp_path, name)
    assert launch.all_jobs(tmp_path) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a" * 256, "\udc80", "a\n"])
def test_a_name_that_is_none_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="workbench list") as caught:
        launch.find_job(tmp_path, name)
    assert len(str(caught.value)) <= 300
    assert str(caught.value).isprintable()


def test_another_process_under_the_recorded_number_is_not_signalled(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        try:
            folder = folder_of(tmp_path)
            for born in ("", "boot 1"):
                record = SOUND | {"pid": stranger.pid, "born": born}
                (folder / "process.json").write_text(json.dumps(record))
                looked_at(tmp_path)
            time.sleep(0.1)
            assert stranger.poll() is None
        finally:
            stranger.send_signal(signal.SIGKILL)


def test_a_dry_run_that_takes_too_long_is_told(tmp_path: Path, monkeypatch) -> None:
    def slow(*_: object) -> list[str]:
        return ["sleep", "60"]

    monkeypatch.setattr(launch, "run_command", slow)
    monkeypatch.setattr(launch, "DRY_RUN_SECONDS", 0.2)
    monkeypatch.setattr(launch.subprocess, "run", _without_option(subprocess.run))
    with pytest.raises(WorkbenchError, match="did not end within"):
        launch.dry_run(CONFIG, tmp_path)


def _without_option(run):
    return lambda command, **more: run(command[:-1], **more)


def test_a_log_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    store = create_store(tmp_path / "store")
    (store / "launches" / CONFIG.id / "log.txt").mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be written"):
        launch.start_run(CONFIG, store)
