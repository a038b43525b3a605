"""Reads experiment files: YAML that is not yet checked against the schema."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import ConfigError


def read_values(path: Path, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """Return the values of an experiment's YAML file, with ``path=value`` overrides applied.

    Raises:
        ConfigError: if the file is missing or is not YAML, or an override is not of that form.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"There is no experiment file {path}; `workbench presets` lists the built-in ones."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The experiment file {path} cannot be read: {error}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise ConfigError(f"{path} is not valid YAML{where}: {problem}.") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds {type(values).__name__}; wanted keys and values.")
    for text in overrides:
        _override(values, text)
    return values


def _override(values: dict[str, Any], text: str) -> None:
    path, separator, raw = text.partition("=")
    if not separator or not path.strip():
        raise ConfigError(f"--set {text!r} is not of the form path=value, e.g. learner.epochs=5.")
    *parents, last = path.strip().split(".")
    node: Any = values
    for parent in parents:
        if isinstance(node.get(parent), str):
            node[parent] = {"name": node[parent]}
        node = node.setdefault(parent, {})
        if not isinstance(node, dict):
            raise ConfigError(
                f"--set {path}: {parent} is not a section, so nothing can be set in it."
            )
    try:
        node[last] = yaml.safe_load(raw)
    except yaml.YAMLError:
        raise ConfigError(f"--set {path}: {raw!r} is not a YAML value.") from None
