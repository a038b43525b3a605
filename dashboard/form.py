"""The form of an experiment, drawn from the config's schema and the registries.

A new setting of the schema, a new registered dataset, model or learner and each of its parameters
shows up here by itself. Every field returns what YAML would hold; fields left at their defaults are
left out, so that the YAML stays as short as a person would write it. Nothing is checked here: that
is the schema's and the registries' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from dashboard import parts
from dashboard.text import plain
from workbench import yaml_text
from workbench.acquisition import ACQUISITIONS
from workbench.config import ExperimentConfig, Method
from workbench.datasets import DATASETS
from workbench.datasets.pools import POOLS
from workbench.errors import ConfigError
from workbench.learning import LEARNERS, RIDERS
from workbench.methods import METHODS
from workbench.models import MODELS
from workbench.registry import REQUIRED, Registry
from workbench.units import UNITS

_REGISTRIES: dict[str, Registry[Any]] = {
    "dataset": DATASETS,
    "pool": POOLS,
    "units": UNITS,
    "model": MODELS,
    "learner": LEARNERS,
}
_OPEN = {"dataset", "units", "model", "learner", "methods", "budget"}
"""Parts that most experiments differ in; the others start folded."""

_KEPT = {"scaled"}
"""Parts without fields, which stay as the file or preset has them: what it is a smaller form of is
a record, not a setting."""


def experiment(start: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Draw the whole form.

    Args:
        start: a config as YAML holds it, whose values the fields start with.
        key: names this form; another key starts afresh from ``start``.

    Returns:
        The config as YAML would hold it, unchecked.
    """
    schema = ExperimentConfig.model_json_schema()
    values: dict[str, Any] = {}
    others = {"methods", "riders", "references", *_KEPT, *_REGISTRIES}
    plain = {n: s for n, s in schema["properties"].items() if "$ref" not in s and n not in others}
    with st.container(border=True):
        values |= fields(plain, start, key, required=schema["required"])
    for name, part in schema["properties"].items():
        if name in plain:
            continue
        if name in _KEPT:
            values |= {name: start[name]} if start.get(name) else {}
            continue
        with st.expander(parts.title(name), expanded=name in _OPEN):
            value = _part(name, part, schema, start.get(name), f"{key}.{name}")
        if value not in ({}, [], None):
            values[name] = value
    order = list(schema["properties"])
    return dict(sorted(values.items(), key=lambda item: order.index(item[0])))


def brief(config: ExperimentConfig) -> dict[str, Any]:
    """Return a config as a person would write it: what is at its default is left out."""
    values: dict[str, Any] = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for name, registry in _REGISTRIES.items():
        if name in values:
            values[name] = _brief_component(registry, getattr(config, name).spec)
    if "riders" in values:
        values["riders"] = [_brief_component(RIDERS, rider.spec) for rider in config.riders]
    values["methods"] = [_brief_method(choice) for choice in config.methods]
    if "references" in values:
        values["references"] = [_short(one) for one in values["references"]]
    return {key: value for key, value in values.items() if value != {}}


def _brief_component(registry: Registry[Any], spec: Any) -> Any:
    bound = registry.bind(spec)
    changed = {}
    for param in bound.entry.params:
        value = bound.options[param.name]
        if param.default is REQUIRED or value != param.check(param.default, ""):
            changed[param.name] = list(value) if isinstance(value, tuple) else value
    return {"name": bound.name, **changed} if changed else bound.name


def _brief_method(choice: Method) -> Any:
    """Return a method without what it shares with the registered one of its name, or defaults."""
    given = choice.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    name = given.pop("name")
    common = METHODS.entry(name).parts if name in METHODS else Method(name=name).model_dump()
    own = {key: value for key, value in given.items() if value != common.get(key)}
    return {"name": name, **own} if own else name


def _short(named: dict[str, Any]) -> Any:
    """Return what has a name and nothing else as its name."""
    return named if len(named) > 1 else named["name"]


def _part(name: str, part: Mapping[str, Any], schema: Any, start: Any, key: str) -> Any:
    if name == "methods":
        return methods(start or [], schema["$defs"]["Method"]["properties"], key)
    if name == "riders":
        return riders(start or [], key)
    if name == "references":
        return references(start or [], schema["$defs"]["Reference"]["properties"], key)
    if name in _REGISTRIES:
        return component(_REGISTRIES[name], start or part.get("default"), key)
    section = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return fields(section["properties"], start or {}, key, required=section.get("required", []))


