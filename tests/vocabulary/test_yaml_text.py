"""The one reader of YAML: plain values, bounded, one sentence for everything else."""

import math
import os
import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.attack.commands import assert_sentence
from workbench import yaml_text
from workbench.errors import ConfigError

VALUES = {
    "": None,
    "a: 1": {"a": 1},
    "a: 1e-3": {"a": 0.001},
    "a: 1.5E+2": {"a": 150.0},
    "a: 010": {"a": 10},
    "a: 0o10": {"a": 8},
    "a: 0x1F": {"a": 31},
    "a: -7": {"a": -7},
    "a: 1:30": {"a": "1:30"},
    "a: 2020-13-45": {"a": "2020-13-45"},
    "a: 2020-01-01": {"a": "2020-01-01"},
    "a: no": {"a": "no"},
    "a: true": {"a": True},
    "a: .5": {"a": 0.5},
    "a: 1_000": {"a": "1_000"},
    "a: ~": {"a": None},
    "a: ''": {"a": ""},
    "a: =": {"a": "="},
    "\ufeffa: ü": {"a": "ü"},
    "no: 1": {"no": 1},
    "a: &x {b: 1}\nc: {<<: *x, d: 2}": {"a": {"b": 1}, "c": {"b": 1, "d": 2}},
    "a: &x {b: 1}\nc: {<<: *x, b: 2}": {"a": {"b": 1}, "c": {"b": 2}},
    "- &x {b: 1}\n- &y {b: 2, c: 3}\n- {<<: [*x, *y]}": [
        {"b": 1},
        {"b": 2, "c": 3},
        {"b": 1, "c": 3},
    ],
    "[!!str 5, !!float 1, !!int 7]": ["5", 1.0, 7],
    "- &x a\n- *x": ["a", "a"],
}


@pytest.mark.parametrize("text", VALUES)
def test_a_text_is_read_as_yaml_1_2_reads_it(text):
    found = yaml_text.load(text, "a.yaml")
    assert repr(found) == repr(VALUES[text])  # 1, 1.0 and True are equal


@pytest.mark.parametrize(("text", "value"), [(".inf", math.inf), ("-.INF", -math.inf)])
def test_infinity_is_a_number_that_the_schema_refuses(text, value):
    assert yaml_text.load(text, "a.yaml") == value
    assert math.isnan(yaml_text.load(".nan", "a.yaml"))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
