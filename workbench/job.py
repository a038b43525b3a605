"""A process that this package started: its log, its exit code, and the way to stop it."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import StoreError
from workbench.reading import open_regular, read_bytes

LOG = "log.txt"
CONFIG = "experiment.yaml"
STOP = "stop-requested"
EXIT = "exit-code"
_STOPPED = (129, 130, 143, -signal.SIGINT, -signal.SIGTERM)
"""Exit codes of a stopped process: its own, or that of the signal before a handler was set."""
_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Job:
    """A process that :mod:`workbench.launch` started, running or not.

    Attributes:
        name: the name of its folder below ``launches``.
        folder: holds its log and its record.
        pid: process id.
        born: when the process started, as reported by the system (see :func:`born_at`).
        command: the command line.
        started: seconds since the epoch.
        jobs: runs side by side, as requested.
        data: folder of the datasets, as requested; ``None``: the default.
    """

    name: str
    folder: Path
    pid: int
    born: str
    command: tuple[str, ...]
    started: float
    jobs: int = 1
    data: str | None = None

    @property
    def running(self) -> bool:
        """Whether the process runs; another process with the same pid does not count."""
        return bool(self.born) and born_at(self.pid) == self.born

    @property
    def log(self) -> Path:
        """File with the output of the process."""
        return self.folder / LOG

    @property
    def config_file(self) -> Path:
        """File with the config of its experiment; a projection has none."""
        return self.folder / CONFIG

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested and the process has not ended yet."""
        return self.running and os.path.exists(self.folder / STOP)  # noqa: PTH110 - never raises

    @property
    def exit_code(self) -> int | None:
        """Its exit code; ``None`` if it runs, or if the program that started it ended first."""
        try:
            return None if self.running else int(read_bytes(self.folder / EXIT, 100))
        except (OSError, ValueError):
            return None

    @property
    def failed(self) -> bool:
        """Whether it ended with an error, not by a stop."""
        return self.exit_code not in {None, 0, *_STOPPED}

    def tail(self, lines: int = 20) -> list[str]:
        """Return the last lines of the log, without blank lines."""
        try:
            with open_regular(self.log) as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - _TAIL_BYTES))
                text = file.read().decode("utf-8", errors="replace")
        except OSError:
            return []
        return [line for line in text.splitlines() if line.strip()][-lines:]

    def stop(self) -> bool:
        """Request that the process ends, which takes it at most 5 seconds.

        Returns:
            Whether it was running.

        Raises:
            StoreError: if it belongs to another user.
        """
        if not self.running:
            return False
        with suppress(OSError):  # it is for display only
            (self.folder / STOP).touch()
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:  # the process ended after the check above
            return False
        except PermissionError:
            raise StoreError(f"Process {self.pid} is another user's, who has to stop it.") from None
        return True


def born_at(pid: int) -> str:
    """Return when a process started, as a text that differs for a later process with the same id.

    Empty if there is no such process, or it has ended and is a zombie.
    """
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            state, *fields = stat.read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return ""
        return "" if state in {"Z", "X"} else f"{boot} {fields[18]}"
    found = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, born = found.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else born.strip()
