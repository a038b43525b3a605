"""Registries: entries by name, as data; the implementation is imported at first use.

An :class:`Entry` holds a name, the settings (:class:`Param`) and the source of an implementation;
each kind of entry has a type of its own with further attributes. Listing entries, checking a config
and drawing a form read entries only, so they load no torch. Third parties add entries through an
entry point of the ``group`` of a registry.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Generic

from typing_extensions import TypeVar

from workbench.errors import ConfigError, quoted, shown, unknown_name, wrong_entry
from workbench.param import LIST_TYPES, REQUIRED, Param, ParamType
from workbench.plugins import Plugin, errors_of, read_plugins, require_sound


def load(target: str) -> Any:
    """Import a module and return its attribute, given as ``module:attribute``."""
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


@dataclass(frozen=True)
class Entry:
    """A registered implementation, as data; the entry type of each kind adds attributes.

    Attributes:
        name: its name in YAML, CLI and dashboard.
        target: ``module:attribute`` of the implementation.
        summary: one sentence for a person.
        params: its settings, in the order of a spec string.
        source: paper, section and equation, or the library.
        origin: the distribution that a plug-in belongs to; set by the registry.
    """

    name: str
    target: str
    summary: str
    params: tuple[Param, ...] = ()
    source: str = ""
    origin: str = field(default="", kw_only=True, compare=False)

    def load(self) -> Any:
        """Import and return the implementation.

        Raises:
            PluginError: if it comes from another distribution and cannot be imported.
        """
        with errors_of(self.origin, f"Importing {self.target}"):
            return load(self.target)

    def bind(self: E, options: Mapping[str, Any], kind: str = "") -> Bound[E]:
        """Check settings against ``params`` and fill in the defaults.

        Raises:
            ConfigError: for an unknown, missing or ill-typed setting.
        """
        owner = f"{kind} {self.name}".strip()
        params = {p.name: p for p in self.params}
        for name in options:
            if name not in params:
                raise unknown_name(f"setting of {owner} called", name, params)
        values: dict[str, Any] = {}
        for param in self.params:
            value = options.get(param.name, param.default)
            if value is REQUIRED:
                raise ConfigError(f"{owner} needs a value for {param.name} ({param.help}).")
            values[param.name] = param.check(value, owner)
        return Bound(self, values)


E = TypeVar("E", bound=Entry, default=Entry)
E_co = TypeVar("E_co", bound=Entry, default=Entry, covariant=True)


@dataclass(frozen=True)
class Bound(Generic[E_co]):
    """An entry together with its settings: complete, checked, not yet imported."""

    entry: E_co
    options: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of the entry."""
        return self.entry.name

    @property
    def key(self) -> str:
        """Canonical spec string: the name and every setting that differs from its default.

        A list that is the only setting stands alone, as in ``transforms:hflip+vflip``.
        """
        changed = [
            f"{p.name}={_plain(self.options[p.name])}"
            for p in self.entry.params
            if p.default is REQUIRED or self.options[p.name] != p.check(p.default, self.name)
        ]
        if changed and len(self.entry.params) == 1 and self.entry.params[0].type in LIST_TYPES:
            changed = [changed[0].partition("=")[2]]
        return f"{self.name}:{','.join(changed)}" if changed else self.name

    def load(self) -> Any:
        """Import and return the implementation, without the settings."""
        return self.entry.load()

    def call(self, *args: Any, **more: Any) -> Any:
        """Call the implementation with the settings as keyword arguments."""
        return self.entry.load()(*args, **self.options, **more)


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return "+".join(map(_plain, value))
    return repr(value) if isinstance(value, float) else str(value)


