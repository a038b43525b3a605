"""Turns every way in which a command ends into an exit code and, for errors, a sentence.

================  ==========================================================================
0                 done
2                 an error that the user can mend: one sentence on stderr, no traceback
1                 a bug of the workbench: the traceback, and a sentence
129, 130, 143     stopped by a closed terminal, Ctrl-C or SIGTERM; what was finished stays
================  ==========================================================================
"""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from workbench.cli._stderr import print_line, print_text
from workbench.cli._streams import discard, flush_output
from workbench.cli._warnings import printed_warnings
from workbench.errors import WorkbenchError, shown

DONE = 0
FAULT = 1
MENDABLE = 2
INTERRUPTED = 130

# by version, typer depends on click or includes a copy; these classes exist in either case
_UsageError: Any = typer.BadParameter.__mro__[1]
_ClickException: Any = typer.BadParameter.__mro__[2]

_MENDABLE_ERRNO = {
    errno.ENOSPC: "free some space or choose another folder",
    errno.EDQUOT: "free some space or choose another folder",
    errno.EFBIG: "raise the limit on file sizes or choose another folder",
    errno.EACCES: "change its permissions or choose another folder",
    errno.EPERM: "change its permissions or choose another folder",
    errno.EROFS: "choose a folder that can be written",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.ELOOP: "choose another path",
    errno.ENOTDIR: "choose another path",
    errno.EISDIR: "choose another path",
    errno.EEXIST: "choose another path",
    errno.ENXIO: "choose another path",
    errno.EIO: "look at the disk or terminal",
}


class SentenceGroup(TyperGroup):
    """The top command; ends with an exit code and, for errors, one sentence on stderr."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line; with ``standalone_mode`` end the process with its exit code."""
        rest = {"complete_var": complete_var, "windows_expand_args": windows_expand_args, **extra}
        if not standalone_mode:
            return super().main(args, prog_name, standalone_mode=False, **rest)
        try:
            with printed_warnings():
                code = super().main(args, prog_name, standalone_mode=False, **rest)
            _require_written()
        except WorkbenchError as error:
            exit_with(str(error), MENDABLE)
        except _ClickException as error:
            exit_with(_usage_sentence(error), MENDABLE)
        except (KeyboardInterrupt, typer.Abort):
            exit_with("Stopped.", INTERRUPTED)
        except _ClosedPipeError:
            discard(sys.stdout)
            sys.exit(DONE)
        except OSError as error:
            flush_output()
            _exit_with_system_error(error)
        except Exception:  # every other error is a bug, which this reports
            _exit_with_fault()
        sys.exit(code if isinstance(code, int) else DONE)

    def make_context(self, *args: Any, **more: Any) -> Any:
        """Parse the arguments; ``--version`` and ``--help`` print while they are parsed."""
        with _pipe_may_close():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _pipe_may_close():
            return super().invoke(ctx)


class _ClosedPipeError(Exception):
    """Nobody reads what is printed (`| head`): what was read is all that was wanted."""


@contextmanager
def _pipe_may_close() -> Iterator[None]:
    """Raise another error for a broken pipe, for which typer and rich end the process with 1."""
    try:
        yield
    except BrokenPipeError:
        raise _ClosedPipeError from None
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise _ClosedPipeError from None
        raise


def _require_written() -> None:
    """Write what stdout still holds."""
    error = flush_output()
    if error is not None and not isinstance(error, BrokenPipeError):
        raise error


def exit_with(sentence: str, code: int) -> NoReturn:
    """Print a sentence on stderr and end the process with an exit code."""
    flush_output()
    print_line(sentence)
    sys.exit(code)


def _usage_sentence(error: Any) -> str:
    message = shown(" ".join(error.format_message().split()), 200)
    if not message.endswith((".", "?")):
        message += "."
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "workbench"
    return f"{message} See `{command} --help`."


def _exit_with_system_error(error: OSError) -> NoReturn:
    advice = _MENDABLE_ERRNO.get(error.errno or 0)
    if advice is None:
        _exit_with_fault()
    where = f"{shown(error.filename)}: " if error.filename else "The output cannot be written: "
    exit_with(f"{where}{error.strerror}; {advice}.", MENDABLE)


def _exit_with_fault() -> NoReturn:
    print_text(traceback.format_exc().rstrip())
    exit_with(
        "This is a fault of the workbench, not yours; please report it with the lines above.", FAULT
    )
