"""Each import contract, lint rule family and the type checker fails when broken on purpose.

A rule that cannot fail guards nothing: every case here breaks one rule in a small package of the
same shape, under this project's own configuration.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "pyproject.toml"
TOOLS = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["tool"]
CONTRACTS = TOOLS["importlinter"]["contracts"]
LAYERS = [
    [name.strip(" ()") for name in layer.split("|")]
    for layer in next(c for c in CONTRACTS if c["type"] == "layers")["layers"]
]
FORBIDDEN = [c for c in CONTRACTS if c["type"] == "forbidden"]


def tool(*command: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment."""
    first, *rest = command
    path = [str(Path(sys.executable).parent / first), *rest]
    return subprocess.run(path, cwd=cwd, input=stdin, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def allowed_exceptions() -> set[tuple[str, str]]:
    """The imports that the contracts let pass by name."""
    pairs = [text.split("->") for c in CONTRACTS for text in c.get("ignore_imports", [])]
    return {(importer.strip(), imported.strip()) for importer, imported in pairs}


class Skeleton:
    """A package with one empty module for each name that the contracts speak of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pyproject.toml").write_text(CONFIG.read_text(encoding="utf-8"))

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            package = self.folder.joinpath(*name.split("."))
            package.mkdir(parents=True, exist_ok=True)
            (package / "__init__.py").touch()

    def let_import(self, importer: str, imported: str) -> None:
        self.add([importer])
        file = self.folder.joinpath(*importer.split("."), "__init__.py")
        with file.open("a") as out:
            out.write(f"import {imported}\n")

    def check(self) -> str:
        """Return the linter's report if a contract is broken, an empty text if all hold."""
        done = tool("lint-imports", "--no-cache", "--no-logo", cwd=self.folder)
        assert "Contracts:" in done.stdout, done.stdout + done.stderr
        return done.stdout if done.returncode else ""


@pytest.fixture
def skeleton(tmp_path: Path, allowed_exceptions: set[tuple[str, str]]) -> Skeleton:
    made = Skeleton(tmp_path)
    made.add(name for layer in LAYERS for name in layer)
    made.add(name for c in FORBIDDEN for name in c["source_modules"])
    for importer, imported in allowed_exceptions:
        made.let_import(importer, imported)
    return made


def test_an_empty_skeleton_keeps_every_contract(skeleton: Skeleton) -> None:
    assert skeleton.check() == ""


def test_imports_that_point_down_are_kept(skeleton: Skeleton) -> None:
    for upper, lower in pairwise(LAYERS):
        skeleton.let_import(upper[-1], lower[0])
    assert skeleton.check() == ""


UPWARD = [(lower[0], upper[0]) for upper, lower in pairwise(LAYERS)]
SIDEWAYS = [(layer[0], layer[-1]) for layer in LAYERS if len(layer) > 1]


@pytest.mark.parametrize(("importer", "imported"), UPWARD + SIDEWAYS)
def test_an_import_up_or_sideways_breaks_the_layers(
    skeleton: Skeleton, importer: str, imported: str
) -> None:
    skeleton.let_import(importer, imported)
    report = skeleton.check()
    assert "Layers" in report
    assert "BROKEN" in report
    assert f"{importer} -> {imported}" in report


@pytest.mark.parametrize("contract", FORBIDDEN, ids=lambda c: c["name"])
def test_a_forbidden_import_breaks_its_contract(
    skeleton: Skeleton, contract: dict[str, list[str]]
) -> None:
    sources, forbidden = contract["source_modules"], contract["forbidden_modules"]
    broken = [(source, forbidden[i % len(forbidden)]) for i, source in enumerate(sources)]
    broken += [(sources[i % len(sources)], name) for i, name in enumerate(forbidden)]
    for source, name in broken:
        skeleton.let_import(source, name)
    report = skeleton.check()
    for source, name in broken:
        assert f"{source} -> {name}" in report


CLEAN = '"""A module with nothing to say against."""\n\nLIMIT = 1\n'
OFFENCES = {
    "E": "x = 1 ;y = 2\n",
    "F": "import os\n",
    "W": "x = 1 \n",
    "I": "import sys\nimport os\n\nprint(sys, os)\n",
    "N": "def Shout() -> None:\n    pass\n",
    "D": "def f() -> None:\n    pass\n",
    "UP": "from typing import List\n\nx: List[int] = []\n",
    "B": "def f(x: list[int] = []) -> None:\n    pass\n",
    "A": "list = 1\n",
    "C4": "x = list([i for i in range(3)])\n",
    "C90": "def f(x: int) -> None:\n" + "    if x:\n        f(x)\n" * 12,
    "PT": "import pytest\n\n\n@pytest.fixture()\ndef f() -> None:\n    pass\n",
    "PTH": 'import os\n\nos.path.join("a", "b")\n',
    "RET": "def f(x: int) -> int:\n    y = x + 1\n    return y\n",
    "SIM": "x = 3\nif x > 1:\n    if x > 2:\n        x = 1\n",
    "ARG": "def f(x: int) -> int:\n    return 1\n",
    "PERF": "y = []\nfor i in range(3):\n    y.append(i * 2)\n",
    "RUF": "x = [1] + list(range(3))\ny = [*x] + [2]\n",
    "NPY": "import numpy as np\n\nnp.random.seed(0)\n",
    "PL": "def f(x: int) -> None:\n    global y\n    y = x\n",
    "ERA": "# x = f(1)\n",
    "TRY": "try:\n    x = 1\nexcept ValueError as e:\n    raise e\n",
    "ANN": "def f(x):\n    return x\n",
    "T20": 'print("x")\n',
}
FAMILIES = TOOLS["ruff"]["lint"]["select"]


def ruff_codes(source: str) -> set[str]:
    """Return the codes ruff finds in a module of this package, under this configuration."""
    command = ("ruff", "check", "--no-cache", "--output-format=concise", "--config", str(CONFIG))
    done = tool(*command, "--stdin-filename", "workbench/sample.py", "-", cwd=ROOT, stdin=source)
    return set(re.findall(r"^\S+:\d+:\d+: ([A-Z]+\d+)", done.stdout, flags=re.MULTILINE))


def test_a_clean_module_passes_every_rule() -> None:
    assert ruff_codes(CLEAN) == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_each_lint_family_finds_its_offence(family: str) -> None:
    own = re.compile(("PL[CERW]" if family == "PL" else family) + r"\d+")
    assert any(own.fullmatch(code) for code in ruff_codes(OFFENCES[family]))


def test_the_type_checker_is_strict(tmp_path: Path) -> None:
    source = "def double(x):\n    return 2 * x\n\n\ncount: int = 'one'\n"
    (tmp_path / "sample.py").write_text(source)
    command = ("mypy", "--config-file", str(CONFIG), "--cache-dir", str(tmp_path / "cache"))
    done = tool(*command, "sample.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "[no-untyped-def]" in done.stdout
    assert "[assignment]" in done.stdout
