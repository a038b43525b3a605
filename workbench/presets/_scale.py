"""Makes the smaller form of an experiment, and lists what it changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from workbench import yaml_text
from workbench.config import ExperimentConfig
from workbench.errors import ConfigError, shown, unknown_name
from workbench.experiment_file import put
from workbench.presets._file import SCALES, ExperimentFile
from workbench.scaled import Scaled

_ABOUT = ("name", "description", "scaled")
"""What says what an experiment is, and not what it does."""

_LONGEST = 160
"""Characters of a value in the list of changes."""


def scaled_values(found: ExperimentFile, scale: str, source: str) -> dict[str, Any]:
    """Return the values of an experiment at a scale, under a name that tells the scale.

    Raises:
        ConfigError: for a scale that is not known, or that the file does not describe.
    """
    if scale not in SCALES:
        raise unknown_name("scale", scale, SCALES)
    if scale not in found.scales:
        raise ConfigError(
            f"{shown(source, 60)} has no section {scale}, so that it has no such form; run it "
            "without --scale, or write what changes there, e.g. {learner.epochs: 5}."
        )
    values = copy.deepcopy(found.values)
    for path, value in found.scales[scale].items():
        put(values, path, copy.deepcopy(value), f"{shown(source, 60)}, {scale}")
    values["name"] = f"{values.get('name', '')}-{scale}"
    return values


def told(config: ExperimentConfig, published: ExperimentConfig, scale: str) -> ExperimentConfig:
    """Return a smaller form with the list of what differs from the published one."""
    changes = tuple(_changes(published.plain(), config.plain()))
    return config.model_copy(
        update={"scaled": Scaled(to=scale, of=published.name, changes=changes)}
    )


def _changes(there: Mapping[str, Any], here: Mapping[str, Any], within: str = "") -> Iterator[str]:
    for key in dict.fromkeys((*there, *here)):
        path = f"{within}{key}"
        before, now = _by_name(key, there.get(key)), _by_name(key, here.get(key))
        if before == now or path in _ABOUT:
            continue
        both = isinstance(before, Mapping) and isinstance(now, Mapping)
        if both and before.get("name") == now.get("name"):
            yield from _changes(before, now, f"{path}.")
        else:
            yield f"{path}: {_text(before)} ► {_text(now)}"


def _by_name(key: str, value: Any) -> Any:
    """Return methods and references as name ► definition; any other value as it is."""
    named = key in {"methods", "references"} and value
    return {one["name"]: one for one in value} if named else value


def _text(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, Mapping):
        given = {k: v for k, v in value.items() if k != "name" and v is not None}
        settings = ", ".join(f"{k} {_text(v)}" for k, v in given.items())
        name = value.get("name", "")
        text = f"{name} ({settings})" if name and settings else name or settings
    else:
        text = yaml_text.dump(value, flow=True).strip().removesuffix("...").strip()
    return shown(text, _LONGEST)
