"""How far an experiment is from the protocol that it is named after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.engine.plan import resolve
from workbench.figures._paper import beside_paper
from workbench.html_report._parts import Part, Section, Text, number, table
from workbench.presets import PRESETS, load

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord

_ELSEWHERE = {"name", "description", "scaled"}
"""Not settings; what is scaled has a table of its own."""

_HEADERS = (
    *("Where", "Row", "Column", "Paper", "Spread", "Ours", "Standard deviation", "Seeds"),
    *("Difference", "Unit", "At", "Remark"),
)


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
    parts += _published(record)
    return Section("deviations", "Deviations from the protocol", tuple(parts))


def _published(record: ExperimentRecord) -> list[Part]:
    """Return what papers print of an experiment's preset, each number beside ours."""
    found = beside_paper(record.runs())
    if found.table.empty:
        return []
    rows = [
        (
            f"{row['paper']}, {row['table']}",
            row["row"],
            row["column"],
            "unresolved" if row["unresolved"] else number(row["value"], ".4g"),
            number(row["spread"], ".2g"),
            number(row["ours"], ".4g"),
            number(row["sd"], ".2g"),
            row["seeds"],
            number(row["difference"], "+.4g"),
            row["unit"],
            row["at"] or None,
            "; ".join(filter(None, (row["missing"], row["note"]))) or None,
        )
        for row in found.table.to_dict("records")
    ]
    scaled = ", which here is scaled" if record.config.scaled else ""
    title = f"Paper beside ours: what the papers print of {found.preset}{scaled}"
    return [table(title, _HEADERS, rows, numbers=range(3, 9))]


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
