"""``docs/experiments.md`` names every key of an experiment, with its default, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from workbench.config import Component, ExperimentConfig, Method, Section
from workbench.report import Reference

PAGE = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w.]+)` \| (?:`(.*?)`)? ?\|", flags=re.MULTILINE)
ROWS = dict(ROW.findall(PAGE))


def plain(value: Any) -> Any:
    """Return a default as YAML would give it."""
    if isinstance(value, Component):
        return value.spec
    return list(value) if isinstance(value, tuple) else value


def keys(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key below a section, dotted, with its default."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from keys(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{field.alias or name}", field.default


EXPECTED = (
    dict(keys(ExperimentConfig))
    | dict(keys(Method, "methods."))
    | dict(keys(Reference, "references."))
)


def test_the_page_names_exactly_the_keys_there_are() -> None:
    assert set(ROWS) == set(EXPECTED)


@pytest.mark.parametrize("key", EXPECTED)
def test_the_default_on_the_page_is_the_default_in_the_schema(key: str) -> None:
    default = EXPECTED[key]
    if default is PydanticUndefined or default is None:
        assert ROWS[key] == ""
    else:
        assert yaml.safe_load(ROWS[key]) == plain(default)


def test_the_example_is_a_valid_experiment() -> None:
    from workbench.engine.plan import resolve

    example = re.search(r"```yaml\n(name:.*?)```", PAGE, flags=re.DOTALL)
    assert example is not None
    plan = resolve(ExperimentConfig.model_validate(yaml.safe_load(example.group(1))))
    assert len(plan.runs) == 6
