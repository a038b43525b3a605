"""Reads experiment files: YAML that is not yet checked against the schema."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench import yaml_text
from workbench.errors import ConfigError, quoted, shown


def read_values(path: Path, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """Return the values of an experiment's YAML file, with ``path=value`` overrides applied.

    Raises:
        ConfigError: if the file is missing or is not YAML, or an override is not of that form.
    """
    values = yaml_text.read(path, "experiment file", "`workbench presets` lists the built-in ones")
    if not isinstance(values, dict):
        raise ConfigError(f"{shown(path)} holds {type(values).__name__}; wanted keys and values.")
    for text in overrides:
        _override(values, text)
    return values


def _override(values: dict[str, Any], text: str) -> None:
    path, separator, raw = text.partition("=")
    if not separator or not path.strip():
        raise ConfigError(
            f"--set {quoted(text)} is not of the form path=value, e.g. learner.epochs=5."
        )
    *parents, last = path.strip().split(".")
    node: Any = values
    for parent in parents:
        if isinstance(node.get(parent), str):
            node[parent] = {"name": node[parent]}
        node = node.setdefault(parent, {})
        if not isinstance(node, dict):
            raise ConfigError(
                f"--set {shown(path, 60)}: {shown(parent, 40)} is not a section, so nothing can be "
                "set in it."
            )
    node[last] = yaml_text.load(raw, f"--set {path}")
