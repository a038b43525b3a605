"""A runner for the command line, and a store to look at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.experiments import SharedStores
from workbench.cli._app import app

Invoke = Callable[..., Any]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Return a function that runs the command line in an empty folder, with no settings outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("WORKBENCH_STORE", "WORKBENCH_DATA"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def sample_store(shared: SharedStores) -> Path:
    """Return a store of one experiment, 3 methods × 2 seeds × 3 cycles; the last run is cut off."""
    return shared.sample(running=True)


def assert_one_sentence(result: Any, *parts: str) -> None:
    """Assert exit code 2, nothing on stdout, one line without traceback on stderr."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    for part in parts:
        assert part in result.stderr
