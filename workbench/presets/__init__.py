"""Built-in experiments, as YAML files in this folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workbench.config import ExperimentConfig, load_config
from workbench.errors import unknown_name

_FOLDER = Path(__file__).parent

PRESETS = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
"""Names of the presets."""


def load(name_or_path: str, overrides: Iterable[str] = ()) -> ExperimentConfig:
    """Read a preset by its name, or an experiment file by its path.

    Args:
        name_or_path: a name of ``PRESETS``, or a path; a text that ends in .yaml or .yml, or
            contains a slash, is a path.
        overrides: ``path=value`` settings, e.g. ``learner.epochs=5``.

    Raises:
        ConfigError: if the preset or file does not exist, or does not fit the schema.
    """
    if name_or_path in PRESETS:
        return load_config(_FOLDER / f"{name_or_path}.yaml", overrides)
    if name_or_path.endswith((".yaml", ".yml")) or "/" in name_or_path:
        return load_config(Path(name_or_path), overrides)
    raise unknown_name("preset or experiment file", name_or_path, PRESETS)
