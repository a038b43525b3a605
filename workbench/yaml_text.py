"""Reads and writes all YAML: plain values only, bounded in size, depth and number.

Numbers, booleans and null are those of YAML 1.2's core schema (https://yaml.org/spec/1.2.2, section
10.3.2), so that ``1e-3`` is a number, ``010`` is ten, and ``1:30``, ``no`` and ``2020-01-01`` are
texts. Keys are texts and stand once in their mapping. No tag makes anything else: there is no
constructor that could.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from workbench.errors import ConfigError, quoted, shown
from workbench.reading import read_bytes
from workbench.texts import control_character

MOST_BYTES = 256 * 1024
"""Largest text that is read; an experiment of a thousand methods takes about 100 KB."""

MOST_VALUES = 20_000
"""Most values of a text, those that aliases repeat counted as often as they are named."""

MOST_DEPTH = 32
"""Deepest nesting; an experiment has four levels."""

MOST_DIGITS = 400
"""Longest number; ``float`` has at most 309 digits before the point."""

_TAG = "tag:yaml.org,2002:"
_CORE = (  # tag, form, characters that it may begin with
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("merge", r"<<", "<"),
)
_NAMED: dict[tuple[str, str], bool | None] = {
    **dict.fromkeys((("null", ""), ("null", "~"), ("null", "null"))),
    ("bool", "true"): True,
    ("bool", "false"): False,
}
_BASES = {"0o": 8, "0x": 16}


def load(text: str, source: str) -> Any:
    """Return the value of a YAML text: mappings, lists, texts, numbers, booleans, null.

    Args:
        text: the YAML; empty for ``None``.
        source: what it is, for messages, e.g. the path of its file.

    Raises:
        ConfigError: if it is not YAML, holds anything else, or is too large; one sentence.
    """
    where = shown(source)
    if len(text) > MOST_BYTES:
        raise ConfigError(
            f"{where} has {len(text):,} characters; wanted YAML of at most {MOST_BYTES:,}."
        )
    try:
        node = _Composed(text).get_single_node()
        return None if node is None else _value(node)
    except _Refused as error:
        raise ConfigError(f"In {where}{_at(error.mark)}: {error}.") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        problem = getattr(error, "problem", None) or getattr(error, "reason", None)
        place = _at(getattr(error, "problem_mark", None))
        said = shown(problem or "it cannot be parsed", 90)
        raise ConfigError(f"{where} is not valid YAML{place}: {said}.") from None


def read(path: Path, what: str, if_missing: str = "") -> Any:
    """Return the value of a YAML file.

    Args:
        path: the file; one that is a FIFO, a device or a folder is refused unread.
        what: what it is, for messages, e.g. ``"experiment file"``.
        if_missing: what to do if there is no such file, in half a sentence.

    Raises:
        ConfigError: if it is missing, cannot be read, or is not YAML; one sentence.
    """
    try:
        text = read_bytes(path, MOST_BYTES).decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        advice = f"; {if_missing}" if if_missing else ""
        raise ConfigError(f"There is no {what} {shown(path)}{advice}.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"The {what} {shown(path)} is not UTF-8 text: byte {error.start} is "
            f"0x{error.object[error.start]:02x}; save it as UTF-8."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"The {what} {shown(path)} cannot be read: {reason}; wanted a file of at most "
            f"{MOST_BYTES:,} bytes."
        ) from None
    return load(text, str(path))


def dump(values: Any, *, flow: bool = False, width: float = 88) -> str:
    """Return values as a YAML text that :func:`load` reads back equal.

    Args:
        values: mappings, lists, texts, numbers, booleans, ``None``.
        flow: everything on one line, in braces and brackets.
        width: column at which long texts are folded.
    """
    return yaml.dump(
        values,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=flow,
        width=math.inf if flow else width,
    )


class _Refused(Exception):  # noqa: N818 - only load() raises and catches it
    def __init__(self, problem: str, mark: yaml.Mark | None) -> None:
        super().__init__(problem)
        self.mark = mark


class _Core(BaseResolver):
    """Which tag a scalar without a tag has."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the library's own attribute


