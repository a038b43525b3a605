"""Built-in experiments, as YAML files in this folder, and what their papers print and advise."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.config import ExperimentConfig, parse_config
from workbench.experiment_file import override
from workbench.presets._file import PRESETS, SCALES, ExperimentFile, read
from workbench.presets._guide import (
    GUIDES,
    BudgetKind,
    Choice,
    Family,
    Finding,
    Guide,
    PoolKind,
    Scenario,
    guide,
)
from workbench.presets._published import PAPERS, Cell, Published, Table, cells_of, published
from workbench.presets._scale import scaled_values, told

_PAPERS = {
    "chen": "Chen et al. 2019",
    "equal": "Golestaneh & Kitani 2020 (EquAL)",
    "meal": "Sreenivasaiah et al. 2021 (MEAL)",
    "mittal": "Mittal et al. 2023 (Best Practices)",
    "cereals": "Mackowiak et al. 2018 (CEREALS), as told by Gu 2020",
    "ceal": "Górriz et al. 2017 (CEAL), as told by Gu 2020",
    "suggestive": "Yang et al. 2017 (Suggestive Annotation), as told by Gu 2020",
    "vaal": "Sinha et al. 2019 (VAAL), as told by Gu 2020",
}
"""What the name of a preset begins with ► its paper."""


def paper_of(name: str) -> str:
    """Return the paper that a preset follows, in words; ``this project`` if it follows none."""
    return _PAPERS.get(name.partition("-")[0], "this project")


def load(
    name_or_path: str, overrides: Iterable[str] = (), scale: str | None = None
) -> ExperimentConfig:
    """Read a preset by its name, or an experiment file by its path.

    Args:
        name_or_path: a name of ``PRESETS``, or a path; a text that ends in .yaml or .yml, or
            contains a slash, is a path.
        overrides: ``path=value`` settings, e.g. ``learner.epochs=5``; they come after the scale.
        scale: a name of ``SCALES``: the smaller form that the file describes; its name ends with
            that of the scale, and ``scaled`` lists what differs.

    Raises:
        ConfigError: if the preset or file does not exist, does not fit the schema, or does not
            describe this scale.
    """
    found = read(name_or_path)
    values = found.values if scale is None else scaled_values(found, scale, name_or_path)
    for text in overrides:
        override(values, text)
    config = parse_config(values, name_or_path)
    if scale is None:
        return config
    return told(config, parse_config(found.values, name_or_path), scale)


def scales_of(name: str) -> tuple[str, ...]:
    """Return the scales that a preset describes.

    Raises:
        ConfigError: if there is no such preset.
    """
    return tuple(read(name).scales)


__all__ = [
    "GUIDES",
    "PAPERS",
    "PRESETS",
    "SCALES",
    "BudgetKind",
    "Cell",
    "Choice",
    "ExperimentFile",
    "Family",
    "Finding",
    "Guide",
    "PoolKind",
    "Published",
    "Scenario",
    "Table",
    "cells_of",
    "guide",
    "load",
    "paper_of",
    "published",
    "scales_of",
]
