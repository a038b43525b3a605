"""Ctrl-C, SIGTERM and a closed terminal, at any place: one sentence, an end, nothing lost.

The end comes within 5 seconds of the signal, whatever the process does: it stops at its next step
or, after a time of grace, where it is.
"""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
import yaml

from tests.attack.commands import run_command
from tests.attack.stopping import Command, Stopped
from tests.experiments import SMALL
from workbench.cli import _signals
from workbench.store import open_store
from workbench.store.writer import create_store

MOST_SECONDS = 5.0
EXPERIMENT = SMALL | {
    "name": "stopped",
    "methods": ["random", "entropy"],
    "seeds": [0],
    "budget": {"initial": 8, "per_cycle": 4, "cycles": 2},
}
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP

PLACES = {  # of a command in one process: place, whether it is stuck there
    "reading the dataset": ("workbench.engine.experiment:open_pool", True),
    "making units": ("workbench.units.grid:Grid.layout", True),
    "making the experiment": ("workbench.engine.experiment:create_experiment", True),
    "a step of training": ("phase:train", False),
    "stuck in training": ("phase:train", True),
    "a batch of the scan": ("phase:scan", False),
    "stuck in the scan": ("phase:scan", True),
    "stuck in the query": ("phase:select", True),
    "publishing a cycle": ("workbench.store.cycle_writer:CycleWriter.publish", True),
    "a cycle just published": ("workbench.store.index:update", True),
    "printing results": ("workbench.cli._results:print_results", True),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "e.yaml").write_text(yaml.safe_dump(EXPERIMENT), encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> str:
    """Return the export of the experiment run in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "e.yaml").write_text(yaml.safe_dump(EXPERIMENT), encoding="utf-8")
    return finished(folder)


def finished(folder: Path) -> str:
    """Run the experiment, or what is left of it, to its end and return its export."""
    for arguments in (["run", "e.yaml", "--jobs", "1"], ["export", "--out", "exported"]):
        ended = run_command(arguments, folder, cpu_s=60, memory=0, warm=True)
        assert ended.code == 0, ended
    return "".join((folder / "exported" / f).read_text() for f in ("metrics.csv", "selections.csv"))


def assert_stopped(stopped: Stopped, folder: Path, code: int, *parts: str) -> None:
    """Assert one sentence, the exit code, the end in time, and that no run counts as running."""
    assert stopped.err.count("\n") == 1, stopped.err
    assert all(part in stopped.err for part in parts), stopped.err
    assert "Traceback" not in stopped.out
    assert stopped.code == code
    assert stopped.seconds <= MOST_SECONDS
    runs = open_store(folder / "runs").runs() if (folder / "runs").exists() else []
    assert {run.status.state for run in runs} <= {"stopped", "pending", "done"}


@pytest.mark.parametrize("place", ["stuck in training"])
def test_a_command_in_one_process_ends_in_time(folder: Path, place: str) -> None:
    command = Command(folder, ["run", "e.yaml", "--jobs", "1"], *PLACES[place])
    stopped = command.stop(INT, group=True)
    assert_stopped(stopped, folder, 130, "same command goes on: workbench run e.yaml --jobs 1")


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_what_was_stopped_anywhere_goes_on_alike(
    folder: Path, place: str, undisturbed: str
) -> None:
    command = Command(folder, ["run", "e.yaml", "--jobs", "1"], *PLACES[place])
    assert_stopped(command.stop(INT, group=True), folder, 130, "same command goes on")
    assert finished(folder) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [2, 4])
@pytest.mark.parametrize("group", [True, False])
@pytest.mark.parametrize("place", ["workers", "a step of training", "stuck in the scan"])
def test_workers_end_in_time_and_go_on_alike(
    folder: Path, place: str, group: bool, jobs: int, undisturbed: str
) -> None:
    at, stuck = PLACES.get(place, ("workbench.engine.workers:run_tasks", False))
    command = Command(folder, ["run", "e.yaml", "--jobs", str(jobs)], at, stuck)
    assert_stopped(command.stop(INT, group=group, fresh=True), folder, 130, f"--jobs {jobs}")
    assert finished(folder) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize(("signum", "code"), [(TERM, 143), (HUP, 129)])
def test_other_signals_end_it_alike(folder: Path, signum: int, code: int) -> None:
    command = Command(folder, ["run", "e.yaml", "--jobs", "1"], "phase:train", stuck=True)
    assert_stopped(command.stop(signum), folder, code, "workbench run e.yaml")


def test_the_sentence_is_printed_before_the_end_however_slow_the_terminal_is(monkeypatch) -> None:
    seen: list[str] = []

    def print_slowly(text: str) -> None:
        threading.Event().wait(0.2)
        seen.append(text)

    watch, ended = _signals._Watch(), threading.Event()
    monkeypatch.setattr(_signals, "print_line", print_slowly)
    monkeypatch.setattr(watch, "end", lambda: (seen.append("the end"), ended.set()))
    watch.sentence = "Stopped."
    watch.handle(INT)
    assert ended.wait(MOST_SECONDS)
    assert seen == ["Stopped.", "the end"]


def test_a_second_signal_ends_it_at_once(folder: Path) -> None:
    command = Command(folder, ["run", "e.yaml", "--jobs", "1"], "phase:train", stuck=True)
    stopped = command.stop(INT, INT, group=True, between=0.2)
    assert_stopped(stopped, folder, 130, "same command goes on")
    assert stopped.seconds < 2.5  # the time of grace is 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["list"], "workbench.figures.catalogue:read"),
        (["export", "--out", "x"], "workbench.store.export:export_csv"),
        (["run", "e.yaml", "--dry-run"], "workbench.engine.forecast:forecast"),
        (["datasets", "check", "synthetic"], "workbench.datasets.opening:open_dataset"),
        (["rescan", "stopped-x/random-s0", "--scores", "margin"], "workbench.engine.rescan:rescan"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_every_other_command_ends_with_one_sentence(folder, arguments, place) -> None:
    create_store(folder / "runs")
    stopped = Command(folder, arguments, place, stuck=True).stop(INT, group=True)
    assert_stopped(stopped, folder, 130, "Stopp")
    assert stopped.out == ""


@pytest.mark.parametrize("module", ["typer", pytest.param("pydantic", marks=pytest.mark.slow)])
def test_ctrl_c_while_the_command_line_is_imported(folder: Path, module: str) -> None:
    command = Command(folder, ["run", "e.yaml"], f"import:{module}", stuck=True)
    stopped = command.stop(INT, group=True, fresh=True)
    assert_stopped(stopped, folder, 130, "same command goes on: workbench run e.yaml")


def test_ctrl_c_while_workers_start(folder: Path) -> None:
    place = "workbench.engine.workers:run_tasks"
    command = Command(folder, ["run", "e.yaml", "--jobs", "2"], place)
    stopped = command.stop(INT, group=True, fresh=True)
    assert_stopped(stopped, folder, 130, "same command goes on: workbench run e.yaml --jobs 2")
