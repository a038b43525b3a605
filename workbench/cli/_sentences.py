"""How a command ends: exit code 0, 2 with one sentence on what to mend, or 1 for a fault of ours.

================  ==========================================================================
0                 done
2                 the user can mend it: one sentence on stderr, no traceback
1                 a fault of ours: the traceback, and a sentence
130, 143          stopped by Ctrl-C or SIGTERM; what was finished stays
================  ==========================================================================
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from workbench.errors import WorkbenchError

DONE = 0
FAULT = 1
MENDABLE = 2
INTERRUPTED = 130

# typer either depends on click or carries its own copy, by version; both look like this
_UsageError: Any = typer.BadParameter.__mro__[1]
_ClickException: Any = typer.BadParameter.__mro__[2]

_MENDABLE_ERRNO = {
    errno.ENOSPC: "free some space or choose another folder",
    errno.EDQUOT: "free some space or choose another folder",
    errno.EFBIG: "raise the limit on file sizes or choose another folder",
    errno.EACCES: "change its permissions or choose another folder",
    errno.EPERM: "change its permissions or choose another folder",
    errno.EROFS: "choose a folder that can be written",
}


class SentenceGroup(TyperGroup):
    """The top command; turns every way of ending into a sentence and an exit code."""

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
            code = super().main(args, prog_name, standalone_mode=False, **rest)
        except WorkbenchError as error:
            leave(str(error), MENDABLE)
        except _ClickException as error:
            leave(_usage_sentence(error), MENDABLE)
        except (KeyboardInterrupt, typer.Abort):
            leave("Stopped.", INTERRUPTED)
        except OSError as error:
            _leave_for_system(error)
        except Exception:  # the last handler: reports a fault of ours
            _leave_for_fault()
        sys.exit(code if isinstance(code, int) else DONE)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a pipe that ends early (`| head`) is no error."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE
        return result


def leave(sentence: str, code: int) -> NoReturn:
    """Print a sentence on stderr and end with an exit code."""
    print(" ".join(sentence.split()), file=sys.stderr)  # noqa: T201 - rich would wrap it
    sys.exit(code)


def _usage_sentence(error: Any) -> str:
    message = error.format_message().strip()
    if not message.endswith((".", "?")):
        message += "."
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "workbench"
    return f"{message} See `{command} --help`."


def _leave_for_system(error: OSError) -> NoReturn:
    advice = _MENDABLE_ERRNO.get(error.errno or 0)
    if advice is None:
        _leave_for_fault()
    where = f"{error.filename}: " if error.filename else ""
    leave(f"{where}{error.strerror}; {advice}.", MENDABLE)


def _leave_for_fault() -> NoReturn:
    traceback.print_exc()
    leave("This is a fault of the workbench, not yours; please report it with the lines above.", 1)
