"""Everything this package raises on purpose.

::

    WorkbenchError             the user can mend it: the CLI prints one sentence and exits with 2
    ├── ConfigError            an experiment file, a setting or a name that does not exist
    ├── DatasetError           a missing root, a broken file, a label id that the card does not have
    ├── ModelError             an unknown network or weights that cannot be had
    ├── ShapeError             arrays that do not fit each other
    ├── ScoreError             a score that is not finite; names the image
    ├── TrainingError          a loss that is not finite; names the cycle and the step
    ├── BudgetError            a budget that the pool cannot fill
    ├── StoppedError           the experiment was asked to stop
    ├── WaitingError           labels are requested and not there yet
    ├── WorkerDiedError        a worker process was killed from outside
    ├── PoolError              a unit that the pool does not have, or that is labelled already
    └── StoreError             the run store cannot be read or written
        ├── StoreLockedError   another process works on the same run
        ├── StoreVersionError  written by a newer version of this package
        └── NotStoredError     asked for something that this cycle did not keep

Every message says what was found, what was wanted and what to do, in one sentence or two.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class WorkbenchError(Exception):
    """Base of all errors that the user can mend."""


class ConfigError(WorkbenchError, ValueError):
    """A setting is missing, unknown or out of range."""


class DatasetError(WorkbenchError):
    """A dataset on disk is not what its card says."""


class ModelError(WorkbenchError):
    """A network or its weights cannot be built."""


class ShapeError(WorkbenchError, ValueError):
    """Arrays that were meant to fit do not."""


class ScoreError(WorkbenchError):
    """A score is not finite."""


class TrainingError(WorkbenchError):
    """Training cannot go on."""


class BudgetError(ConfigError):
    """A budget asks for more than the pool holds."""


class PoolError(WorkbenchError, ValueError):
    """A unit is not in the pool, or is labelled already."""


class StoppedError(WorkbenchError):
    """The experiment was asked to stop; what was published stays, the same command resumes."""


class WaitingError(WorkbenchError):
    """Labels are requested and not there yet; the same command goes on when they are."""


class WorkerDiedError(WorkbenchError):
    """A worker process was killed from outside, e.g. for want of memory."""


class StoreError(WorkbenchError):
    """The run store cannot be read or written."""


class StoreLockedError(StoreError):
    """Another process holds the lock of this run or experiment."""


class StoreVersionError(StoreError):
    """A record was written by a newer version of this package."""


class NotStoredError(StoreError, KeyError):
    """The cycle exists, but this part of it was not kept."""

    def __str__(self) -> str:
        """Return the sentence as it is; ``KeyError`` alone would quote it."""
        return str(self.args[0]) if self.args else ""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> ConfigError:
    """Build the error for a name that nothing carries, with the nearest known name.

    Args:
        kind: what was looked for, e.g. ``"acquisition function"``.
        name: what was given.
        known: every name that would have been accepted.
    """
    names = sorted(known)
    near = get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return ConfigError(f"There is no {kind} {name!r}{hint} Known: {', '.join(names) or 'none'}.")
