"""The docs say what is there: targets, commands, options, names, links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from workbench.acquisition import ACQUISITIONS
from workbench.aggregation import AGGREGATIONS
from workbench.cli._app import app
from workbench.committees import COMMITTEES
from workbench.datasets import DATASETS
from workbench.datasets.pools import POOLS
from workbench.exporters import EXPORTERS
from workbench.learning import LEARNERS, RIDERS
from workbench.methods import METHODS
from workbench.models import MODELS
from workbench.registry import Entry, Registry
from workbench.selection import POOL_FILTERS, SELECTORS
from workbench.units import UNITS

ROOT = Path(__file__).parents[2]
REGISTRIES = (
    DATASETS,
    POOLS,
    UNITS,
    MODELS,
    LEARNERS,
    RIDERS,
    COMMITTEES,
    ACQUISITIONS,
    AGGREGATIONS,
    SELECTORS,
    POOL_FILTERS,
    METHODS,
    EXPORTERS,
)
ENTRIES = [
    pytest.param(registry, entry, id=f"{registry.kind}: {entry.name}")
    for registry in REGISTRIES
    for entry in registry
]
PAGES = [
    *(path for path in ROOT.glob("*.md")),
    *(path for path in ROOT.glob("docs/**/*.md")),
    *(path for path in ROOT.glob("data/*.md")),
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name, subcommands too."""
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        yield name, command
        for inner, subcommand in getattr(command, "commands", {}).items():
            yield f"{name} {inner}", subcommand


# names, summaries, sources


@pytest.mark.parametrize(("registry", "entry"), ENTRIES)
def test_every_registered_thing_says_what_it_is(registry: Registry, entry: Entry) -> None:
    assert entry.summary.endswith("."), "a summary is a sentence"
    assert len(entry.summary) <= 120
    assert entry.source or registry in (UNITS, AGGREGATIONS), "say where it comes from"
    for param in entry.params:
        assert param.help, f"the setting {param.name} says nothing"


@pytest.mark.parametrize("name", DATASETS.names())
def test_every_dataset_has_its_section(name: str) -> None:
    assert re.search(rf"^##+ .*\b{name}\b", read("data/README.md"), re.MULTILINE | re.IGNORECASE)


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda r: r.kind)
def test_contributing_has_a_checklist_and_the_entry_point_group(registry: Registry) -> None:
    text = read("CONTRIBUTING.md")
    assert re.search(rf"^### An? {registry.kind}$", text, flags=re.MULTILINE)
    assert f"`{registry.group}`" in text


def test_a_page_has_a_checklist_too() -> None:
    assert "### A page" in read("CONTRIBUTING.md")


# Makefile


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", read("Makefile"), flags=re.MULTILINE))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/cli.md", ".ci/run"])
def test_every_make_command_that_is_shown_exists(page: str) -> None:
    shown = set(
        re.findall(
            r"(?:`|^|\s)make ([a-z][a-z-]+)\b(?=[^a-z]*(?:`|#|$| DEMO| 2>))", read(page), re.M
        )
    )
    assert shown <= targets()


def test_the_readme_starts_with_the_two_commands_and_names_every_target() -> None:
    text = read("README.md")
    first_screen = "\n".join(text.splitlines()[:20])
    assert "make demo" in first_screen
    assert "make test" in first_screen
    for target in targets() - {"help"}:
        assert f"make {target}" in text


# command line


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[n for n, _ in commands()])
def test_every_command_and_option_is_documented(name: str, command: Any) -> None:
    page = read("docs/cli.md")
    head = name.partition(" ")[0]
    section = re.search(
        rf"^## `workbench {head}`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL
    )
    assert section is not None
    for word in name.split():
        assert word in section.group(0)
    for parameter in command.params:
        for option in (o for o in parameter.opts if o.startswith("--") and o != "--help"):
            assert option in section.group(1)


def test_no_command_is_documented_that_is_not_there() -> None:
    documented = re.findall(r"^## `workbench (\w+)`", read("docs/cli.md"), flags=re.MULTILINE)
    assert sorted(documented) == sorted(name for name, _ in commands() if " " not in name)


@pytest.mark.parametrize("page", ["README.md", "docs/experiments.md", "CONTRIBUTING.md"])
def test_every_workbench_command_that_is_shown_exists(page: str) -> None:
    shown = set(re.findall(r"(?:`|^)workbench ([a-z]+)\b", read(page), flags=re.MULTILINE))
    assert shown <= {name for name, _ in commands()}


# links and examples


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


def test_the_readme_example_is_a_valid_experiment() -> None:
    import yaml

    from workbench.config import parse_config
    from workbench.engine.plan import resolve

    example = re.search(r"```yaml\n(.*?)```", read("README.md"), flags=re.DOTALL)
    assert example is not None
    assert len(resolve(parse_config(yaml.safe_load(example.group(1)))).runs) == 9


@pytest.mark.parametrize("path", sorted(ROOT.glob("experiments/*.yaml")), ids=lambda p: p.name)
def test_every_experiment_file_can_be_planned(path: Path) -> None:
    from workbench.config import load_config
    from workbench.engine.plan import resolve

    assert resolve(load_config(path)).runs


def test_every_file_that_a_promise_names_exists() -> None:
    named = re.findall(r"`((?:tests|benchmarks)/[\w/]+\.py)`", read("docs/reliability.md"))
    assert len(set(named)) > 30
    assert [path for path in named if not (ROOT / path).is_file()] == []
