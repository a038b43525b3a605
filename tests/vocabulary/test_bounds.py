"""Numbers, texts and names of an experiment: refused in one sentence, or kept as they are."""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.experiments import SMALL
from workbench import yaml_text
from workbench.acquisition import ACQUISITIONS
from workbench.config import Component, ExperimentConfig, load_config, parse_config
from workbench.datasets import DATASETS
from workbench.datasets.pools import POOLS
from workbench.engine.plan import resolve
from workbench.errors import ConfigError
from workbench.learning import LEARNERS
from workbench.models import MODELS
from workbench.registry import REQUIRED, Param, Registry
from workbench.selection import SELECTORS
from workbench.store import schema
from workbench.units import UNITS

HUGE = 10**5000
REFUSED: dict[str, tuple[str, Any]] = {
    "tolerance without end": ("budget.click_tolerance", math.inf),
    "tolerance that is none": ("budget.click_tolerance", math.nan),
    "amount without end": ("budget.initial", math.inf),
    "amount of thousands of digits": ("budget.initial", HUGE),
    "amount as a long text": ("budget.per_cycle", "9" * 5000),
    "amount that is a list": ("budget.per_cycle", [1]),
    "cycles": ("budget.cycles", 10**9),
    "a million threads": ("compute.threads", 10**6),
    "a long device": ("compute.device", "cuda:" + "0" * 5000),
    "seed beyond generators": ("seeds", [2**32]),
    "seed of 40 digits": ("seeds", [10**40]),
    "negative seed": ("seeds", [-1]),
    "twenty thousand seeds": ("seeds", list(range(20_000))),
    "as many methods": ("methods", [f"m{i}" for i in range(20_000)]),
    "maps of nothing": ("scan.map_limit", [0, 0]),
    "maps too large": ("scan.map_limit", [10**6, 10**6]),
    "batches too large": ("scan.batch_size", 10**9),
    "crops too large": ("learner.crop", [100_000, 100_000]),
    "a pool that never ends": ("dataset.train", 10**12),
    "a grid too fine": ("units", "grid:100000x100000"),
    "a setting that is no number": ("learner.lr", "nan"),
    "a setting without end": ("learner.lr", math.inf),
    "a setting of thousands of digits": ("learner.epochs", HUGE),
    "a threshold that is none": ("methods", [{"name": "a", "aggregation": "count_above:nan"}]),
    "too many scores": ("scan.scores", ["margin"] * 20_000),
    "a long score": ("scan.scores", ["m" * 100_000]),
    "a long description": ("description", "d" * 100_000),
    "a description with an escape": ("description", "\x1b[31mred"),
    "a description that is half a letter": ("description", "\ud800"),
    "a long key": ("k" * 100_000, 1),
    "a long key in a section": ("budget." + "k" * 100_000, 1),
    "a folder that is none": ("dataset", {"name": "camvid", "root": {"a": 1}}),
    "a folder with NUL": ("dataset", {"name": "camvid", "root": "a\0b"}),
    "a root of scenes": ("dataset", {"name": "synthetic", "root": "a"}),
    "many splits": ("evaluation.split", ["val"] * 1000),
    "too much in all": ("seeds", list(range(1000))),
}


def changed(path: str, value: Any) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(json.dumps(SMALL))
    *parents, last = path.split(".")
    node = values
    for parent in parents:
        node = node.setdefault(parent, {})
    node[last] = value
    if path == "seeds" and value == list(range(1000)):
        values["budget"]["cycles"] = 100
    return values


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_out_of_bounds_is_one_short_sentence(what: str) -> None:
    before = time.process_time()
    with pytest.raises(ConfigError) as error:
        resolve(parse_config(changed(*REFUSED[what]), "folder/" + "f" * 5000))
    assert time.process_time() - before < 5
    assert len(str(error.value)) <= 300
    assert "\n" not in str(error.value)
    assert str(error.value).isprintable()


