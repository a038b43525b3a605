"""Every number of an experiment is finite and bounded, wherever it is registered or written."""

import math
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from workbench.budget import Section
from workbench.config import ExperimentConfig
from workbench.errors import ConfigError
from workbench.param import LIST_TYPES, MOST_ITEMS, Param
from workbench.registry import Registry

PACKAGES = (
    "acquisition",
    "aggregation",
    "committees",
    "datasets",
    "learning",
    "models",
    "projection",
    "selection",
    "units",
)
PAGE = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")


def params() -> Iterator[tuple[str, Param]]:
    for package in PACKAGES:
        for registry in vars(import_module(f"workbench.{package}")).values():
            for entry in registry if isinstance(registry, Registry) else ():
                yield from ((f"{entry.name}.{param.name}", param) for param in entry.params)


PARAMS = dict(params())
NUMBERS = {key: p for key, p in PARAMS.items() if p.type in {"int", "ints", "float", "floats"}}
HUGE = [10**400, -(10**400), "1e999", "9" * 5000]
BAD = [math.nan, math.inf, -math.inf, "nan", "inf", "-inf", *HUGE]


def test_all_registries_are_looked_at() -> None:
    assert len(PARAMS) > 100
    assert {"supervised.epochs", "grid.rows", "umap.min_dist", "odin.epsilon"} <= set(NUMBERS)


@pytest.mark.parametrize("key", NUMBERS)
def test_every_registered_number_has_both_bounds_and_is_finite(key: str) -> None:
    param = NUMBERS[key]
    if param.choices is None:
        assert param.low is not None, key
        assert param.high is not None, key
        assert -(2**53) < param.low <= param.high < 2**53  # a browser holds no larger whole number
        for outside in (math.nextafter(param.low, -math.inf), param.low - 1, param.high + 1):
            with pytest.raises(ConfigError):
                param.check(outside, "the owner")
    for value in BAD:
        with pytest.raises(ConfigError) as error:
            param.check(value, "the owner")
        assert len(str(error.value)) <= 300


def test_a_number_without_bounds_of_its_own_is_finite_all_the_same() -> None:
    for kind in ("int", "float"):
        param = Param("theirs", kind, 0)
        assert param.check(12, "the owner") == 12
        for value in (*BAD, True, [1], {"a": 1}):
            with pytest.raises(ConfigError):
                param.check(value, "the owner")
    with pytest.raises(ConfigError):
        Param("theirs", "int", 0).check(2**63, "the owner")


@pytest.mark.parametrize("key", [key for key, p in PARAMS.items() if p.type in LIST_TYPES])
def test_every_list_is_bounded(key: str) -> None:
    param = PARAMS[key]
    one = param.choices[0] if param.choices else 8
    with pytest.raises(ConfigError, match="100"):
        param.check([one] * (MOST_ITEMS + 1), "the owner")


@pytest.mark.parametrize("value", ["a\0b", "\x1b[31m", "\ud800", "t" * 2001, [], {"a": 1}, None])
def test_a_text_is_printable_and_bounded(value: Any) -> None:
    with pytest.raises(ConfigError) as error:
        Param("theirs", "str", "x").check(value, "the owner")
    assert len(str(error.value)) <= 300


def fields(schema: dict[str, Any], of: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Yield every number, text and list of a JSON schema with its path."""
    reference = schema.get("$ref")
    schema = of["$defs"][reference.rpartition("/")[2]] if reference else schema
    for key, part in schema.get("properties", {}).items():
        yield from fields(part, of, f"{path}.{key}")
    for part in (*schema.get("anyOf", ()), *schema.get("prefixItems", ())):
        yield from fields(part, of, path)
    if isinstance(schema.get("items"), dict):
        yield from fields(schema["items"], of, f"{path}[]")
    if schema.get("type") in {"integer", "number", "array"}:
        yield path, schema


SCHEMA = ExperimentConfig.model_json_schema()
FIELDS = list(fields(SCHEMA, SCHEMA, "experiment"))


def test_every_section_refuses_what_is_not_finite() -> None:
    modules = {"workbench.config", "workbench.budget", "workbench.report"}
    sections = [cls for cls in _subclasses(Section) if cls.__module__ in modules]
    assert len(sections) >= 10
    for section in sections:
        assert section.model_config["allow_inf_nan"] is False
        assert section.model_config["str_max_length"]


def _subclasses(cls: type) -> Iterator[Any]:
    for further in cls.__subclasses__():
        yield further
        yield from _subclasses(further)


@pytest.mark.parametrize("number", range(len(FIELDS)), ids=lambda n: FIELDS[n][0])
def test_every_number_and_list_of_the_schema_is_bounded(number: int) -> None:
    path, schema = FIELDS[number]
    if schema["type"] == "array":
        assert schema.get("maxItems"), path
    elif not path.endswith((".initial", ".per_cycle")):  # bounded by their unit
        assert {"minimum", "exclusiveMinimum"} & schema.keys(), path
        assert {"maximum", "exclusiveMaximum"} & schema.keys(), path


def test_the_page_tells_the_bounds() -> None:
    rows = {row.split("`")[1]: row for row in PAGE.splitlines() if row.startswith("| `")}
    for path, schema in FIELDS:
        key = path.removeprefix("experiment.").replace("[]", "")
        if schema["type"] == "array" or "maximum" not in schema:
            continue
        row = rows[key]
        assert f"{schema['maximum']:,}" in row, f"{key}: {schema['maximum']:,}"
