"""Asks for a registered part and its settings, all of it in the address: for what-if.

A new part, and each of its parameters, shows up here by its registration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.controls import BIND
from workbench.registry import LIST_TYPES, REQUIRED, Param, Registry

if TYPE_CHECKING:
    from workbench.registry import Bound


NONE = "none"


def part(
    registry: Registry[Any],
    key: str,
    start: Bound | None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    *,
    optional: bool = False,
) -> str:
    """Ask for one thing of a registry.

    Args:
        registry: what there is.
        key: name in the address.
        start: what is chosen at first; ``None``: nothing, where that is a choice.
        ranges: parameter ► lowest and highest value worth asking, where its entry states none.
        optional: whether nothing may be chosen too.

    Returns:
        its spec string, every setting checked; ``"none"`` for nothing.
    """
    names = [*registry.names(), NONE] if optional else registry.names()
    label = registry.kind.capitalize()
    name = st.selectbox(
        label, names, names.index(start.name if start else NONE), key=key, bind=BIND
    )
    if name == NONE:
        return NONE
    entry = registry.entry(name)
    given = start.options if start and start.name == name else {}
    options: dict[str, Any] = {"name": name}
    for param in entry.params:
        if param.type not in LIST_TYPES:
            value = given.get(param.name, param.default)
            ends = (ranges or {}).get(param.name, (param.low, param.high))
            value = _setting(param, value, ends, f"{key}-{name}-{param.name}")
            if value is not None:
                options[param.name] = value
    st.caption(entry.summary)
    return registry.bind(options).key


def _setting(param: Param, value: Any, ends: tuple[float | None, float | None], key: str) -> Any:
    label = param.name.replace("_", " ").capitalize()
    about: dict[str, Any] = {"key": key, "bind": BIND, "help": param.help or None}
    if param.choices is not None:
        choices = list(param.choices)
        return st.selectbox(label, choices, choices.index(value), **about)
    if param.type == "bool":
        return st.toggle(label, value=bool(value), **about)
    if param.type == "str":
        return st.text_input(label, value=value or "", **about) or None
    kind: Any = int if param.type == "int" else float
    low: Any
    high: Any
    low, high = (None if end is None else kind(end) for end in ends)
    given: Any = None if value in (None, REQUIRED) else kind(value)
    if kind is float and None not in (low, high, value):
        middle = (low + high) / 2 if given is None else min(max(given, low), high)
        return st.slider(label, low, high, middle, **about)
    return st.number_input(
        label,
        value=given,
        min_value=low,
        max_value=high,
        step=1 if kind is int else None,
        format=None if kind is int else "%g",
        placeholder="default",
        **about,
    )
