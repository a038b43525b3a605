"""What is left out while the rest goes on is told on stderr, one line each."""

import sys
import warnings
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from workbench.cli import _warnings
from workbench.cli._sentences import SentenceGroup
from workbench.errors import BrokenPluginWarning, ConfigError, DamagedRecordWarning


def run(action: Callable[[], None]):
    app = typer.Typer(cls=SentenceGroup, pretty_exceptions_enable=False)
    app.command("go")(action)
    app.command("rest")(lambda: None)
    return CliRunner().invoke(app, ["go"])


def warn_of(*messages: str) -> None:
    for message in messages:
        warnings.warn(DamagedRecordWarning(message), stacklevel=1)


def test_a_warning_is_one_line_and_the_command_goes_on() -> None:
    def action() -> None:
        warn_of("a/cycle.json is damaged.")
        typer.echo("the rest")

    result = run(action)
    assert (result.exit_code, result.stdout) == (0, "the rest\n")
    assert result.stderr == "Warning: a/cycle.json is damaged.\n"


def test_each_distinct_warning_is_printed_once() -> None:
    result = run(lambda: warn_of("One.", "Two.", "One.", "One."))
    assert result.stderr == "Warning: One.\nWarning: Two.\n"


def test_many_warnings_are_counted() -> None:
    result = run(lambda: warn_of(*(f"Record {n}." for n in range(25))))
    lines = result.stderr.splitlines()
    assert lines[:-1] == [f"Warning: Record {n}." for n in range(_warnings.MOST)]
    assert lines[-1] == "Warning: and 15 more of this kind."


def test_the_sentence_of_an_error_comes_last() -> None:
    def action() -> None:
        warn_of(*(f"Record {n}." for n in range(25)))
        raise ConfigError("No such thing.")

    result = run(action)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "No such thing."


def test_a_warning_of_a_library_is_not_printed() -> None:
    def action() -> None:
        warnings.warn("will change in version 9", UserWarning, stacklevel=1)
        warnings.warn("is deprecated", DeprecationWarning, stacklevel=1)

    assert run(action).stderr == ""


def test_a_library_that_silences_warnings_for_itself_silences_none_of_ours() -> None:
    def action() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
        warnings.warn(BrokenPluginWarning("p is left out."), stacklevel=1)

    assert run(action).stderr == "Warning: p is left out.\n"


def test_filters_are_as_before_afterwards() -> None:
    before, shown = list(warnings.filters), warnings.showwarning
    run(lambda: warn_of("One."))
    assert warnings.filters == before
    assert warnings.showwarning is shown


def test_python_s_own_option_prints_the_warnings_of_libraries(monkeypatch) -> None:
    monkeypatch.setattr(sys, "warnoptions", ["always"])

    def action() -> None:
        warnings.simplefilter("always")
        warnings.warn("will change in version 9", UserWarning, stacklevel=1)

    with pytest.warns(UserWarning, match="version 9"):
        run(action)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("two\nlines\r\n of\ttext", "two lines of text"),
        ("\x1b[2J\x1b]0;title\x07cleared", r"\x1b[2J\x1b]0;title\x07cleared"),
        ("nul \0 half \udc80 turned \u202e", r"nul \x00 half \udc80 turned \u202e"),
        ("naïve 語 – fine", "naïve 語 – fine"),
    ],
)
def test_a_warning_cannot_drive_the_terminal(text: str, printed: str) -> None:
    assert run(lambda: warn_of(text)).stderr == f"Warning: {printed}\n"


def test_the_sentence_of_an_error_cannot_drive_the_terminal() -> None:
    def action() -> None:
        raise ConfigError("a\x1b[31mb\udc80")

    assert run(action).stderr == "a\\x1b[31mb\\udc80\n"


def test_a_long_line_is_cut() -> None:
    line = run(lambda: warn_of("long " * 1000)).stderr
    assert len(line) <= 2001
    assert line.endswith("…\n")
