"""Holds for every export format: data that loads nothing, and a sentence where a library lacks."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import assert_one_sentence, cli
from workbench.exporters import EXPORTERS, _entry

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
WITH_EXTRA = [entry.name for entry in EXPORTERS if entry.modules]

__all__ = ["cli"]


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_it_says_what_it_writes_and_its_extra_brings_its_modules(name):
    entry = EXPORTERS.entry(name)
    assert entry.writes
    assert bool(entry.modules) == bool(entry.extra)
    if entry.extra:
        packages = " ".join(EXTRAS[entry.extra])
        assert all(module in packages for module in entry.modules)
        assert entry.extra in EXTRAS["dev"][0], "the tests need it"
    page = (ROOT / "docs" / "exporting.md").read_text()
    assert f"## {entry.name}" in page.lower()
    for param in entry.params:
        assert f"`{param.name}" in page


@pytest.mark.parametrize("name", WITH_EXTRA)
def test_a_missing_library_is_one_sentence_with_the_command(
    name, cli, shared, tmp_path, monkeypatch
):
    monkeypatch.setattr(_entry, "find_spec", lambda module: None)
    result = cli("export", "--format", name, "--out", "o", "--store", shared.sample(running=True))
    assert_one_sentence(result, f"pip install 'al-workbench[{EXPORTERS.entry(name).extra}]'")
    assert not (tmp_path / "o").exists()


def test_an_extra_of_another_distribution_is_named():
    from dataclasses import replace

    from workbench.errors import ConfigError

    entry = replace(EXPORTERS.entry("onnx"), modules=("no_such_module",), origin="theirs")
    with pytest.raises(ConfigError, match=re.escape("`pip install 'theirs[onnx]'`")):
        entry.require_installed()


def test_listing_the_formats_loads_none_of_their_libraries():
    modules = {module for entry in EXPORTERS for module in entry.modules} | {"torch"}
    code = (
        "import sys; from workbench.exporters import EXPORTERS\n"
        "for entry in EXPORTERS: entry.bind({}); entry.require_installed()\n"
        f"print(sorted({modules!r} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
