"""Draws the choice of a registered thing and its settings: for the form and for what-if.

A new thing, and each of its settings, shows up by its registration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import address
from dashboard.text import plain
from workbench.registry import LIST_TYPES, REQUIRED, Entry, Param, Registry

Range = tuple[float | None, float | None]

_SLIDER = 2  # from -1 to 1, from 0 to 2; a hundredth is seen on it

UNSET = object()
"""What :func:`setting` returns for a setting that stays at its default."""


def part(
    registry: Registry[Any],
    key: str,
    start: Mapping[str, Any],
    *,
    names: Sequence[str] | None = None,
    ranges: Mapping[str, Range] | None = None,
    none: str | None = None,
    kept: bool = False,
) -> dict[str, Any] | None:
    """Draw the choice of one thing of a registry, and its settings.

    Args:
        registry: what there is.
        key: key of the choice; that of a setting is ``KEY-NAME-SETTING``.
        start: ``name`` and settings that the fields start with; empty: nothing, where that is a
            choice, else the first.
        names: what of the registry can be chosen; all of it if left out.
        ranges: setting ► lowest and highest value, in the place of its entry's.
        none: what the choice of nothing is called; left out: something must be chosen.
        kept: whether every value stands in the address.

    Returns:
        ``name`` and the settings that differ from their defaults; ``None`` for nothing.
    """
    offered = [*([none] if none else []), *(registry.names() if names is None else names)]
    index = offered.index(start["name"]) if start.get("name") in offered else 0
    if kept:
        address.one(key, registry.kind, offered, offered[index])
    name = st.selectbox(registry.kind.capitalize(), offered, index, key=key)
    if name == none:
        return None
    entry = registry.entry(name)
    st.caption(plain(entry.summary))
    given = start if start.get("name") == name else {}
    return {"name": name, **settings(entry, f"{key}-{name}", given, ranges=ranges, kept=kept)}


def settings(
    entry: Entry,
    key: str,
    start: Mapping[str, Any],
    *,
    ranges: Mapping[str, Range] | None = None,
    kept: bool = False,
) -> dict[str, Any]:
    """Draw the settings of a registered thing.

    Args:
        entry: the thing.
        key: key of the fields; that of a setting is ``KEY-SETTING``.
        start: settings that the fields start with.
        ranges: see :func:`part`; likewise ``kept``.
        kept: see there.

    Returns:
        the settings that differ from their defaults.
    """
    values: dict[str, Any] = {}
    if entry.params:
        with st.grid(4, min_column_width=118, vertical_alignment="bottom"):
            for param in entry.params:
                shown = start.get(param.name, UNSET)
                ends = (ranges or {}).get(param.name, (param.low, param.high))
                value = setting(param, shown, f"{key}-{param.name}", ends, kept)
                if value is not UNSET:
                    values[param.name] = value
    return values


def setting(
    param: Param, given: Any, key: str, ends: Range = (None, None), kept: bool = False
) -> Any:
    """Draw one setting.

    Args:
        param: its schema.
        given: the value that the field starts with; ``UNSET`` for the default.
        key: key of the field.
        ends: lowest and highest value; a share is a slider where ``kept`` is true.
        kept: whether the value stands in the address.

    Returns:
        the value, ``UNSET`` if it is the default.
    """
    missing = param.default is REQUIRED
    default = None if missing else param.default
    shown = default if given is UNSET else given
    about: dict[str, Any] = {"key": key, "help": plain(param.help) or None}
    value = _field(param, shown, ends, about, kept=kept)
    same = list(value) == list(default or []) if isinstance(value, list) else value == default
    return UNSET if same or (value is None and missing) else value


def _field(param: Param, shown: Any, ends: Range, about: dict[str, Any], *, kept: bool) -> Any:
    label = title(param.name)
    key, what = about["key"], param.name.replace("_", " ")
    if param.choices is not None and param.type in LIST_TYPES:
        if kept:
            address.some(key, what, param.choices, default=list(shown or []))
        return st.multiselect(label, param.choices, list(shown or []), **about)
    if param.choices is not None:
        choices = [*([None] if param.optional else []), *param.choices]
        if kept:
            address.one(key, what, choices, shown)
        return st.selectbox(label, choices, index=index_of(choices, shown), **about)
    if param.type == "bool":
        if kept:
            address.flag(key, what, bool(shown))
        return st.toggle(label, value=bool(shown), **about)
    if param.type in {"int", "float"}:
        return number(label, shown, whole=param.type == "int", ends=ends, kept=kept, **about)
    return text(label, shown, listed=param.type != "str", kept=kept, **about)


def number(
    label: str,
    shown: Any,
    *,
    whole: bool,
    ends: Range = (None, None),
    kept: bool = False,
    **about: Any,
) -> Any:
    """Draw a number; one between ends that a slider can tell apart is one, if it is ``kept``."""
    convert: Any = int if whole else float  # the widget requires numbers of one type
    value, low, high = (None if n is None else convert(n) for n in (shown, *ends))
    if kept and not whole and low is not None and high is not None and high - low <= _SLIDER:
        middle = (low + high) / 2 if value is None else min(max(value, low), high)
        address.number(about["key"], label.lower(), middle, low, high)
        return st.slider(label, low, high, middle, **about)
    if kept:
        address.number(about["key"], label.lower(), value, low, high, whole=whole)
    return st.number_input(
        label,
        value=value,
        min_value=low,
        max_value=high,
        step=1 if whole else None,
        format=None if whole else "%g",
        placeholder="default",
        **about,
    )


def text(label: str, shown: Any, *, listed: bool, kept: bool = False, **about: Any) -> Any:
    """Draw a text, or a list that is written with commas; ``None`` for an empty text."""
    joined = ", ".join(map(str, shown)) if isinstance(shown, list | tuple) else shown
    start = "" if joined is None else str(joined)
    if kept:
        address.text(about["key"], start)
    value = st.text_input(label, value=start, **about).strip()
    if not listed:
        return value or None
    items = [item.strip() for item in value.split(",") if item.strip()]
    return [int(item) if item.lstrip("-").isdigit() else item for item in items]


def index_of(choices: Sequence[Any], shown: Any) -> int:
    """Return the place of a value among choices, the first if it is none of them."""
    return choices.index(shown) if shown in choices else 0


def title(name: str) -> str:
    """Return a setting's name in words, as a label."""
    return plain(name.replace("_", " ").capitalize())
