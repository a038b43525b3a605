"""The form of an experiment, drawn from the config's schema and the registries.

A new setting of the schema, a new registered dataset, model or learner and each of its parameters
shows up here by itself. Every field returns what YAML would hold; fields left at their defaults are
left out, so that the YAML stays as short as a person would write it. Nothing is checked here: that
is the schema's and the registries' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, get_args

import streamlit as st

from dashboard import parts
from workbench.acquisition import ACQUISITIONS
from workbench.config import CostView, ExperimentConfig
from workbench.datasets import DATASETS
from workbench.learning import LEARNERS, RIDERS
from workbench.methods import METHODS
from workbench.models import MODELS
from workbench.registry import REQUIRED, Registry
from workbench.units import UNITS

_REGISTRIES: dict[str, Registry[Any]] = {
    "dataset": DATASETS,
    "units": UNITS,
    "model": MODELS,
    "learner": LEARNERS,
}
_OPEN = {"dataset", "units", "model", "learner", "methods", "budget"}
"""Parts that most experiments differ in; the others start folded."""


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
    others = {"methods", "riders", *_REGISTRIES}
    plain = {n: s for n, s in schema["properties"].items() if "$ref" not in s and n not in others}
    with st.container(border=True):
        values |= fields(plain, start, key, required=schema["required"])
    for name, part in schema["properties"].items():
        if name in plain:
            continue
        with st.expander(parts.title(name), expanded=name in _OPEN):
            value = _part(name, part, schema, start.get(name), f"{key}.{name}")
        if value not in ({}, [], None):
            values[name] = value
    order = list(schema["properties"])
    return dict(sorted(values.items(), key=lambda item: order.index(item[0])))


def brief(config: ExperimentConfig) -> dict[str, Any]:
    """Return a config as a person would write it: what is at its default is left out."""
    values: dict[str, Any] = config.model_dump(mode="json", exclude_defaults=True)
    for name, registry in _REGISTRIES.items():
        if name in values:
            values[name] = _brief_component(registry, getattr(config, name).spec)
    if "riders" in values:
        values["riders"] = [_brief_component(RIDERS, rider.spec) for rider in config.riders]
    values["methods"] = [_brief_method(choice) for choice in values["methods"]]
    return {key: value for key, value in values.items() if value != {}}


def _brief_component(registry: Registry[Any], spec: Any) -> Any:
    bound = registry.bind(spec)
    changed = {}
    for param in bound.entry.params:
        value = bound.options[param.name]
        if param.default is REQUIRED or value != param.check(param.default, ""):
            changed[param.name] = list(value) if isinstance(value, tuple) else value
    return {"name": bound.name, **changed} if changed else bound.name


def _brief_method(choice: dict[str, Any]) -> Any:
    given = _given(choice)
    name = given["name"]
    registered = METHODS.entry(name).parts if name in METHODS else {}
    return name if given.items() <= {**registered, "name": name}.items() else given


def _part(name: str, part: Mapping[str, Any], schema: Any, start: Any, key: str) -> Any:
    if name == "methods":
        return methods(start or [], key)
    if name == "riders":
        return riders(start or [], key)
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
        help="  \n".join(f"**{entry.name}**: {entry.summary}" for entry in RIDERS),
    )
    found = []
    for name in chosen:
        values = parts.settings(RIDERS.entry(name), f"{key}-{name}", given.get(name, {}))
        found.append({"name": name, **values} if values else name)
    return found


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
    about: dict[str, Any] = {"key": key, "help": schema.get("description")}
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
    written = parts.text(label, shown, listed=kind == "array", **about)
    kinds = {choice.get("type") for choice in schema.get("anyOf", ())}
    if kinds == {"number", "string"} and isinstance(written, str):
        return _number_if_it_is_one(written)
    return written


def _number_if_it_is_one(written: str) -> int | float | str:
    """Return a number as YAML would read it, e.g. of a budget; ``10%`` stays a text."""
    for convert in (int, float):
        with suppress(ValueError):
            return convert(written)
    return written


def methods(start: list[Any], key: str) -> list[Any]:
    """Draw the choice of methods: registered ones by name, others as rows of a table."""
    names = [m if isinstance(m, str) else m["name"] for m in start]
    own = [m for m in start if not isinstance(m, str) and len(_given(m)) > 1]
    mine = {m["name"] for m in own}
    chosen = st.multiselect(
        "Registered methods",
        METHODS.names(),
        [n for n in names if n in METHODS and n not in mine],
        key=f"{key}.registered",
        help="  \n".join(f"**{entry.name}**: {entry.summary}" for entry in METHODS),
    )
    columns = ("name", "score", "aggregation", "selector", "pool_filter", "costs")
    rows = [{c: m.get(c) for c in columns} for m in own] or [dict.fromkeys(columns)]
    st.caption(
        "Methods of your own: a name, and what differs from the registered one of that name."
    )
    table = st.data_editor(
        rows,
        num_rows="dynamic",
        hide_index=True,
        key=f"{key}.own",
        column_config={
            "score": st.column_config.TextColumn(
                help="e.g. margin, total_entropy@transforms:hflip"
            ),
            "aggregation": st.column_config.TextColumn(help="e.g. mean, count_above:0.69"),
            "selector": st.column_config.TextColumn(help="e.g. top_k, k_center, random"),
            "pool_filter": st.column_config.TextColumn(help="e.g. every_nth_frame:5"),
            "costs": st.column_config.SelectboxColumn(options=get_args(CostView)),
        },
    )
    return [*chosen, *(given for row in table if (given := _given(row)).get("name"))]


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if v not in (None, "")}