class Registry(Generic[E]):
    """All entries of one kind, by name.

    Args:
        kind: what an entry is, in words, for error messages.
        group: entry-point group through which other distributions add entries. Each entry point
            loads an entry or a list of entries; one that cannot be read or registered is left out
            with a :class:`BrokenPluginWarning`.
        entry_type: the type of the entries.
    """

    def __init__(self, kind: str, group: str, entry_type: type[E]) -> None:
        self.kind = kind
        self.group = group
        self.entry_type = entry_type
        self._entries: dict[str, E] = {}
        self._outside_read = False
        self._lock = threading.RLock()
        self._plugins: list[Plugin] = []

    def add(self, *entries: E) -> None:
        """Register entries.

        Raises:
            ConfigError: for an entry of another type, or a name that is registered already: entries
                are never replaced.
        """
        added: dict[str, E] = {}
        for entry in entries:
            if not isinstance(entry, self.entry_type):
                raise wrong_entry(self.kind, entry, self.entry_type)
            if entry.name in self._entries or entry.name in added:
                raise ConfigError(f"The {self.kind} {entry.name!r} is registered already.")
            added[entry.name] = entry
        self._entries |= added

    def _all(self) -> dict[str, E]:
        with self._lock:
            if not self._outside_read:
                self._outside_read = True  # a plug-in may look up our entries while it is imported
                ours = dict(self._entries)
                try:
                    self._plugins = read_plugins(self.group, self._add_from_outside)
                except BaseException:  # Ctrl-C: the next look reads them again
                    self._entries, self._outside_read = ours, False
                    raise
        return self._entries

    def _add_from_outside(self, entries: Sequence[object], origin: str) -> list[str]:
        """Register the entries of a plug-in, all or none, and return their names."""
        sound: list[E] = []
        for entry in entries:
            if not isinstance(entry, self.entry_type):
                raise wrong_entry(self.kind, entry, self.entry_type)
            require_sound(entry, self.entry_type)
            _require_defaults(entry)
            sound.append(replace(entry, origin=origin))
        self.add(*sound)
        return [entry.name for entry in sound]

    def plugins(self) -> list[Plugin]:
        """Return the plug-ins of this registry, those left out included."""
        self._all()
        return list(self._plugins)

    def names(self) -> list[str]:
        """Every registered name, in the order of registration."""
        return list(self._all())

    def __iter__(self) -> Iterator[E]:
        return iter(list(self._all().values()))

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def entry(self, name: str) -> E:
        """Return an entry.

        Raises:
            ConfigError: with the nearest registered name, if there is no entry of this name.
        """
        try:
            return self._all()[name]
        except KeyError:
            raise unknown_name(self.kind, name, self._all()) from None

    def get(self, name: str) -> Any:
        """Import and return the implementation registered under a name."""
        return self.entry(name).load()

    def bind(self, spec: str | Mapping[str, Any]) -> Bound[E]:
        """Parse a spec and check its settings.

        Args:
            spec: ``"name"``, ``"name:value,value"`` (in the order of the entry's ``params``),
                ``"name:key=value"``, ``"grid:4x4"``, or a mapping with ``name`` and settings. A
                list inside a spec string is joined with ``+``.

        Raises:
            ConfigError: for an unknown name or a setting that does not fit.
        """
        if isinstance(spec, str):
            name, _, text = spec.partition(":")
            entry = self.entry(name.strip())
            return entry.bind(_parse_arguments(entry, text), self.kind)
        options = dict(spec)
        name = options.pop("name", None)
        if name is None:
            raise ConfigError(
                f"A {self.kind} was given without a name: {quoted(dict(spec))}; add name:, e.g. "
                f"{', '.join(self.names()[:3])}."
            )
        return self.entry(str(name)).bind(options, self.kind)


def _require_defaults(entry: Entry) -> None:
    for param in entry.params:
        if param.default is not REQUIRED:
            param.check(param.default, entry.name)


def _parse_arguments(entry: Entry, text: str) -> dict[str, Any]:
    """Return the settings in the part of a spec string after the colon."""
    if not text.strip():
        return {}
    text = re.sub(r"^(\d+)x(\d+)(?=,|$)", r"\1,\2", text.strip())
    parts = [part.strip() for part in text.split(",")]
    if len(entry.params) == 1 and entry.params[0].type in {"ints", "floats", "strs"}:
        return {entry.params[0].name: _listed("+".join(p.split("=", 1)[-1] for p in parts))}
    options: dict[str, Any] = {}
    for position, part in enumerate(parts):
        key, separator, value = part.partition("=")
        if not separator:
            if position >= len(entry.params):
                raise ConfigError(
                    f"{entry.name}:{shown(text, 60)} gives {len(parts)} values; {entry.name} takes "
                    f"{len(entry.params)}."
                )
            key, value = entry.params[position].name, part
        types = {p.name: p.type for p in entry.params}
        options[key] = _listed(value) if types.get(key) in {"ints", "floats", "strs"} else value
    return options


def _listed(value: str) -> list[str]:
    return [item for item in value.split("+") if item]


def lazy_exports(
    package: str, targets: Mapping[str, str]
) -> tuple[Callable[[str], Any], list[str]]:
    """Return ``__getattr__`` and ``__all__`` of a package that imports names at first use.

    Args:
        package: ``__name__`` of the package.
        targets: public name ► ``module:attribute``.
    """

    def get(name: str) -> Any:
        target = targets.get(name)
        if target is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return load(target)

    return get, sorted(targets)


__all__ = [
    "LIST_TYPES",
    "REQUIRED",
    "Bound",
    "Entry",
    "Param",
    "ParamType",
    "Registry",
    "lazy_exports",
    "load",
]
