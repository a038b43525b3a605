"""All errors that this package raises on purpose.

::

    WorkbenchError             the user can mend it: the CLI prints one sentence and exits with 2
    ├── ConfigError            a setting that is missing, unknown or out of range
    ├── DatasetError           a missing root, a broken file, a label id that is not on the card
    ├── ModelError             an unknown network, or weights that cannot be loaded
    ├── ShapeError             arrays whose shapes do not fit each other
    ├── ScoreError             a score that is not finite; names the image
    ├── TrainingError          a loss that is not finite; names the cycle and the step
    ├── BudgetError            a budget that is larger than the pool
    ├── StoppedError           a stop of the experiment was requested
    ├── WaitingError           labels are requested and not available yet
    ├── PluginError            what another distribution registered cannot be imported
    ├── WorkerDiedError        a worker process was killed from outside
    ├── PoolError              a unit that is not in the pool, or is labelled already
    └── StoreError             the run store cannot be read or written
        ├── StoreLockedError   another process holds the lock of the run or experiment
        ├── StoreVersionError  a record in another version of the store's format
        └── NotStoredError     a part of a cycle that was not kept

Warnings, for what is left out while everything else goes on::

    WorkbenchWarning           one sentence: the CLI prints it on stderr, pages show it
    ├── DamagedRecordWarning   a record of the store that cannot be read; the others are shown
    ├── DatasetWarning         what is odd about a dataset and no fault
    └── BrokenPluginWarning    an entry point that cannot be loaded; its entries are left out

Every message states what was found, what was expected and what to do, in one or two sentences.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class WorkbenchError(Exception):
    """Base of all errors that the user can mend."""


class ConfigError(WorkbenchError, ValueError):
    """A setting is missing, unknown or out of range."""


class DatasetError(WorkbenchError):
    """A dataset on disk differs from its card."""


class ModelError(WorkbenchError):
    """A network cannot be built, or its weights cannot be loaded."""


class ShapeError(WorkbenchError, ValueError):
    """The shapes of arrays do not fit each other."""


class ScoreError(WorkbenchError):
    """A score is not finite."""


class TrainingError(WorkbenchError):
    """Training cannot go on."""


class BudgetError(ConfigError):
    """A budget is larger than the pool."""


class PoolError(WorkbenchError, ValueError):
    """A unit is not in the pool, or is labelled already."""


class StoppedError(WorkbenchError):
    """A stop was requested; what was published stays, and the same command resumes."""


class WaitingError(WorkbenchError):
    """Labels are requested and not available yet; the same command goes on when they are."""


class WorkerDiedError(WorkbenchError):
    """A worker process was killed from outside, e.g. because memory ran out."""


class PluginError(WorkbenchError):
    """What a plug-in registered cannot be imported; names its distribution."""


class StoreError(WorkbenchError):
    """The run store cannot be read or written."""


class StoreLockedError(StoreError):
    """Another process holds the lock of this run or experiment."""


class StoreVersionError(StoreError):
    """A record was written by a newer version of this package."""


class NotStoredError(StoreError, KeyError):
    """The cycle exists, but this part of it was not kept."""

    def __str__(self) -> str:
        """Return the message unchanged; ``KeyError.__str__`` would quote it."""
        return str(self.args[0]) if self.args else ""


class WorkbenchWarning(UserWarning):
    """Base of all warnings: something was left out, and everything else goes on."""


class DamagedRecordWarning(WorkbenchWarning):
    """A record of the store cannot be read; the records beside it are shown."""


class DatasetWarning(WorkbenchWarning):
    """Something about a dataset is odd and may make figures look better than they are."""


class BrokenPluginWarning(WorkbenchWarning):
    """An entry point cannot be loaded; its entries are left out."""


def shown(value: object, most: int = 110) -> str:
    """Return a path or another text for a message: printable, the middle left out if it is long.

    Args:
        value: what is shown as ``str`` gives it.
        most: most characters of the answer.
    """
    text = str(value)
    if len(text) > 4 * most:  # so that a megabyte is not made printable first
        text = text[: 2 * most] + text[-2 * most :]
    text = text if text.isprintable() else ascii(text)[1:-1]
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def quoted(value: object, most: int = 60) -> str:
    """Return a user's value for a message, as Python writes it, the middle left out if it is long.

    Args:
        value: e.g. what stands in an experiment file.
        most: most characters of the answer.
    """
    if isinstance(value, str) and len(value) > 4 * most:
        value = value[: 2 * most] + value[-2 * most :]
    try:
        return shown(repr(value), most)
    except (ValueError, RecursionError):  # a whole number of thousands of digits
        return f"a value too long to show ({type(value).__name__})"


def unknown_name(kind: str, name: str, accepted: Iterable[str]) -> ConfigError:
    """Return the error for an unknown name, with the nearest accepted name.

    Args:
        kind: the kind of thing that is named, e.g. ``"acquisition function"``.
        name: the name that was given.
        accepted: every name that is accepted.
    """
    names = sorted(accepted)
    near = get_close_matches(str(name)[:_LONGEST_NAME], names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return ConfigError(f"There is no {kind} {quoted(name, 50)}{hint} Known: {_listed(names)}.")


def _listed(names: list[str]) -> str:
    """Return names in a row, as many as a sentence takes, and how many there are besides."""
    room = _ROOM_FOR_NAMES
    for position, name in enumerate(names):
        room -= len(name) + 2
        if room < 0:
            return f"{', '.join(names[:position])} and {len(names) - position} more"
    return ", ".join(names) or "none"


_LONGEST_NAME = 100
_ROOM_FOR_NAMES = 120
"""Characters; a message has at most 300."""


def wrong_entry(kind: str, entry: object, wanted: type) -> ConfigError:
    """Return the error for a registered object that is no entry of its kind.

    Args:
        kind: the kind of entry, e.g. ``"acquisition function"``.
        entry: the object.
        wanted: the type of the entries of this kind.
    """
    given = getattr(entry, "name", None)
    name = f" {quoted(given)}" if isinstance(given, str) else ""
    package = wanted.__module__.partition("._")[0]
    return ConfigError(
        f"The {kind}{name} is registered as {_article(type(entry).__name__)}; wanted "
        f"{_article(wanted.__name__)} of {package}."
    )


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'AEIOUaeiou' else 'a'} {noun}"
