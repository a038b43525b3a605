"""Reads preset and experiment files: what they extend, and their smaller forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import ConfigError, quoted, shown, unknown_name
from workbench.experiment_file import read_values

FOLDER = Path(__file__).parent

PRESETS = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
"""Names of the presets."""

SCALES = ("laptop",)
"""Names of the smaller forms that a file may describe, each in a section of that name."""


@dataclass(frozen=True)
class ExperimentFile:
    """What a file of a preset or an experiment holds, not yet checked against the schema.

    Attributes:
        values: the experiment, with what it takes from the preset that it extends.
        scales: scale ► dotted path ► the value there at that scale.
    """

    values: dict[str, Any]
    scales: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read(name_or_path: str) -> ExperimentFile:
    """Read a preset by its name, or an experiment file by its path.

    Args:
        name_or_path: a name of ``PRESETS``, or a path; a text that ends in .yaml or .yml, or
            contains a slash, is a path.

    Raises:
        ConfigError: if it does not exist or is not YAML, or extends what it cannot extend.
    """
    path = _path(name_or_path)
    found = _split(read_values(path), path)
    parent = found.values.pop("extends", None)
    if parent is None:
        return found
    if parent not in PRESETS:
        raise unknown_name(f"preset that {shown(path, 60)} extends,", str(parent), PRESETS)
    base = _split(read_values(_path(parent)), _path(parent))
    if "extends" in base.values:
        raise ConfigError(
            f"{shown(path, 60)} extends {parent}, which extends {shown(base.values['extends'])} "
            "itself; name that one, and what differs."
        )
    values = _merged(base.values, found.values)
    scales = {
        scale: {**_of_listed(base.scales.get(scale, {}), values), **found.scales.get(scale, {})}
        for scale in SCALES
        if scale in base.scales or scale in found.scales
    }
    return ExperimentFile(values, scales)


def _of_listed(changes: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes of a form without those of methods that an experiment does not list."""
    listed = {m.get("name") if isinstance(m, dict) else m for m in values.get("methods") or ()}
    steps = {path: path.split(".") for path in changes}
    return {
        path: value
        for path, value in changes.items()
        if steps[path][0] != "methods" or len(steps[path]) < 2 or steps[path][1] in listed
    }


def _path(name_or_path: str) -> Path:
    if name_or_path in PRESETS:
        return FOLDER / f"{name_or_path}.yaml"
    if name_or_path.endswith((".yaml", ".yml")) or "/" in name_or_path:
        return Path(name_or_path)
    raise unknown_name("preset or experiment file", name_or_path, PRESETS)


def _split(values: dict[str, Any], path: Path) -> ExperimentFile:
    """Take the sections of the scales out of the values of a file."""
    scales = {scale: values.pop(scale) for scale in SCALES if scale in values}
    for scale, changes in scales.items():
        if not isinstance(changes, dict):
            raise ConfigError(
                f"In {shown(path, 60)}: {scale} is {quoted(changes, 50)}; wanted paths and values, "
                "e.g. {learner.epochs: 5}."
            )
    return ExperimentFile(values, scales)


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a preset with those of the file that extends it.

    Sections merge key by key; lists and single values are replaced. A part of another name replaces
    the whole part.
    """
    merged = dict(base)
    for key, value in own.items():
        before = base.get(key)
        if isinstance(before, str) and isinstance(value, dict):
            before = {"name": before}
        merged[key] = value
        if isinstance(before, dict) and isinstance(value, dict):
            same = value.get("name", before.get("name")) == before.get("name")
            merged[key] = _merged(before, value) if same else value
    return merged
