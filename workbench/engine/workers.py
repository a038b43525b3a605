"""Runs tasks side by side: in this process, or in worker processes that end with it.

A task is a picklable function of one argument, a :class:`Link`, through which it emits events and
checks whether to stop. Workers are spawned, never forked: torch and its threads do not survive a
fork.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty
from typing import Any, Protocol

from workbench.engine.events import Event, OnEvent, stopped
from workbench.errors import StoppedError

PARENT_CHECK_SECONDS = 1.0
GRACE_SECONDS = 2.0
"""Time from a stop until worker processes that still run are ended."""

_SIGNALS = {
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
}
_PR_SET_PDEATHSIG = 1


@dataclass
class Link:
    """Connects a task to the process that started it.

    Attributes:
        emit: sends an event to that process.
        stopping: returns whether that process requested a stop.
    """

    emit: OnEvent
    stopping: Callable[[], bool]


@dataclass(frozen=True)
class Task:
    """A piece of work that starts once other tasks have succeeded.

    Attributes:
        name: unique in its experiment.
        work: called with a :class:`Link`; picklable.
        after: names of the tasks that must have succeeded before.
    """

    name: str
    work: Callable[[Link], None]
    after: tuple[str, ...] = ()


class Executor(Protocol):
    """Where tasks run."""

    slots: int

    def submit(self, work: Callable[[Link], None]) -> Future[None]:
        """Start a task and return its future, which holds the error that the task raised."""

    def pump(self) -> None:
        """Pass on the events that have arrived."""

    def stop(self) -> None:
        """Request that every task stops at its next step; those that do not in time are ended."""

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested."""


@dataclass
class InProcess:
    """Runs each task at once, in the calling process and thread."""

    on_event: OnEvent
    slots: int = 1
    _stop: threading.Event = field(default_factory=threading.Event)

    def submit(self, work: Callable[[Link], None]) -> Future[None]:
        """Run a task to its end; the future is done when this returns."""
        future: Future[None] = Future()
        try:
            work(Link(self.on_event, self._stop.is_set))
            future.set_result(None)
        except Exception as error:
            future.set_exception(error)
        return future

    def pump(self) -> None:
        """Do nothing: every event was passed on when it was emitted."""

    def stop(self) -> None:
        """Request that the running task stops at its next step."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested."""
        return self._stop.is_set()


class WorkerProcesses:
    """Runs tasks in spawned processes; each process runs one task after another.

    Args:
        slots: number of processes.
        on_event: receives the events of the workers, in the calling process.
    """

    def __init__(self, slots: int, on_event: OnEvent) -> None:
        context = multiprocessing.get_context("spawn")
        self.slots = slots
        self._on_event = on_event
        self._events = context.Queue()
        self._stop = context.Event()
        self._deadline: float | None = None
        self._pool = ProcessPoolExecutor(
            slots, context, _set_up_worker, (self._events, self._stop, os.getpid())
        )

    def submit(self, work: Callable[[Link], None]) -> Future[None]:
        """Queue a task for the next free process."""
        with _held_back():  # a process may be started, and Ctrl-C reaches it before it is set up
            return self._pool.submit(_in_worker, work)

    def pump(self) -> None:
        """Pass on every event that has arrived; end workers that do not stop in time."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            self._kill()
        while True:
            try:
                event = self._events.get_nowait()
            except Empty:
                return
            self._on_event(event)

    def stop(self) -> None:
        """Request that every task stops at its next step; after ``GRACE_SECONDS`` end them."""
        if self._deadline is None:
            self._deadline = time.monotonic() + GRACE_SECONDS
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested."""
        return self._deadline is not None

    def close(self) -> None:
        """Wait for the running tasks, then end the processes."""
        if self.stopping:  # what they still do is waited for no longer
            self._kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.pump()
        self._events.close()

    def _kill(self) -> None:
        # the pool has no method for it before Python 3.14
        for process in list((self._pool._processes or {}).values()):
            process.kill()


_worker: tuple[Any, Any] | None = None


def _set_up_worker(events: Any, stop: Any, parent: int) -> None:
    """Set up a new worker process: it ends with its parent and leaves signals to the parent."""
    global _worker  # noqa: PLW0603 - set once per worker process
    _worker = (events, stop)
    for signum in _SIGNALS - {signal.SIGTERM}:
        signal.signal(signum, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    _exit_with(parent)


@contextmanager
def _held_back() -> Iterator[None]:
    """Start processes that receive no signal until they are set up; this one receives them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _exit_with(parent: int) -> None:
    """End this process when its parent ends, for any reason, so that its locks are released."""
    with contextlib.suppress(OSError, AttributeError):  # at once, where the kernel can do it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:  # elsewhere, and for a parent that ended before the line above
        while os.getppid() == parent:
            time.sleep(PARENT_CHECK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _in_worker(work: Callable[[Link], None]) -> None:
    if _worker is None:
        raise RuntimeError("a task was sent to a process that is not a worker")
    events, stop = _worker
    work(Link(events.put, stop.is_set))


@contextmanager
def executor(jobs: int, on_event: OnEvent) -> Iterator[Executor]:
    """Open an executor: in this process for one job, in worker processes for more."""
    if jobs == 1:
        yield InProcess(on_event)
        return
    workers = WorkerProcesses(jobs, on_event)
    try:
        yield workers
    finally:
        workers.close()


def run_tasks(
    tasks: list[Task], where: Executor, is_fatal: Callable[[BaseException], bool]
) -> list[BaseException]:
    """Run tasks in their order as slots and predecessors allow.

    Args:
        tasks: predecessors before their successors.
        where: the executor.
        is_fatal: returns whether an error ends the whole experiment; any other error ends only the
            tasks that depend on the failed one.

    Returns:
        The errors, in the order in which the tasks ended; a StoppedError among them if a stop was
        requested before the last one ended.
    """
    waiting, done = list(tasks), set[str]()
    running: dict[Future[None], Task] = {}
    errors: list[BaseException] = []
    asked = fatal = False  # whether somebody asked for a stop; whether nothing more starts
    while waiting or running:
        if where.stopping and not fatal:
            asked = fatal = True
        ready = [] if fatal else [t for t in waiting if done.issuperset(t.after)]
        for task in ready[: where.slots - len(running)]:
            waiting.remove(task)
            running[where.submit(task.work)] = task
        if not running:
            break  # nothing runs and nothing can start: predecessors failed
        finished, _ = wait(running, timeout=0.1, return_when=FIRST_COMPLETED)
        where.pump()
        for future in finished:
            task = running.pop(future)
            error = future.exception()
            if error is None:
                done.add(task.name)
                continue
            errors.append(stopped() if asked and isinstance(error, BrokenProcessPool) else error)
            if is_fatal(error) or isinstance(error, BrokenProcessPool):
                fatal = True
                where.stop()
    if asked and not any(isinstance(error, StoppedError) for error in errors):
        errors.append(stopped())
    return errors


__all__ = ["Event", "Executor", "Link", "Task", "executor", "run_tasks"]
