"""Tasks run in order, errors are kept apart, and workers end with their parent."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from workbench.engine import workers
from workbench.engine.stopping import stoppable
from workbench.engine.workers import InProcess, Task, executor, run_tasks


def note(link, name):
    link.emit({"event": name})


def fail(link, error):
    raise error


def never(_):
    return False


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_waits_for_its_predecessors(jobs):
    received = []
    tasks = [
        Task("a", partial(note, name="a")),
        Task("b", partial(note, name="b"), after=("a",)),
        Task("c", partial(note, name="c"), after=("b",)),
    ]
    with executor(jobs, lambda event: received.append(event["event"])) as where:
        assert run_tasks(tasks, where, never) == []
    assert received == ["a", "b", "c"]


def test_an_error_ends_what_depends_on_it_and_nothing_else():
    received = []
    tasks = [
        Task("bad", partial(fail, error=ValueError("broken"))),
        Task("after bad", partial(note, name="after bad"), after=("bad",)),
        Task("good", partial(note, name="good")),
    ]
    errors = run_tasks(tasks, InProcess(lambda event: received.append(event["event"])), never)
    assert [str(e) for e in errors] == ["broken"]
    assert received == ["good"]


def test_a_fatal_error_starts_nothing_more_and_asks_the_rest_to_stop():
    received = []
    where = InProcess(lambda event: received.append(event["event"]))
    tasks = [Task("bad", partial(fail, error=OSError("full"))), Task("b", partial(note, name="b"))]
    errors = run_tasks(tasks, where, lambda error: isinstance(error, OSError))
    assert len(errors) == 1
    assert received == []
    assert where._stop.is_set()


SCRIPT = """
import os, sys, time
from workbench.engine.workers import Task, executor, run_tasks

def linger(link):
    link.emit({"pid": os.getpid()})
    time.sleep(60)

def main():
    with executor(2, lambda event: print(event["pid"], flush=True)) as where:
        run_tasks([Task("linger", linger)], where, lambda e: True)

if __name__ == "__main__":
    main()
"""


def test_workers_die_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "lingering.py"
    script.write_text(SCRIPT)
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(100):
        if not _alive(worker):
            return
        time.sleep(0.1)
    pytest.fail(f"worker {worker} still runs ten seconds after its parent was killed")


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # a zombie waits for whoever adopted it; it runs nothing and holds no lock
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("ignored", [False, True])
def test_signals_stop_a_run_but_for_one_that_nohup_ignores(ignored):
    stopped = []
    before = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        with stoppable(SimpleNamespace(stop=lambda: stopped.append("now"))):
            os.kill(os.getpid(), signal.SIGHUP)
            assert stopped == ([] if ignored else ["now"])
            os.kill(os.getpid(), signal.SIGTERM)
            assert stopped[-1:] == ["now"]
            assert len(stopped) == (1 if ignored else 2)
        assert signal.getsignal(signal.SIGHUP) == (signal.SIG_IGN if ignored else signal.SIG_DFL)
    finally:
        signal.signal(signal.SIGHUP, before)


class Waiting:
    """Runs at most two tasks; each ends when the events are passed on."""

    slots = 2
    stopping = False

    def __init__(self):
        self.running, self.most = [], 0

    def submit(self, work):
        future = Future()
        self.running.append((future, work))
        self.most = max(self.most, len(self.running))
        return future

    def pump(self):
        while self.running:
            future, work = self.running.pop()
            work(None)
            future.set_result(None)


def test_as_many_tasks_run_as_there_are_slots():
    done, where = [], Waiting()
    tasks = [Task(name, lambda link, name=name: done.append(name)) for name in "abcd"]
    assert run_tasks(tasks, where, never) == []
    assert sorted(done) == list("abcd")
    assert where.most == 2


def test_a_worker_watches_its_parent_in_a_thread_that_keeps_no_process_alive(monkeypatch):
    threads, asked, ended, slept = [], [], [], []
    parents = iter([7, 7, 7, 1])

    def thread(target, daemon):
        threads.append((target, daemon))
        return SimpleNamespace(start=lambda: threads.append("started"))

    library = SimpleNamespace(prctl=lambda *args: asked.append(args))
    monkeypatch.setattr(workers, "ctypes", SimpleNamespace(CDLL=lambda name: library))
    monkeypatch.setattr(workers, "threading", SimpleNamespace(Thread=thread))
    monkeypatch.setattr(workers, "time", SimpleNamespace(sleep=slept.append))
    fake = SimpleNamespace(getppid=lambda: next(parents), _exit=ended.append)
    monkeypatch.setattr(workers, "os", fake)
    workers._exit_with(7)
    assert asked == [(1, signal.SIGKILL)]  # PR_SET_PDEATHSIG of sys/prctl.h
    ((watch, daemon), started) = threads
    assert (daemon, started) == (True, "started")
    watch()
    assert slept == [1, 1, 1]
    assert ended == [1]