REFUSED = {
    "an alias bomb": (BOMB, "20,000 values"),
    "a bomb of merged keys": (
        "a: &a {" + ",".join(f"k{i}: 1" for i in range(100)) + "}\n"
        "b: [" + ",".join(["{<<: [" + ",".join(["*a"] * 10) + "]}"] * 20) + "]",
        "20,000 values",
    ),
    "deep brackets": ("[" * 5000, "32 levels"),
    "deep brackets, closed": ("[" * 5000 + "]" * 5000, "32 levels"),
    "deep keys": ("".join(f"{' ' * i}a:\n" for i in range(200)), "32 levels"),
    "deep dashes": ("- " * 5000 + "a", "32 levels"),
    "deep through aliases": (
        "- &a0 [x]\n" + "".join(f"- &a{i + 1} [*a{i}]\n" for i in range(100)),
        "32 levels",
    ),
    "an alias inside itself": ("a: &a [*a]", "inside itself"),
    "many values": ("[" + "1," * 30_000 + "]", "20,000 values"),
    "a long text": ("a" * 300_000, "300,000 characters"),
    "a long number": ("a: " + "9" * 5000, "5,000 characters"),
    "a long fraction": ("a: 0." + "9" * 5000, "5,002 characters"),
    "no number": ("a: !!int abc", "'abc'"),
    "no truth": ("a: !!bool abc", "!!bool"),
    "an object": ("a: !!python/object:os.system [x]", "!!python/object:os.system"),
    "a call": ("!!python/object/apply:os.system ['true']", "python/object/apply"),
    "a set": ("!!set {a, b}", "!!set"),
    "bytes": ("a: !!binary aGVsbG8=", "!!binary"),
    "a tag of another kind": ("a: !!int [1]", "!!int"),
    "a mapping that is a text": ("!!map a", "!!map"),
    "a tag of one's own": ("!mine 3", "!mine"),
    "a key twice": ("a: 1\nb: 2\na: 3", "'a' stands twice"),
    "a key twice inside": ("a: {b: 1, b: 1}", "'b' stands twice"),
    "a number as a key": ("1: a", "1 is no text"),
    "null as a key": ("~: a", "None is no text"),
    "a list as a key": ("? [a]\n: b", "['a'] is no text"),
    "a key of thousands": ("? '" + "k" * 9000 + "'\n: a\n? '" + "k" * 9000 + "'\n: b", "twice"),
    "NUL": ("a: b\0c", "not valid YAML"),
    "a control character": ("a: b\x1bc", "not valid YAML"),
    "an escaped NUL": ('a: "\\0"', "U+0000"),
    "an escaped escape": ('a: "\\e[31m"', "U+001B"),
    "half a surrogate pair": ('a: "\\ud800"', "U+D800"),
    "beyond Unicode": ('a: "\\U00110000"', "not valid YAML"),
    "far beyond Unicode": ('a: "\\UFFFFFFFF"', "not valid YAML"),
    "a tab": ("a:\n\tb: 1", "line 2"),
    "an unknown alias": ("a: *" + "x" * 5000, "undefined alias"),
    "two documents": ("a: 1\n---\nb: 2", "not valid YAML"),
    "an open bracket": ("a: [1", "not valid YAML"),
    "a version beyond": ("%YAML " + "9" * 5000 + ".1\n---\na", "not valid YAML"),
    "merged text": ("<<: a", "<< merges"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_plain_value_is_one_short_sentence(what):
    text, part = REFUSED[what]
    before = time.process_time()
    with pytest.raises(ConfigError) as error:
        yaml_text.load(text, "folder/" + "n" * 5000 + ".yaml")
    assert time.process_time() - before < 5
    assert part in str(error.value)
    assert len(str(error.value)) <= 300
    assert_sentence(f"{error.value}\n")


def test_what_is_no_readable_file_is_refused_unread(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "huge").touch()
    os.truncate(tmp_path / "huge", 10**12)  # no block on disk
    (tmp_path / "latin").write_bytes(b"name: caf\xe9")
    (tmp_path / "wide").write_bytes("name: a".encode("utf-16"))
    (tmp_path / "loop").symlink_to("loop")
    paths = [
        tmp_path / name for name in ("fifo", "huge", "latin", "wide", "loop", "none", "n" * 300)
    ]
    for path in (*paths, tmp_path, tmp_path / "latin" / "a", os.devnull, tmp_path / "a\0b"):
        with pytest.raises(ConfigError) as error:
            yaml_text.read(Path(path), "card")
        assert "card" in str(error.value)
        assert len(str(error.value)) <= 300


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert yaml_text.read(tmp_path / "a.yaml", "card") == {"a": 1, "b": 2}


def test_what_an_alias_repeats_is_no_shared_object():
    found = yaml_text.load("a: &x {b: 1}\nc: *x", "a.yaml")
    found["a"]["b"] = 2
    assert found["c"] == {"b": 1}


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"))
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | TEXTS
    | st.sampled_from(["1e-3", "010", "1:30", "no", "0o7", "0x1", "<<", "~", "=", "2020-01-01"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(PLAIN, st.booleans())
def test_what_is_written_is_read_back_equal(value, flow):
    found = yaml_text.load(yaml_text.dump(value, flow=flow), "a.yaml")
    assert repr(found) == repr(value)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("a1-:?[]{},&*!|>'\"%@`#\n\t \\.e0xb<~") | st.characters()))
def test_any_text_is_a_value_or_a_sentence(text):
    with suppress(ConfigError):  # any other error fails
        yaml_text.load(text, "a.yaml")


def test_no_other_module_reads_or_writes_yaml():
    root = Path(yaml_text.__file__).parents[1]
    modules = [p for package in ("workbench", "dashboard") for p in (root / package).rglob("*.py")]
    assert len(modules) > 100
    named = re.compile(r"^\s*(import|from) yaml\b", re.MULTILINE)
    users = {module.name for module in modules if named.search(module.read_text())}
    assert users == {"yaml_text.py"}
