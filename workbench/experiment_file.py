"""Reads experiment files: YAML that is not yet checked against the schema."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench import yaml_text
from workbench.errors import ConfigError, quoted, shown, unknown_name


def read_values(path: Path, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """Return the values of an experiment's YAML file, with ``path=value`` overrides applied.

    Raises:
        ConfigError: if the file is missing or is not YAML, or an override is not of that form.
    """
    values = yaml_text.read(path, "experiment file", "`workbench presets` lists the built-in ones")
    if not isinstance(values, dict):
        raise ConfigError(f"{shown(path)} holds {type(values).__name__}; wanted keys and values.")
    for text in overrides:
        override(values, text)
    return values


def put(values: dict[str, Any], path: str, value: Any, what: str) -> None:
    """Set the value at a dotted path, e.g. ``learner.epochs``; sections are made on the way.

    Args:
        values: of an experiment's file; changed in place.
        path: keys, joined by dots; in a list of parts, such as the methods, their names are keys.
        value: what to set.
        what: what asks for it, for messages, e.g. ``--set learner.epochs``.

    Raises:
        ConfigError: if a key on the way is no section, or the path ends in a list.
    """
    *parents, last = path.split(".")
    node: Any = values
    for parent in parents:
        node = _named(node, parent, what) if isinstance(node, list) else _at(node, parent)
        if not isinstance(node, dict | list):
            raise ConfigError(
                f"{what}: {shown(parent, 40)} is not a section, so nothing can be set in it."
            )
    if isinstance(node, list):
        raise ConfigError(
            f"{what}: {shown(parents[-1], 40)} is a list; name one of its parts and a key of it, "
            f"as in {shown(parents[-1], 40)}.NAME.KEY."
        )
    node[last] = value


def _at(node: dict[str, Any], key: str) -> Any:
    """Return the value of a key; a part that is only a name becomes a section, a missing one is."""
    if isinstance(node.get(key), str):
        node[key] = {"name": node[key]}
    return node.setdefault(key, {})


def _named(parts: list[Any], name: str, what: str) -> dict[str, Any]:
    """Return the part of this name in a list, such as a method; a name alone becomes a section."""
    names = [part.get("name") if isinstance(part, dict) else part for part in parts]
    if name not in names:
        raise unknown_name(f"part that {what} names,", name, [str(one) for one in names])
    place = names.index(name)
    if not isinstance(parts[place], dict):
        parts[place] = {"name": name}
    found: dict[str, Any] = parts[place]
    return found


def override(values: dict[str, Any], text: str) -> None:
    """Apply one ``path=value`` override; the value is read as YAML.

    Raises:
        ConfigError: if it is not of that form.
    """
    path, separator, raw = text.partition("=")
    if not separator or not path.strip():
        raise ConfigError(
            f"--set {quoted(text)} is not of the form path=value, e.g. learner.epochs=5."
        )
    value = yaml_text.load(raw, f"--set {path}")
    put(values, path.strip(), value, f"--set {shown(path.strip(), 60)}")
