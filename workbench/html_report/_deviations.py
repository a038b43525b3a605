"""How far an experiment is from the protocol that it is named after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.engine.plan import resolve
from workbench.html_report._parts import Part, Section, Text, table
from workbench.presets import PRESETS, cells_of, load

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord

_ELSEWHERE = {"name", "description", "scaled"}
"""Not settings; what is scaled has a table of its own."""


def deviations(record: ExperimentRecord) -> Section:
    """Return what an experiment changes of a preset: what its record says, and what differs."""
    config = record.config
    parts: list[Part] = []
    if config.scaled is not None:
        changes = [(change,) for change in config.scaled.changes]
        parts.append(Text(config.scaled.sentence, "warning"))
        parts.append(table("What the scale changes", ("Setting: there ► here",), changes))
    parts += _from_preset(record.name, config.plain())
    if not parts:
        text = (
            "This experiment has the name of no built-in preset, and its record names no protocol "
            "of a paper that it follows; the methods name their sources below."
        )
        parts.append(Text(text))
    parts += _published(config.scaled.of if config.scaled else record.name)
    return Section("deviations", "Deviations from the protocol", tuple(parts))


def _published(preset: str) -> list[Part]:
    """Return what papers print of a preset, to be held against the results above."""
    rows = [
        (
            cell.paper,
            cell.table,
            cell.row,
            cell.column,
            "unresolved" if cell.value is None else f"{cell.value:g}",
            None if cell.spread is None else f"{cell.spread:g}",
            cell.unit,
            cell.budget or None,
        )
        for cell in cells_of(preset)
    ]
    if not rows:
        return []
    headers = ("Paper", "Where", "Row", "Column", "Value", "Spread", "Unit", "Budget")
    title = f"What the papers print of {preset}"
    return [table(title, headers, rows, numbers=(4, 5), closed=True)]


def _from_preset(name: str, values: Mapping[str, Any]) -> list[Part]:
    if name not in PRESETS:
        return []
    preset = dict(_flat(_by_name(resolve(load(name)).config.plain())))
    here = dict(_flat(_by_name(values)))
    rows = [
        (key, preset.get(key), here.get(key))
        for key in dict.fromkeys([*preset, *here])
        if preset.get(key) != here.get(key)
    ]
    if not rows:
        return [Text(f"Every setting is that of the built-in preset {name}.")]
    title = f"Settings that differ from the built-in preset {name} of this version"
    return [table(title, ("Setting", "Preset", "Here"), rows)]


def _by_name(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with every method under its name, so that each differs by itself."""
    methods = {method["name"]: {**method, "name": None} for method in values["methods"]}
    return {**values, "methods": methods}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield every setting that has a value, by its dotted path."""
    for key, value in values.items():
        path = f"{prefix}{key}"
        if path in _ELSEWHERE or value is None:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        else:
            yield path, json.dumps(value, ensure_ascii=False)
