"""Every way a command can end: its exit code and what stands on stderr."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from tests.cli.conftest import Invoke, assert_one_sentence
from workbench.cli._sentences import SentenceGroup
from workbench.errors import ConfigError, StoreError


def command_that(action: Callable[[], None]) -> typer.Typer:
    """Return an app with one command, ``go``, and one that does nothing."""
    app = typer.Typer(cls=SentenceGroup, pretty_exceptions_enable=False)
    app.command("go")(action)
    app.command("rest")(lambda: None)
    return app


def raising(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


def run(action: Callable[[], None], command: str = "go"):
    return CliRunner().invoke(command_that(action), [command])


def test_a_command_that_ends_well_ends_with_0() -> None:
    assert run(lambda: None).exit_code == 0


@pytest.mark.parametrize("error", [ConfigError("No such thing."), StoreError("No such thing.")])
def test_what_the_user_can_mend_is_one_sentence_and_2(error: Exception) -> None:
    result = run(raising(error))
    assert_one_sentence(result)
    assert result.stderr == "No such thing.\n"


def test_a_message_of_several_lines_becomes_one() -> None:
    assert run(raising(ConfigError("Found this,\n  wanted that."))).stderr.count("\n") == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EFBIG])
def test_what_the_system_refuses_is_a_sentence_with_the_path(number: int) -> None:
    result = run(raising(OSError(number, os.strerror(number), "some/file")))
    assert_one_sentence(result, "some/file", os.strerror(number))


def test_a_fault_of_ours_shows_its_traceback_and_ends_with_1() -> None:
    result = run(raising(ZeroDivisionError("oh")))
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "ZeroDivisionError: oh" in result.stderr
    assert "fault of the workbench" in result.stderr.splitlines()[-1]


def test_a_traceback_steers_no_terminal() -> None:
    found = run(raising(ZeroDivisionError("\x1b]0;owned\x07 \u202e\nnext")))
    assert "\\x1b]0;owned\\x07 \\u202e\nnext\n" in found.stderr
    assert not set(found.stderr) & set("\x1b\x07\u202e")


def test_an_error_of_the_system_that_nobody_foresaw_is_a_fault_of_ours() -> None:
    assert run(raising(OSError(errno.EBADF, "bad file"))).exit_code == 1


def test_ctrl_c_ends_with_130() -> None:
    assert run(raising(KeyboardInterrupt())).exit_code == 130


def test_an_exit_code_is_handed_on() -> None:
    assert run(raising(typer.Exit(2))).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["rnu"], "No such command 'rnu'"),
        (["run"], "Missing argument"),
        (["run", "demo", "--stoer", "x"], "--stoer"),
        (["run", "demo", "--jobs", "0"], "--jobs"),
        (["run", "demo", "--jobs", "two"], "--jobs"),
        (["run", "demo", "extra"], "extra"),
        (["dashboard", "--port", "99999"], "--port"),
        (["export"], "Missing option '--out'"),
        (["datasets", "chekc"], "chekc"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(cli: Invoke, arguments: list[str], part: str) -> None:
    assert_one_sentence(cli(*arguments), part, "--help`")


def test_without_a_command_the_help_is_shown(cli: Invoke) -> None:
    result = cli()
    assert result.exit_code == 0
    for name in ("run", "demo", "list", "show", "export", "dashboard", "doctor"):
        assert f" {name} " in result.stdout


def test_the_version_is_that_of_the_distribution(cli: Invoke) -> None:
    from importlib.metadata import version

    assert cli("--version").stdout.strip() == version("al-workbench")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """``workbench methods | head -1`` ends without a word about a broken pipe."""
    command = f"{sys.executable} -m workbench methods --parts | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.startswith("method")
