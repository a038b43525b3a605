"""``run`` and ``demo``: progress, results, resume hints and exit codes."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from tests.cli.conftest import Invoke, assert_one_sentence
from tests.cli.test_bad_experiments import GOOD
from workbench.cli import _signals
from workbench.errors import StoppedError, TrainingError
from workbench.store import open_store

ENGINE = "workbench.engine.experiment.run_experiment"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """An experiment of two runs and two cycles that takes a second or two."""
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(GOOD))
    return path


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], list[dict[str, Any]]]:
    """Put another engine in place; gives the list of how it was called."""

    def put(act: Callable[..., Any]) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []

        def run_experiment(config, store, data_dir, jobs, on_event, decoded=True):
            calls.append({"config": config, "store": store, "data": data_dir, "jobs": jobs})
            return act(store, on_event)

        monkeypatch.setattr(ENGINE, run_experiment)
        return calls

    return put


@pytest.fixture
def pretend(sample_store: Path) -> Callable[..., str]:
    """An engine that fills the store as a run would, without training."""

    def act(store: Path, on_event: Callable[[dict[str, Any]], None]) -> str:
        shutil.copytree(sample_store, store)
        record = open_store(store).experiments()[0]
        about = {"run": f"{record.id}/random-s0", "method": "random", "seed": 0, "cycles": 3}
        on_event({"event": "cycle", **about, "cycle": 0, "miou": 0.25, "labelled_units": 4})
        return record.id

    return act


def stop(*_: Any) -> str:
    raise StoppedError("The experiment was stopped; the same command resumes it.")


def test_run_shows_progress_and_then_the_result_table(
    cli: Invoke, engine: Any, pretend: Any
) -> None:
    calls = engine(pretend)
    result = cli("run", "demo", "--store", "here", "--data", "there", "--jobs", "3")
    assert result.exit_code == 0, result.stderr
    assert calls[0]["store"] == Path("here")
    assert calls[0]["data"] == Path("there")
    assert calls[0]["jobs"] == 3
    lines = result.stdout.splitlines()
    progress = lines.index("random, seed 0: cycle 0 (last: 2), mIoU 25.0 %, 4 units labelled")
    table = next(i for i, line in enumerate(lines) if line.startswith("mIoU in %"))
    assert progress < table
    assert lines[-1] == "In the browser: workbench dashboard --store here"


def test_settings_reach_the_engine(cli: Invoke, engine: Any, pretend: Any) -> None:
    calls = engine(pretend)
    cli(
        "run",
        "demo",
        "--set",
        "budget.cycles=2",
        "--set",
        "learner.epochs=7",
        "--set",
        "units=grid:2x2",
    )
    config = calls[0]["config"]
    assert config.budget.cycles == 2
    assert config.learner.options["epochs"] == 7
    assert config.units.options == {"rows": 2, "columns": 2}


def test_store_and_data_come_from_the_environment_or_the_folder(
    cli: Invoke, engine: Any, pretend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = engine(pretend)
    cli("run", "demo")
    monkeypatch.setenv("WORKBENCH_STORE", "other")
    monkeypatch.setenv("WORKBENCH_DATA", "elsewhere")
    cli("run", "demo")
    assert [(str(c["store"]), str(c["data"])) for c in calls] == [
        ("runs", "data"),
        ("other", "elsewhere"),
    ]


def test_a_stopped_run_says_how_to_go_on(
    cli: Invoke, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(stop)
    monkeypatch.setattr(sys, "argv", ["workbench", "run", "demo"])
    result = cli("run", "demo")
    assert result.exit_code == 130
    assert "the same command goes on: workbench" in result.stderr
    assert result.stderr.count("\n") == 1


def test_what_the_engine_says_is_one_sentence(cli: Invoke, engine: Any) -> None:
    def fail(*_: Any) -> str:
        raise TrainingError("The loss of random seed 0 cycle 1 is nan at step 3; lower learner.lr.")

    engine(fail)
    assert_one_sentence(cli("run", "demo"), "cycle 1", "learner.lr")


def test_demo_without_a_dashboard_ends_after_the_table(
    cli: Invoke, engine: Any, pretend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = engine(pretend)
    monkeypatch.setattr("dashboard.serve", lambda *_: pytest.fail("the dashboard was started"))
    result = cli("demo", "--no-dashboard")
    assert result.exit_code == 0, result.stderr
    assert calls[0]["config"].name == "demo"
    assert "Coverage radius" in result.stdout


def test_demo_serves_the_dashboard_on_its_store(
    cli: Invoke, engine: Any, pretend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(pretend)
    served: list[tuple[Any, ...]] = []
    monkeypatch.setattr("dashboard.serve", lambda *arguments: served.append(arguments))
    result = cli("demo", "--store", "here", "--port", "8600")
    assert served == [(Path("here"), Path("data"), 8600, "127.0.0.1", ())]
    assert "http://127.0.0.1:8600" in result.stdout


def test_dry_run_tells_the_cost_and_writes_nothing(
    cli: Invoke, small: Path, tmp_path: Path
) -> None:
    result = cli("run", small, "--dry-run")
    assert result.exit_code == 0, result.stderr
    found = dict(re.findall(r"^(\w[\w ]*?)  +(\S.*)$", result.stdout, flags=re.MULTILINE))
    assert found["runs"] == "2 (2 methods × 1 seeds)"
    assert found["cycles per run"] == "2"
    assert found["networks trained"] == "3"  # cycle 0 once per seed, then one per run and cycle
    assert int(found["training steps"].replace(",", "")) > 0
    assert re.fullmatch(r"[\d.]+ (KiB|MiB)", found["disk needed"])
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_a_real_run_and_the_same_command_again(cli: Invoke, small: Path) -> None:
    first = cli("run", small, "--jobs", "1")
    assert first.exit_code == 0, first.stderr
    again = cli("run", small, "--jobs", "1")
    assert again.exit_code == 0, again.stderr
    table = first.stdout[first.stdout.index("mIoU in %") :]
    assert again.stdout.endswith(table)  # the same numbers, and nothing was trained in between
    assert "2 of them finished already" in again.stdout
    states = {run.status.state for run in open_store(Path("runs")).runs()}
    assert states == {"done"}


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_it_cleanly(small: Path, tmp_path: Path, signum: int, code: int) -> None:
    command = [sys.executable, "-m", "workbench", "run", str(small), "--jobs", "1"]
    long = subprocess.Popen(
        [*command, "--set", "learner.epochs=100000"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert long.stdout is not None
    try:
        assert long.stdout.readline().startswith("experiment small-")  # from here it can be stopped
        long.send_signal(signum)
        out, err = long.communicate(timeout=120)
    finally:
        long.kill()
    assert long.returncode == code
    assert err.splitlines() == [err.strip()]
    assert "--set learner.epochs=100000" in err
    assert "Traceback" not in out + err
    states = {run.status.state for run in open_store(tmp_path / "runs").runs()}
    assert states <= {"stopped", "pending"}


def test_a_taken_port_is_reported_before_the_demo_runs(
    cli: Invoke, engine: Any, pretend: Any
) -> None:
    calls = engine(pretend)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_one_sentence(cli("demo", "--port", port), str(port), f"--port {port + 1}")
        assert calls == []
        assert cli("demo", "--port", port, "--no-dashboard").exit_code == 0
    assert len(calls) == 1


def test_the_end_waits_until_the_sentence_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = _signals._Watch()
    watched.on, watched.received = True, signal.SIGINT
    printed: list[bool] = []

    def end() -> NoReturn:
        printed.append(watched.said.is_set())
        raise SystemExit

    monkeypatch.setattr(watched, "end", end)
    monkeypatch.setattr(_signals, "_watch", watched)
    threading.Timer(0.1, watched.said.set).start()
    with pytest.raises(SystemExit):
        _signals.exit_stopped()
    assert printed == [True]