def component(registry: Registry[Any], start: Any, key: str) -> str | dict[str, Any] | None:
    """Draw the choice of a registered thing and its settings."""
    start = {"name": start} if isinstance(start, str) else dict(start or {})
    chosen = parts.part(registry, key, _bound(registry, start))
    return chosen["name"] if chosen and len(chosen) == 1 else chosen


def riders(start: list[Any], key: str) -> list[Any]:
    """Draw the choice of riders and the settings of each; none of them: as the methods need."""
    named = [_bound(RIDERS, {"name": r} if isinstance(r, str) else dict(r)) for r in start]
    given = {rider["name"]: rider for rider in named}
    chosen = st.multiselect(
        "Riders",
        RIDERS.names(),
        [name for name in given if name in RIDERS],
        key=f"{key}.names",
        placeholder="as the methods need",
        help=_summaries(RIDERS),
    )
    found = []
    for name in chosen:
        values = parts.settings(RIDERS.entry(name), f"{key}-{name}", given.get(name, {}))
        found.append({"name": name, **values} if values else name)
    return found


def _summaries(registry: Registry[Any]) -> str:
    return "  \n".join(f"**{plain(entry.name)}**: {plain(entry.summary)}" for entry in registry)


def _bound(registry: Registry[Any], start: dict[str, Any]) -> dict[str, Any]:
    """Spell out a spec string such as ``grid:4x4``, so that each setting finds its field."""
    if ":" not in str(start.get("name", "")):
        return start
    found = registry.bind(start["name"])
    return {"name": found.name, **found.options}


def fields(
    properties: Mapping[str, Any], start: Mapping[str, Any], key: str, required: list[str]
) -> dict[str, Any]:
    """Draw a section's fields from its JSON schema; return what differs from the defaults."""
    values: dict[str, Any] = {}
    with st.grid(4, min_column_width=118, vertical_alignment="bottom") as grid:
        for name, schema in properties.items():
            default = schema.get("default")
            # a text that may stay empty is a sentence; it gets a line of its own
            with grid.cell(column_span="all" if default == "" else 1):
                value = _field(name, schema, start.get(name, default), f"{key}.{name}")
            if value is not None and (name in required or value != default):
                values[name] = value
    return values


def _field(name: str, schema: Mapping[str, Any], shown: Any, key: str) -> Any:
    label = parts.title(name)
    about: dict[str, Any] = {"key": key, "help": plain(schema.get("description", "")) or None}
    kind = schema.get("type")
    if "enum" in schema:
        return st.selectbox(
            label, schema["enum"], index=parts.index_of(schema["enum"], shown), **about
        )
    if kind == "boolean":
        return st.toggle(label, value=bool(shown), **about)
    if kind in {"integer", "number"}:
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        return parts.number(label, shown, whole=kind == "integer", ends=(low, None), **about)
    if kind == "array" and schema.get("items", {}).get("type") == "string":
        names = sorted({*ACQUISITIONS.names(), *(shown or [])})
        return st.multiselect(label, names, shown or [], accept_new_options=True, **about)
    return _written(label, schema, shown, about)


def _written(label: str, schema: Mapping[str, Any], shown: Any, about: dict[str, Any]) -> Any:
    """Draw a field that is typed: a text, a list with commas, a line of YAML."""
    if _is_mapping(schema):
        return _mapping(label, shown, about)
    kinds = {choice.get("type") for choice in schema.get("anyOf", ())}
    if kinds == {"array", "string"}:
        return _text_or_list(label, shown, about)
    listed = schema.get("type") == "array"
    written = parts.text(label, shown, listed=listed, **about)
    if listed:
        return [_number_if_it_is_one(str(item)) for item in written]
    number = kinds == {"number", "string"} and written
    return _number_if_it_is_one(written) if number else written


def _mapping(label: str, shown: Any, about: dict[str, Any]) -> Any:
    """Draw a name or a mapping, a line of YAML; what is no YAML stays text, to be refused."""
    about["help"] = f"{about['help']}; a name, or as YAML, e.g. {{epochs: 1}}"
    return _of_yaml(parts.text(label, _cell(shown), listed=False, **about), about["key"])


def _text_or_list(label: str, shown: Any, about: dict[str, Any]) -> Any:
    """Draw one name or a list of names; with a comma it is a list, ``val,`` a list of one."""
    if isinstance(shown, list | tuple):
        shown = f"{shown[0]}," if len(shown) == 1 else ", ".join(shown)
    written = parts.text(label, shown, listed=False, **about)
    if written is None or "," not in written:
        return written
    return [name for item in written.split(",") if (name := item.strip())]


