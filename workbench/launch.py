"""Starts, stops and resumes experiments in separate processes, for dashboard, widgets and CLI.

A started process leads a process session of its own, so it outlives the browser, the page and the
program that started it. ``<store>/launches/<name>/`` holds its log, its pid and the moment it
started: the system may reuse a pid, and a signal is sent only to a process that is recorded here
and started at that moment. On SIGTERM an engine ends within 5 seconds; its runs are then stopped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from workbench import yaml_text
from workbench.config import ExperimentConfig, load_config
from workbench.errors import StoreError, StoreLockedError, WorkbenchError, quoted
from workbench.job import CONFIG, EXIT, LOG, STOP, Job, born_at
from workbench.reading import resolved
from workbench.store import contents, damage, files, layout, open_store, schema
from workbench.store.sealed import SealedFolder
from workbench.store.writer import create_store

_NAME = re.compile(r"(?!\.)[A-Za-z0-9_.+@-]{1,255}")
DRY_RUN_SECONDS = 300
"""Seconds after which a dry run is given up."""


def run_command(config: Path, store: Path, data: Path | None, jobs: int) -> list[str]:
    """Return the command line that runs or resumes an experiment in the foreground."""
    command = [sys.executable, "-m", "workbench", "run", str(config), "--store", str(store)]
    if data is not None:
        command += ["--data", str(data)]
    return [*command, "--jobs", str(jobs)]


def projection_command(store: Path, run_id: str, cycle: int, method: str, seed: int) -> list[str]:
    """Return the command line that computes a projection and caches it in the store."""
    where = [str(store), run_id, str(cycle), method]
    return [sys.executable, "-m", "workbench.projection", *where, "--seed", str(seed)]


def start_run(
    config: ExperimentConfig, store: Path, data: Path | None = None, jobs: int = 1
) -> Job:
    """Start or resume an experiment in a process of its own.

    Args:
        config: as completed by ``workbench.engine.plan.resolve``, so that its id is the id of the
            experiment.
        store: the run store; created if it does not exist.
        data: folder of the datasets; ``None``: the default of the engine.
        jobs: runs side by side.

    Raises:
        StoreLockedError: if a process started by this module runs it already.
        StoreError: if the store cannot be written.
    """
    existing = find_job(store, config.id)
    if existing is not None and existing.running:
        raise StoreLockedError(
            f"Experiment {config.id} is being run by process {existing.pid}; stop that one first, "
            "or wait until it ends."
        )
    folder = _make_folder(store, config.id)
    file = folder / CONFIG
    _write(file, yaml_text.dump(config.plain()))
    where = None if data is None else resolved(data)
    return _start(folder, run_command(file, resolved(store), where, jobs), jobs=jobs, data=where)


def dry_run(config: ExperimentConfig, store: Path, data: Path | None = None) -> str:
    """Return what the rest of an experiment would cost, as ``workbench run --dry-run`` prints it.

    Another process reads data and network, because this one loads no torch.

    Args:
        config: as in :func:`start_run`.
        store: the run store; what it holds of the experiment costs nothing. It need not exist, and
            nothing is written there.
        data: folder of the datasets; the engine's default if not given.

    Raises:
        WorkbenchError: with the message of the error that the experiment would raise at its start.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / CONFIG
        _write(file, yaml_text.dump(config.plain()))
        command = [*run_command(file, store, data, 1), "--dry-run"]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=DRY_RUN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise WorkbenchError(
                f"The dry run did not end within {DRY_RUN_SECONDS} seconds and was given up; run "
                "`workbench run --dry-run` in a terminal."
            ) from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [
            f"The dry run ended with exit code {done.returncode} and no message; run `workbench "
            "run --dry-run` in a terminal."
        ]
        raise WorkbenchError(lines[-1])
    return done.stdout.strip()


def resume(
    store: Path, experiment_id: str, data: Path | None = None, jobs: int | None = None
) -> Job:
    """Resume an experiment with the command that started it.

    Args:
        store: the run store.
        experiment_id: the id of an experiment in the store, or of one that was started by this
            module and ended before it was written to the store.
        data: folder of the datasets; ``None``: the folder of the last process.
        jobs: runs side by side; ``None``: as many as in the last process.

    Raises:
        StoreError: if there is no such experiment.
        StoreLockedError: if a process started by this module runs it already.
    """
    file = _config_of(_folder(store, experiment_id))
    config = load_config(file) if file else open_store(store).experiment(experiment_id).config
    last = find_job(store, experiment_id)
    if data is None and last is not None and last.data is not None:
        data = Path(last.data)
    return start_run(config, store, data, jobs or (last.jobs if last else 1))