for _name, _form, _first in _CORE:
    _starts = [character if character != "\0" else "" for character in _first]
    _Core.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_form})\Z"), _starts)


class _Composed(Reader, Scanner, Parser, Composer, _Core):
    """A text as nodes; it is read no further than the bounds."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _Core.__init__(self)
        self._depth = self._count = self._below = 0
        self._sizes: dict[int, tuple[int, int]] = {}  # node ► values and levels in it

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """Compose a node; refuse what is too deep or too much, aliases followed."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        alias = isinstance(event, yaml.AliasEvent)
        before, beside = self._count, self._below
        self._depth, self._below = self._depth + 1, 0
        self._require(1, 0, event.start_mark)
        node = super().compose_node(parent, index)
        if alias:
            if id(node) not in self._sizes:
                raise _Refused(f"*{shown(event.anchor, 40)} stands inside itself", event.start_mark)
            values, self._below = self._sizes[id(node)]
            self._require(values, self._below, event.start_mark)
        else:
            self._sizes[id(node)] = (self._count - before, self._below)
        self._depth, self._below = self._depth - 1, max(beside, self._below + 1)
        return node

    def _require(self, values: int, levels: int, mark: yaml.Mark) -> None:
        self._count += values
        if self._count > MOST_VALUES:
            raise _Refused(f"more than {MOST_VALUES:,} values, aliases counted", mark)
        if self._depth + levels > MOST_DEPTH:
            raise _Refused(f"nested more than {MOST_DEPTH} levels deep", mark)


def _value(node: Node) -> Any:
    name = node.tag.removeprefix(_TAG)
    if isinstance(node, ScalarNode):
        return _scalar(node, name)
    if isinstance(node, SequenceNode) and name == "seq":
        return [_value(item) for item in node.value]
    if isinstance(node, MappingNode) and name == "map":
        return _mapping(node)
    raise _no_such(node)


def _mapping(node: MappingNode) -> dict[str, Any]:
    """Return a mapping; its own keys count, not those that ``<<`` merges in."""
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if key_node.tag == f"{_TAG}merge":
            for further in _merged(value_node):
                merged = {**further, **merged}  # of several the first counts
            continue
        key = _value(key_node)
        if not isinstance(key, str):
            raise _Refused(
                f"the key {quoted(key, 40)} is no text; put it in quotes", key_node.start_mark
            )
        if key in own:
            raise _Refused(f"the key {quoted(key, 40)} stands twice", key_node.start_mark)
        own[key] = _value(value_node)
    return {**merged, **own}


def _merged(node: Node) -> list[dict[str, Any]]:
    items = node.value if isinstance(node, SequenceNode) else [node]
    mappings = [_mapping(item) for item in items if isinstance(item, MappingNode)]
    if len(mappings) < len(items):
        raise _Refused("<< merges keys and values, e.g. <<: *name", node.start_mark)
    return mappings


def _scalar(node: ScalarNode, name: str) -> Any:
    text = node.value
    try:
        if name in {"str", "merge"}:
            return _text(node)
        if name == "int":
            return int(_short(node), _BASES.get(text[:2], 10))
        if name == "float":
            return float(_short(node).lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        raise _Refused(f"!!{name} {quoted(text, 40)} is no number", node.start_mark) from None
    if (name, text.lower()) not in _NAMED:
        raise _no_such(node)
    return _NAMED[name, text.lower()]


def _text(node: ScalarNode) -> str:
    if character := control_character(node.value):
        raise _Refused(
            f"the text {quoted(node.value, 40)} holds the character U+{ord(character):04X}",
            node.start_mark,
        )
    return str(node.value)


def _short(node: ScalarNode) -> str:
    if len(node.value) > MOST_DIGITS:
        raise _Refused(f"a number of {len(node.value):,} characters", node.start_mark)
    return str(node.value)


def _no_such(node: Node) -> _Refused:
    tag = f"!!{node.tag.removeprefix(_TAG)}" if node.tag.startswith(_TAG) else node.tag
    return _Refused(f"{shown(tag, 60)} is no text, number, list or keys here", node.start_mark)


def _at(mark: yaml.Mark | None) -> str:
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = _Core.yaml_implicit_resolvers

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Write what occurs twice twice."""
        return True
