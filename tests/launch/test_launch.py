"""Processes are started, recognised, asked to stop, and never mistaken for others."""

import json
import os
import subprocess
import sys
import time

import pytest

from workbench import launch
from workbench.config import load_config, parse_config
from workbench.errors import DamagedRecordWarning, StoreError, StoreLockedError, WorkbenchError
from workbench.job import born_at
from workbench.store import schema

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
WAITS = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('stopped cleanly')))\n"
    "print('ready', flush=True)\n"
    "time.sleep(60)\n"
)


@pytest.fixture
def engine(monkeypatch):
    """Let a few lines of Python stand in for the engine."""

    def stand_in(code):
        def command(config, store, data, jobs):
            return [sys.executable, "-c", code, str(config)]

        monkeypatch.setattr(launch, "run_command", command)

    return stand_in


def wait_for(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in ten seconds")


def test_a_started_process_is_recognised_stopped_and_leaves_its_log(tmp_path, engine):
    engine(WAITS)
    job = launch.start_run(CONFIG, tmp_path / "store")
    wait_for(lambda: "ready" in job.tail())
    assert launch.is_running(tmp_path / "store", CONFIG.id)
    assert os.getsid(job.pid) == job.pid != os.getsid(0)

    assert launch.stop(tmp_path / "store", CONFIG.id)
    wait_for(lambda: not job.running)
    assert job.tail()[-1] == "stopped cleanly"
    assert not launch.stop(tmp_path / "store", CONFIG.id), "there is nothing left to stop"
    assert not job.stopping


@pytest.mark.parametrize(("code", "failed"), [(0, False), (1, True), (2, True), (143, False)])
def test_how_a_process_ended_is_known(tmp_path, engine, code, failed):
    engine(f"raise SystemExit({code})")
    job = launch.start_run(CONFIG, tmp_path)
    wait_for(lambda: job.exit_code is not None)
    assert (job.exit_code, job.failed) == (code, failed)


def test_a_second_start_is_refused_with_a_sentence(tmp_path, engine):
    engine(WAITS)
    job = launch.start_run(CONFIG, tmp_path)
    try:
        with pytest.raises(StoreLockedError, match=f"by process {job.pid}; stop that one"):
            launch.start_run(CONFIG, tmp_path)
    finally:
        wait_for(lambda: "ready" in job.tail())
        job.stop()
    wait_for(lambda: not job.running)


def test_a_process_of_someone_else_with_the_same_pid_is_never_signalled(tmp_path, engine):
    engine("pass")
    job = launch.start_run(CONFIG, tmp_path)
    wait_for(lambda: not job.running)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        record = json.loads((job.folder / "process.json").read_text())
        record["pid"] = stranger.pid
        (job.folder / "process.json").write_bytes(schema.to_bytes(record))
        assert not launch.is_running(tmp_path, CONFIG.id)
        assert not launch.stop(tmp_path, CONFIG.id)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_ended_process_that_nobody_collected_does_not_count_as_running():
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    try:
        wait_for(lambda: born_at(process.pid) == "")
    finally:
        process.wait()


def test_resume_runs_the_same_command_with_the_same_data_and_jobs(tmp_path, engine):
    engine("print('once')")
    first = launch.start_run(CONFIG, tmp_path / "s", tmp_path / "data", jobs=3)
    wait_for(lambda: not first.running)
    again = launch.resume(tmp_path / "s", CONFIG.id)
    wait_for(lambda: not again.running)
    assert again.command == first.command
    assert (again.jobs, again.data) == (3, str(tmp_path / "data"))
    assert again.tail().count("once") == 2, "the log goes on, it is not begun anew"


def test_the_config_survives_the_way_through_yaml(tmp_path, engine):
    engine("pass")
    job = launch.start_run(CONFIG, tmp_path)
    wait_for(lambda: not job.running)
    assert load_config(job.config_file) == CONFIG
    assert [job.name for job in launch.all_jobs(tmp_path)] == [CONFIG.id]


def test_an_ended_job_can_be_forgotten_a_running_one_cannot(tmp_path, engine):
    engine(WAITS)
    job = launch.start_run(CONFIG, tmp_path)
    wait_for(lambda: "ready" in job.tail())
    with pytest.raises(StoreLockedError, match="still runs"):
        launch.remove(job)
    job.stop()
    wait_for(lambda: not job.running)
    launch.remove(job)
    assert launch.all_jobs(tmp_path) == []


def test_the_real_command_is_the_command_line_anyone_can_type(tmp_path):
    command = launch.run_command(tmp_path / "e.yaml", tmp_path, tmp_path / "data", 2)
    assert command[1:5] == ["-m", "workbench", "run", str(tmp_path / "e.yaml")]
    assert command[5:] == [
        "--store",
        str(tmp_path),
        "--data",
        str(tmp_path / "data"),
        "--jobs",
        "2",
    ]


def test_a_dry_run_gives_what_the_command_prints_or_its_sentence(tmp_path, monkeypatch):
    code = "import sys; print('disk needed 3 MiB'); assert sys.argv[-1] == '--dry-run'"
    monkeypatch.setattr(launch, "run_command", lambda *_: [sys.executable, "-c", code])
    assert launch.dry_run(CONFIG, tmp_path) == "disk needed 3 MiB"
    code = "import sys; sys.exit('The dataset camvid was looked for in x, which is not there.')"
    with pytest.raises(WorkbenchError, match="which is not there"):
        launch.dry_run(CONFIG, tmp_path)


def test_a_dry_run_reads_the_store_it_is_given(tmp_path, monkeypatch):
    def shown(config, store, data, jobs):
        return [sys.executable, "-c", f"print({str(store)!r}, {str(data)!r})"]

    monkeypatch.setattr(launch, "run_command", shown)
    told = launch.dry_run(CONFIG, tmp_path / "runs", tmp_path / "data")
    assert told == f"{tmp_path / 'runs'} {tmp_path / 'data'}"
    assert not (tmp_path / "runs").exists()


def test_names_cannot_lead_out_of_the_store(tmp_path):
    with pytest.raises(StoreError, match="not the id of an experiment"):
        launch.find_job(tmp_path, "../elsewhere")


def test_a_store_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WorkbenchError):
        launch.start_run(CONFIG, tmp_path / "file")


def test_a_damaged_record_counts_as_no_record(tmp_path):
    folder = tmp_path / "launches" / "x"
    folder.mkdir(parents=True)
    (folder / "process.json").write_text("{half")
    (folder / "experiment.yaml").touch()
    with pytest.warns(DamagedRecordWarning, match=r"process\.json is not a whole record"):
        assert launch.find_job(tmp_path, "x") is None
    with pytest.warns(DamagedRecordWarning, match=r"process\.json is not a whole record"):
        assert launch.all_jobs(tmp_path) == []


def test_a_running_projection_is_not_started_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "projection_command", lambda *_: [sys.executable, "-c", WAITS])
    first = launch.start_projection(tmp_path, "e/random-s0", 0, "pca")
    try:
        wait_for(lambda: "ready" in first.tail())
        assert launch.start_projection(tmp_path, "e/random-s0", 0, "pca").pid == first.pid
    finally:
        first.stop()
    wait_for(lambda: not first.running)
