"""Standard streams that are closed, full or narrow: no traceback, and a fitting exit code."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.attack.stopping import Command
from tests.experiments import SMALL
from workbench.store import open_store

WORKBENCH = f"{shlex.quote(sys.executable)} -m workbench"
ROOT = Path(__file__).parents[2]


def slow(value: object) -> Any:
    """Return a parameter that is left out of the ordinary run."""
    return pytest.param(value, marks=pytest.mark.slow)


def shell(line: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash, in which ``workbench`` is the command."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line.replace("workbench", WORKBENCH, 1)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "0"} | env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(
    "line",
    [
        "workbench methods | head -n 1",
        "workbench --version | true",
        slow("workbench --help | true"),
        slow("workbench methods >&-"),
        "workbench methods <&- >&- 2>&-",
        slow("workbench methods 2>&-"),
    ],
)
def test_what_nobody_reads_is_no_error(tmp_path: Path, line: str) -> None:
    done = shell(line, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [slow("methods"), "--version"])
def test_a_full_device_is_one_sentence(tmp_path: Path, command: str) -> None:
    done = shell(f"workbench {command} >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "The output cannot be written: No space left on device" in done.stderr


@pytest.mark.parametrize("errors", ["2>&-", slow("2>/dev/full"), slow("2>&1 >&- | true")])
def test_the_exit_code_does_not_depend_on_who_reads_the_sentence(
    tmp_path: Path, errors: str
) -> None:
    done = shell(f"workbench show nothing --store nowhere {errors}", tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "env", [{"PYTHONIOENCODING": "ascii"}, slow({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"})]
)
def test_an_encoding_that_lacks_a_character_is_no_error(tmp_path: Path, env) -> None:
    done = shell("workbench methods", tmp_path, **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "k_center" in done.stdout
    assert done.stdout.isascii()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "e.yaml").write_text(yaml.safe_dump(SMALL | {"methods": ["random"]}))
    return tmp_path


def test_a_run_whose_progress_nobody_reads_goes_on_to_its_end(folder: Path) -> None:
    command = Command(folder, ["run", "e.yaml", "--jobs", "1"], "phase:train")
    command.out = Path("/dev/full")
    stopped = command.stop(signal.SIGCONT)  # let it run
    (run,) = open_store(folder / "runs").runs()
    assert run.status.state == "done"
    assert (stopped.code, stopped.err) == (0, "")
