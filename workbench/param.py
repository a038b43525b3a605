"""The schema of one setting of a registered thing."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from workbench.errors import ConfigError, quoted, unknown_name
from workbench.texts import MOST_CHARACTERS, control_character

ParamType = Literal["int", "float", "str", "bool", "ints", "floats", "strs"]
LIST_TYPES = frozenset({"ints", "floats", "strs"})

LARGEST_SEED = 2**32 - 1
"""numpy's, scikit-learn's and UMAP's generators take no larger seed."""

LARGEST_SIDE = 16_384
"""Pixels; the largest images of the field have 10,000 (aerial ones, cut before use)."""

MOST_ITEMS = 100
"""Most items of a setting that is a list."""

_LARGEST_WHOLE = 2**63 - 1
_MOST_DIGITS = 40

REQUIRED: Any = type("Required", (), {"__repr__": lambda _: "required"})()
"""Default of a parameter that has none."""


@dataclass(frozen=True)
class Param:
    """One setting of an entry.

    Attributes:
        name: keyword argument of the implementation.
        type: type of the YAML value; a trailing s means a list of them.
        default: value if none is given; ``REQUIRED`` if one must be given.
        help: one line for forms and ``--help``, with the unit.
        low: smallest value accepted.
        high: largest value accepted. Numbers are finite in any case, whole ones have 64 bits.
        choices: the only values accepted.
        optional: whether ``null`` is accepted.
    """

    name: str
    type: ParamType
    default: Any = REQUIRED
    help: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] | None = None
    optional: bool = False

    def check(self, value: Any, owner: str) -> Any:
        """Return ``value`` in the type of this parameter.

        Raises:
            ConfigError: if it has another type or lies outside the range.
        """
        if value is None and (self.optional or self.default is None):
            return None
        if self.type not in LIST_TYPES:
            return self._one(value, self.type, owner)
        items = value if isinstance(value, list | tuple) else [value]
        if len(items) > MOST_ITEMS:
            raise ConfigError(
                f"{owner}.{self.name} lists {len(items):,} values; wanted at most {MOST_ITEMS}."
            )
        return tuple(self._one(item, self.type[:-1], owner) for item in items)

    def _one(self, value: Any, kind: str, owner: str) -> Any:
        converted = _CONVERT[kind](value)
        if converted is None:
            raise ConfigError(
                f"{owner}.{self.name} is {quoted(value)}; wanted {_TYPE_WORDS[kind]}"
                f"{f' ({self.help})' if self.help else ''}."
            )
        if self.choices is not None and converted not in self.choices:
            raise unknown_name(f"choice for {owner}.{self.name}", converted, map(str, self.choices))
        if (self.low is not None and converted < self.low) or (
            self.high is not None and converted > self.high
        ):
            raise ConfigError(
                f"{owner}.{self.name} is {converted}; wanted a value "
                f"{f'from {self.low} ' if self.low is not None else ''}"
                f"{f'up to {self.high}' if self.high is not None else 'upwards'}."
            )
        return converted


def _int(value: Any) -> int | None:
    if isinstance(value, bool) or (isinstance(value, str) and len(value) > _MOST_DIGITS):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    elif hasattr(value, "__index__"):  # numpy's whole numbers too
        value = operator.index(value)
    try:
        whole = int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None
    return whole if whole is not None and abs(whole) <= _LARGEST_WHOLE else None


def _float(value: Any) -> float | None:
    if isinstance(value, bool) or (isinstance(value, str) and len(value) > _MOST_DIGITS):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _bool(value: Any) -> bool | None:
    if not isinstance(value, bool | str) or len(str(value)) > _MOST_DIGITS:
        return None
    return _TRUTHS.get(str(value).lower())


def _str(value: Any) -> str | None:
    if not isinstance(value, str | int | float) or (
        isinstance(value, int) and abs(value) > _LARGEST_WHOLE
    ):
        return None
    text = str(value)
    return None if len(text) > MOST_CHARACTERS or control_character(text) else text


_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_CONVERT: dict[str, Callable[[Any], Any]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "str": _str,
}
_TYPE_WORDS = {
    "int": "a whole number",
    "float": "a finite number",
    "bool": "true or false",
    "str": f"a text of at most {MOST_CHARACTERS:,} characters without control characters",
}