def _config_of(folder: Path) -> Path | None:
    """Return the file that the last process of a folder was started with, if it had one.

    Raises:
        StoreError: if the process's record or the file is damaged.
    """
    path = folder / layout.PROCESS
    try:
        record = contents.read(path, contents.Process)
    except FileNotFoundError:
        return None
    sealed = SealedFolder(folder, record.files, path)
    return sealed.path(CONFIG) if sealed.holds(CONFIG) else None


def stop(store: Path, experiment_id: str) -> bool:
    """Request that the process of an experiment stops at its next step.

    Returns:
        Whether a process started by this module was running.
    """
    job = find_job(store, experiment_id)
    return job is not None and job.stop()


def is_running(store: Path, experiment_id: str) -> bool:
    """Return whether a process started by this module runs an experiment."""
    job = find_job(store, experiment_id)
    return job is not None and job.running


def find_job(store: Path, name: str) -> Job | None:
    """Return the process that was last started under a name, running or not.

    One whose record is damaged is left out with a warning.
    """
    folder = _folder(store, name)
    if not os.path.isdir(folder):  # noqa: PTH112 - never raises
        return None
    try:
        record = contents.read(folder / layout.PROCESS, contents.Process)
    except FileNotFoundError:
        return None
    except StoreError as error:
        damage.warn(error)
        return None
    return Job(
        name=name,
        folder=folder,
        pid=record.pid,
        born=record.born,
        command=tuple(record.command),
        started=record.started,
        jobs=record.jobs,
        data=record.data,
    )


def all_jobs(store: Path) -> list[Job]:
    """Return the last process of every experiment, the latest first."""
    names = sorted(file.parent.name for file in layout.launches(store).glob(f"*/{CONFIG}"))
    found = [find_job(store, name) for name in names if _NAME.fullmatch(name)]
    return sorted((job for job in found if job), key=lambda job: job.started, reverse=True)


def remove(job: Job) -> None:
    """Remove the log and record of a process that has ended; its results stay in the store.

    Raises:
        StoreLockedError: if the process still runs.
    """
    if job.running:
        raise StoreLockedError(f"Process {job.pid} still runs; stop it before its log is removed.")
    shutil.rmtree(job.folder, ignore_errors=True)


def projection_name(run_id: str, cycle: int, method: str, seed: int) -> str:
    """Return the name of the job that computes one projection."""
    return "projection-" + re.sub(r"[^A-Za-z0-9_.+@-]", "_", f"{run_id}-c{cycle}-{method}-{seed}")


def start_projection(store: Path, run_id: str, cycle: int, method: str, seed: int = 0) -> Job:
    """Compute a projection in a process of its own; return a running job of it if there is one."""
    name = projection_name(run_id, cycle, method, seed)
    job = find_job(store, name)
    if job is not None and job.running:
        return job
    folder = _make_folder(store, name)
    return _start(folder, projection_command(resolved(store), run_id, cycle, method, seed))


def _folder(store: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise StoreError(
            f"{quoted(name)} is not the id of an experiment; `workbench list` shows them."
        )
    return layout.launches(store) / name


def _make_folder(store: Path, name: str) -> Path:
    folder = _folder(create_store(store), name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / STOP).unlink(missing_ok=True)
        (folder / EXIT).unlink(missing_ok=True)
        if (folder / LOG).is_symlink():  # nothing outside the store is written
            (folder / LOG).unlink()
        (folder / LOG).open("ab").close()
    except OSError as error:
        raise StoreError(
            f"The store {store} cannot be written ({error.strerror}); choose another with --store."
        ) from None
    return folder


def _start(folder: Path, command: Sequence[str], *, jobs: int = 1, data: Path | None = None) -> Job:
    line = " ".join(command)
    with (folder / LOG).open("ab") as log:
        log.write(f"$ {line}\n".encode())
        log.flush()
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    config = folder / CONFIG
    record = schema.record(
        "process",
        pid=process.pid,
        born=born_at(process.pid),
        command=list(command),
        started=time.time(),
        jobs=jobs,
        data=None if data is None else str(data),
        files={config.name: files.sealed(config)} if config.exists() else {},
    )
    files.write_bytes(folder / layout.PROCESS, schema.to_bytes(record))
    threading.Thread(target=_collect, args=(process, folder), daemon=True).start()
    job = find_job(folder.parent.parent, folder.name)
    if job is None:
        raise StoreError(f"The record of process {process.pid} in {folder} cannot be read back.")
    return job


def _collect(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for a process, so that it does not stay a zombie, and write its exit code."""
    code = process.wait()
    with suppress(OSError):  # the folder may have been removed, or the disk be full
        _write(folder / EXIT, str(code))


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