NAMES = [
    ".",
    "..",
    ".hidden",
    "end.",
    "-x",
    "",
    " ",
    "a b",
    "a/b",
    "a\\b",
    "a\n",
    "\n",
    "a\0",
    "ä",
    "\u0430",  # Cyrillic, looks like a
    "\u202eexe",
    "n" * 101,
    "n" * 250,
    "con",
    "NUL.txt",
    "lpt1",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    for values in (changed("name", name), changed("methods", [{"name": name, "score": "entropy"}])):
        with pytest.raises(ConfigError, match="wanted 1 to 100 of the characters") as error:
            parse_config(values)
        assert len(str(error.value)) <= 300


@pytest.mark.parametrize("name", ["a", "_", "n" * 100, "a.b", "x+y@z-1", "console", "2026-01-01"])
def test_a_name_that_can_be_a_folder_is_taken(name: str) -> None:
    assert parse_config(changed("name", name)).name == name


def test_a_thousand_seeds_are_compared_at_once() -> None:
    config = parse_config(
        changed("seeds", [*range(1000)]) | {"budget": {**SMALL["budget"], "cycles": 3}}
    )
    assert len(config.seeds) == 1000
    with pytest.raises(ConfigError, match="seeds lists 7 twice"):
        parse_config(changed("seeds", [*range(500), 7]))


def test_what_an_experiment_of_many_runs_costs_is_told(tmp_path: Path) -> None:
    from workbench.engine.forecast import forecast

    values = changed("seeds", [*range(50)])
    values["budget"] = {"initial": 8, "per_cycle": 1, "cycles": 500, "unit": "clicks"}
    found = forecast(parse_config(values), tmp_path)
    assert found.trainings > 50 * 499  # a minute when each was worked out from the first


def leaves(kind: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every key of the schema that holds a number, text or choice, with its JSON schema."""
    whole = ExperimentConfig.model_json_schema()

    def inside(part: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        part = whole["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        if part.get("additionalProperties") is True:
            return
        for key, further in part.get("properties", {}).items():
            yield from inside(further, f"{path}.{key}" if path else key)
        if part.get("type") in {"integer", "number", "string", "boolean"} or "anyOf" in part:
            yield path, part

    yield from inside(whole, prefix)


TEXTS = st.text(max_size=20) | st.sampled_from(
    ["1e-3", "010", "no", "~", "1:30", "0x1", " a", "a\n"]
)
NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, 1, 2, 2**31, 2**32 - 1, 10_000, 5e-324, 1e308, -0.0, 0.1])
)


def value_of(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that mostly fit a key, its bounds among them."""
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if "anyOf" in part:
        return st.one_of(*map(value_of, part["anyOf"])) | NUMBERS | TEXTS
    low, high = part.get("minimum", 0), part.get("maximum", 10**6)
    if part.get("type") == "integer":
        low = part.get("exclusiveMinimum", low - 1) + 1
        return st.integers(low, high) | st.sampled_from([low, high]) | NUMBERS
    if part.get("type") == "number":
        return st.floats(low, high) | st.sampled_from([low, high, 5e-324]) | NUMBERS
    return st.booleans() if part.get("type") == "boolean" else TEXTS


def setting_of(param: Param) -> st.SearchStrategy[Any]:
    if param.choices is not None:
        one: st.SearchStrategy[Any] = st.sampled_from(param.choices)
    elif param.type.startswith("int"):
        one = st.integers(int(param.low or 0), int(param.high or 1)) | NUMBERS
    elif param.type.startswith("float"):
        one = st.floats(param.low, param.high) | NUMBERS
    else:
        one = st.booleans() if param.type == "bool" else TEXTS
    return st.lists(one, max_size=3) if param.type.endswith("s") else one


@st.composite
def component(draw: Any, registry: Registry[Any]) -> Any:
    entry = registry.entry(draw(st.sampled_from(registry.names())))
    params = [p for p in entry.params if p.default is REQUIRED or draw(st.integers(0, 4)) == 0]
    return {"name": entry.name, **{p.name: draw(setting_of(p)) for p in params}}


LEAVES = dict(leaves(ExperimentConfig))


@st.composite
def experiments(draw: Any) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(json.dumps(SMALL))
    for path in draw(st.lists(st.sampled_from(sorted(LEAVES)), max_size=3, unique=True)):
        *parents, last = path.split(".")
        node: Any = values
        for parent in parents:
            node = node.setdefault(parent, {})
            node = node if isinstance(node, dict) else {}
        node[last] = draw(value_of(LEAVES[path]))
    registries = {
        "dataset": DATASETS,
        "pool": POOLS,
        "units": UNITS,
        "model": MODELS,
        "learner": LEARNERS,
    }
    for part in draw(st.lists(st.sampled_from(sorted(registries)), max_size=2, unique=True)):
        values[part] = draw(component(registries[part]))
    selector = draw(st.sampled_from(["top_k", *SELECTORS.names()]))
    score = draw(st.sampled_from([None, "entropy", *ACQUISITIONS.names()]))
    own = {"name": draw(st.sampled_from(["own", "a.b"])), "score": score, "selector": selector}
    values["methods"] = ["random", *([own] if draw(st.booleans()) else [])]
    return values


@settings(max_examples=60, deadline=None)
@given(experiments())
def test_what_is_accepted_is_written_and_read_back_equal(values: dict[str, Any]) -> None:
    try:
        config = resolve(parse_config(values)).config
    except ConfigError as error:
        assert len(str(error)) <= 300, error  # noqa: PT017 - most of them are refused
        return
    stored = schema.parse(
        schema.to_bytes(schema.record("experiment", config=config.plain())), Path("a"), "experiment"
    )
    assert ExperimentConfig.model_validate(stored["config"]) == config
    launched = yaml_text.load(yaml_text.dump(config.plain()), "a.yaml")
    again = resolve(parse_config(launched)).config
    assert again == config
    assert again.id == config.id


def test_the_presets_are_written_and_read_back_equal(tmp_path: Path) -> None:
    from workbench.presets import PRESETS, load

    for name in PRESETS:
        config = resolve(load(name)).config
        (tmp_path / "again.yaml").write_text(yaml_text.dump(config.plain()), encoding="utf-8")
        assert load_config(tmp_path / "again.yaml") == config
        assert load(str(tmp_path / "again.yaml")).id == config.id


def test_a_number_that_is_not_finite_is_no_null_of_a_record() -> None:
    config = parse_config(SMALL).model_copy(
        update={"learner": Component(name="supervised", lr=math.inf)}
    )
    with pytest.raises(ConfigError, match="lr"):
        resolve(config)