def _number_if_it_is_one(written: str) -> int | float | str:
    """Return a number as YAML would read it, e.g. of a budget; ``10%`` stays a text."""
    for convert in (int, float):
        with suppress(ValueError):
            return convert(written)
    return written


def methods(start: list[Any], properties: Mapping[str, Any], key: str) -> list[Any]:
    """Draw the choice of methods: registered ones by name, others as rows of a table.

    Args:
        start: names, and mappings as YAML would hold them.
        properties: JSON schema of a method's keys; each is a column.
        key: names the fields.

    Returns:
        The methods as YAML would hold them: those of ``start`` in its order, then the others.
    """
    listed = [{"name": m} if isinstance(m, str) else dict(m) for m in start]
    own = [m for m in listed if len(m) > 1 or m["name"] not in METHODS]
    chosen = st.multiselect(
        "Registered methods",
        METHODS.names(),
        [m["name"] for m in listed if m not in own],
        key=f"{key}.registered",
        help=_summaries(METHODS),
    )
    about = "Methods of your own: a name, and what differs from the registered one of that name."
    written = _rows(own, properties, about, f"{key}.own")
    place = {m["name"]: number for number, m in enumerate(listed)}
    found = [*({"name": name} for name in chosen), *written]
    found.sort(key=lambda m: place.get(m["name"], len(place)))
    return [_short(m) for m in found]


def references(start: list[Any], properties: Mapping[str, Any], key: str) -> list[Any]:
    """Draw the references as rows of a table.

    Args:
        start: names, and mappings as YAML would hold them.
        properties: JSON schema of a reference's keys; each is a column.
        key: names the fields.

    Returns:
        The references as YAML would hold them.
    """
    listed = [{"name": one} if isinstance(one, str) else dict(one) for one in start]
    about = (
        "Networks trained once a seed on the whole pool's labels: a name, e.g. supervised, and "
        "what differs from the network that is reported."
    )
    return [_short(one) for one in _rows(listed, properties, about, f"{key}.rows")]


def _rows(
    listed: list[dict[str, Any]], properties: Mapping[str, Any], about: str, key: str
) -> list[dict[str, Any]]:
    """Draw named things as rows of a table; return those with a name, as YAML would hold them."""
    properties = {"name": properties["name"], **properties}
    rows = [{k: _cell(one.get(k)) for k in properties} for one in listed]
    mappings = ", ".join(name for name, schema in properties.items() if _is_mapping(schema))
    st.caption(f"{about} Written as YAML, e.g. {{epochs: 1}}: {mappings}.")
    table = st.data_editor(
        rows or [dict.fromkeys(properties)],
        num_rows="dynamic",
        hide_index=True,
        key=key,
        column_config={name: _column(schema) for name, schema in properties.items()},
    )
    return [given for row in table if (given := _given(row, properties)).get("name")]


def _column(schema: Mapping[str, Any]) -> Any:
    """Return how a key of a method is shown in the table."""
    about = schema.get("description", "")
    for choice in schema.get("anyOf", ()):
        if "enum" in choice:
            return st.column_config.SelectboxColumn(help=about, options=choice["enum"])
    example = "; as YAML, e.g. {setting: value}" if _is_mapping(schema) else ""
    example += "; as YAML, e.g. [0, 1]" if _is_list(schema) else ""
    return st.column_config.TextColumn(help=about + example)


def _is_mapping(schema: Mapping[str, Any]) -> bool:
    return any("$ref" in choice for choice in schema.get("anyOf", ()))


def _is_list(schema: Mapping[str, Any]) -> bool:
    return any(choice.get("type") == "array" for choice in schema.get("anyOf", ()))


def _cell(value: Any) -> Any:
    """Return a value as the table shows it: a mapping or a list as a line of YAML."""
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    if not isinstance(value, Mapping):
        return value
    return yaml_text.dump(dict(value), flow=True).strip()


def _given(row: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row of the table says; text that is no YAML stays text, to be refused."""
    given = {key: value for key, value in row.items() if value not in (None, "")}
    of_yaml = [key for key in given if _is_mapping(properties[key]) or _is_list(properties[key])]
    for key in of_yaml:
        given[key] = _of_yaml(given[key], key)
    return given


def _of_yaml(written: Any, source: str) -> Any:
    with suppress(ConfigError):
        return yaml_text.load(written, source) if written else None
    return written
