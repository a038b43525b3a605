"""Experiment files of all kinds of wrong: a dry run ends with 0 or 2, in seconds, in a sentence."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.attack.commands import assert_sentence, run_command
from tests.experiments import SMALL
from workbench import yaml_text
from workbench.engine.plan import resolve
from workbench.presets import PRESETS, load

SEED = 9
FILES, QUICK = 500, 25

_SCENES = {"name": "synthetic", "train": 400, "val": 4, "height": 32, "width": 48}


def _plain(name: str) -> dict[str, Any]:
    return resolve(load(name)).config.plain() | {"dataset": _SCENES, "pool": {"name": "full"}}


_PRESETS = [_plain(name) for name in PRESETS]
_BASES = [*[SMALL, _plain("demo"), _plain("demo")] * len(_PRESETS), *_PRESETS]
"""As published, most presets need weights that are not here, and are refused as they are."""

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1,
    3,
    2**31,
    2**32,
    2**63,
    10**12,
    10**40,
    10**350,
    -(10**18),
    0.0,
    -0.5,
    0.999999,
    1e-300,
    1e300,
    float("inf"),
    float("-inf"),
    float("nan"),
    "",
    " ",
    "nan",
    "1e999",
    "inf",
    "0",
    "-1",
    "1_000",
    "٣",
    "a" * 3000,
    ".",
    "..",
    "../../etc",
    "/dev/zero",
    "a/b",
    "a b",
    "\u202e",
    "ä",
    "🙂",
    "%s%n",
    "{x}",
    "[red]x[/red]",
    "<b>x</b>",
    "grid:0x0",
    "grid:4x4x4",
    "grid:99999x99999",
    "window:1,1,1",
    "superpixel:1000000",
    "crop:1,1",
    "count_above:1e300",
    "entropy@mc_dropout:1000",
    "entropy@transforms:",
    "entropy@",
    "@",
    ":",
    ",,,",
    "=",
    "column:",
    "column:clicks",
    "none",
    "random",
    "all",
    "5%",
    "101%",
    "-5%",
    [],
    {},
    [[]],
    [{}],
    [1, 2],
    [0, 0],
    [1, 1, 1],
    [100_000, 100_000],
    list(range(3000)),
    {"name": "tiny"},
    {"name": None},
    {"name": "x" * 1000},
    {"a": {"b": {"c": {"d": 1}}}},
]
KEYS = ["nmae", "x" * 500, "__class__", "😀", "names"]
SPLICES = [
    "\t",
    "\n",
    "\n\n---\n",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "<<: *a",
    "!!int ",
    "!!python/object:os.system ",
    "!x ",
    "'",
    '"',
    "|\n",
    ">-\n",
    "#",
    "%YAML 1.1\n",
    "\x00",
    "\x1b[2J",
    "\ufeff",
    "\u2028",
    '"\\ud800"',
    '"\\x00"',
    "9" * 4000,
    "[" * 200,
    "{a: " * 100,
    "- " * 200,
    "a: &a [*a]\n",
    "2020-13-45",
    "1:30",
    "é",
]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value below the top."""
    keys = (
        list(value)
        if isinstance(value, dict)
        else range(len(value))
        if isinstance(value, list)
        else ()
    )
    return [p for key in keys for p in [(*path, key), *_places(value[key], (*path, key))]]


def _kind(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if number else type(value).__name__


def _with_odd_values(rng: random.Random) -> str:
    values: Any = json.loads(json.dumps(rng.choice(_BASES)))
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        *parents, last = rng.choice(_places(values))
        node = values
        for key in parents:
            node = node[key]
        kind = rng.random()
        if kind < 0.08:
            del node[last]
        elif kind < 0.16 and isinstance(node, dict):
            node[rng.choice(["nmae", "x" * 500, "__class__", "😀", str(last) + "s"])] = node.pop(
                last
            )
        else:
            alike = [odd for odd in ODD if _kind(odd) == _kind(node[last])]
            odd = rng.choice(alike if alike and rng.random() < 0.8 else ODD)
            node[last] = json.loads(json.dumps(odd))
        if not _places(values):
            break
    return yaml_text.dump(values)


def _with_odd_text(rng: random.Random) -> str:
    text = _with_odd_values(rng) if rng.random() < 0.2 else yaml_text.dump(rng.choice(_BASES))
    for _ in range(rng.choice([1, 1, 1, 2])):
        at, to = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        change = rng.randrange(9)
        if change == 0:
            text = text[:at]
        elif change == 1:
            text = text[:at] + text[min(to, at + 30) :]
        elif change == 2:
            text = text[:at] + text[at : at + 80] + text[at:]
        elif change < 6:
            text = text[:at] + rng.choice(SPLICES) + text[at:]
        else:  # a digit, a letter or a space more, or one less
            text = text[:at] + rng.choice("0159aeE .-+") + text[at + rng.randrange(2) :]
    return text


def _bytes_of(rng: random.Random) -> bytes:
    make: Callable[[random.Random], str] = rng.choice([_with_odd_values, _with_odd_text])
    data = make(rng).encode("utf-8", errors="surrogatepass")
    if rng.random() < 0.05:  # bytes that are no UTF-8, or no text at all
        data = bytes(rng.randrange(256) for _ in range(rng.randrange(2000))) + data
    return data.decode("utf-8").encode("utf-16") if rng.random() < 0.01 and data.isascii() else data


def fuzzed(number: int) -> bytes:
    """Return the experiment file of a number: the same one on every machine."""
    return _bytes_of(random.Random(SEED * 1_000_000 + number))


def _check(number: int, folder: Path, warm: bool) -> bool:
    """Check a dry run; return whether the file was accepted."""
    (folder / "fuzzed.yaml").write_bytes(fuzzed(number))
    ended = run_command(["run", "fuzzed.yaml", "--dry-run"], folder, warm=warm)
    assert ended.code in {0, 2}, (number, ended)
    if ended.code == 2:
        assert_sentence(ended.err)
        assert ended.out == "", number
    assert [path.name for path in folder.iterdir()] == ["fuzzed.yaml"], number
    return ended.code == 0


def test_some_fuzzed_files_end_in_a_sentence_or_a_forecast(tmp_path: Path) -> None:
    accepted = [_check(number, tmp_path, warm=True) for number in range(QUICK)]
    assert any(accepted)
    assert not all(accepted)


@pytest.mark.slow
def test_fuzzed_files_end_in_a_sentence_or_a_forecast(tmp_path: Path) -> None:
    accepted = [_check(number, tmp_path, warm=False) for number in range(FILES)]
    assert 20 < sum(accepted) < FILES - 20
