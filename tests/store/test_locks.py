"""Locks die with their process; a second process is refused with a sentence."""

import os
import signal
import subprocess
import sys

import pytest

from workbench.errors import StoreLockedError
from workbench.store.locks import Lock, holder_pid, is_held

HOLD = """
import sys
from pathlib import Path
from workbench.store.locks import Lock
with Lock(Path(sys.argv[1]), "Run x"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path):
    """A lock that another process holds, and that process."""
    path = tmp_path / "run.lock"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield path, process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_and_told_who_holds_it(held):
    path, process = held
    with pytest.raises(StoreLockedError, match=rf"Run x is in use by process {process.pid}; wait"):
        Lock(path, "Run x").acquire()
    assert is_held(path)
    assert holder_pid(path) == process.pid


def test_a_killed_process_leaves_no_lock(held):
    path, process = held
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not is_held(path)
    assert holder_pid(path) is None
    with Lock(path, "Run x"):
        assert holder_pid(path) == os.getpid()
    assert not is_held(path)


def test_waiting_calls_back_until_the_lock_is_free(held):
    path, process = held
    told = []

    def waiting(sentence):
        told.append(sentence)
        process.stdin.close()

    lock = Lock(path, "Run x")
    lock.acquire(waiting)
    lock.release()
    assert told
    assert f"process {process.pid}; waiting" in told[0]


def test_the_same_process_cannot_take_a_lock_twice(tmp_path):
    with Lock(tmp_path / "a.lock", "Run x"), pytest.raises(StoreLockedError):
        Lock(tmp_path / "a.lock", "Run x").acquire()


def test_asking_neither_creates_nor_disturbs(tmp_path):
    path = tmp_path / "a.lock"
    assert not is_held(path)
    assert list(tmp_path.iterdir()) == []
    path.touch()
    assert not is_held(path)
    with Lock(path, "Run x"):
        assert is_held(path)
