"""Plug-ins: entry points by which other distributions add entries to a registry.

A plug-in is code of somebody else that runs in this process. Whatever it raises while it is
imported, or ends with (``sys.exit``), is told in a :class:`BrokenPluginWarning`, and the plug-in is
left out. What it prints goes to stderr; a warning filter that it sets is taken back. Not caught can
be: a plug-in that ends the process (``os._exit``, a crash in native code) or does not return.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, EntryPoints, entry_points
from itertools import islice
from pathlib import Path
from typing import Any, get_type_hints

from workbench.errors import BrokenPluginWarning, ConfigError, PluginError, WorkbenchError

MOST_ENTRIES = 1000
"""Entries of one plug-in; more, or a list that does not end, are refused."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_LONGEST_REASON = 120
_told: dict[str, None] = {}


@dataclass(frozen=True)
class Plugin:
    """An entry point and what became of it.

    Attributes:
        distribution: name and version, where its metadata tell them; else its folder.
        point: group, name and value, as in ``workbench.acquisition: peak = theirs:ENTRIES``.
        entries: the names that it registered.
        fault: why it was left out; empty if it was not.
        loads_torch: whether importing it loaded torch, which every command then waits for.
    """

    distribution: str
    point: str
    entries: tuple[str, ...] = ()
    fault: str = ""
    loads_torch: bool = False


def read_plugins(
    group: str, register: Callable[[Sequence[object], str], Sequence[str]]
) -> list[Plugin]:
    """Load the plug-ins of a group, in the order of their distributions' names.

    Args:
        group: group of entry points.
        register: called with the entries of a plug-in and its origin in words; returns their names,
            or raises if one of them cannot be registered.

    Returns:
        The plug-ins; those left out were warned of.
    """
    points = sorted(entry_points(group=group), key=lambda p: (_name(p.dist), p.name, p.value))
    found = [_read(point, register) for point in points]
    for plugin in found:
        if plugin.fault:
            _warn(plugin)
    return found


def left_out() -> list[str]:
    """Return a sentence for each plug-in that this process left out so far, for pages."""
    return list(_told)


def leave_out_damaged_metadata() -> None:
    """Have distributions whose list of entry points cannot be read count as having none.

    One of them would end every program that looks for entry points, in whichever library (pydantic,
    zarr, torch); so this changes what all of them find, for the rest of this process. It is for
    processes of our own, not for programs that import this package.
    """
    reading = Distribution.entry_points.fget  # type: ignore[attr-defined]

    def entry_points_of(distribution: Distribution) -> EntryPoints:
        try:
            found: EntryPoints = reading(distribution)
        except Exception as error:
            plugin = Plugin(_name(distribution), "in entry_points.txt", (), _reason(error))
            _warn(plugin)
            return EntryPoints()
        return found

    Distribution.entry_points = property(entry_points_of)  # type: ignore[assignment]


@contextmanager
def errors_of(origin: str, what: str) -> Iterator[None]:
    """Turn whatever the code of a plug-in raises into an error that names its distribution.

    Args:
        origin: the origin that :func:`read_plugins` gave to the entry; empty: one of ours, whose
            errors are raised as they are.
        what: what was being done with the entry.

    Raises:
        PluginError: in place of any error but KeyboardInterrupt.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if not origin:
            raise
        raise PluginError(
            f"{what} of the plug-in {origin} failed ({_reason(error)}); mend or uninstall it."
        ) from error


def require_sound(entry: Any, entry_type: type) -> None:
    """Check the name of an entry, and that its attributes have the types that its class states.

    Raises:
        ConfigError: naming the first attribute that has another type.
    """
    from pydantic import TypeAdapter, ValidationError

    for name, hint in get_type_hints(entry_type).items():
        try:
            TypeAdapter(hint).validate_python(getattr(entry, name), strict=True)
        except ValidationError as error:
            wanted = error.errors(include_url=False)[0]["msg"]
            raise ConfigError(f"The {name} of an entry has a wrong type: {wanted}.") from None
    if not _NAME.fullmatch(entry.name):
        raise ConfigError(f"{entry.name[:40]!r} is no name; wanted letters, digits, _, . and -.")


def _read(point: EntryPoint, register: Callable[[Sequence[object], str], Sequence[str]]) -> Plugin:
    distribution = _name(point.dist)
    label = f"{point.group}: {point.name} = {point.value}"
    had_torch = "torch" in sys.modules
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            loaded = point.load()
            is_list = isinstance(loaded, list | tuple)
            entries = list(islice(loaded, MOST_ENTRIES + 1)) if is_list else [loaded]
        if len(entries) > MOST_ENTRIES:
            return Plugin(distribution, label, (), f"it lists over {MOST_ENTRIES} entries")
        names = tuple(register(entries, distribution))
        heavy = "torch" in sys.modules and not had_torch
        return Plugin(distribution, label, names, loads_torch=heavy)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Plugin(distribution, label, (), _reason(error))


def _warn(plugin: Plugin) -> None:
    sentence = _sentence(plugin)
    _told[sentence] = None
    warnings.warn(BrokenPluginWarning(sentence), stacklevel=3)


def _sentence(plugin: Plugin) -> str:
    sentence = (
        f"The plug-in {plugin.point[:80]} of the distribution {plugin.distribution[:60]} is left "
        f"out, mend or uninstall it: {plugin.fault}"
    )
    return f"{sentence[:298]}."


def _reason(error: BaseException) -> str:
    """Return an error of somebody else's code in a short form."""
    if isinstance(error, SystemExit):
        return "it called sys.exit"
    kind = type(error).__name__
    try:
        words = " ".join(str(error).split()).rstrip(".")
    except Exception:
        return kind
    text = "".join(c if c.isprintable() else "?" for c in words)
    if isinstance(error, WorkbenchError):
        return text
    return (f"{kind}: {text}" if text else kind)[:_LONGEST_REASON]


def _name(distribution: Distribution | None) -> str:
    """Return name and version of a distribution, or its folder where it has none."""
    try:
        name, version = distribution.name, distribution.version  # type: ignore[union-attr]
        if name and version:
            return f"{name} {version}"
    except Exception:
        pass
    return Path(str(getattr(distribution, "_path", "without a name"))).name
