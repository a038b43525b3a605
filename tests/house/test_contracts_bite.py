"""Each import contract, lint rule family and the type checker fails when broken on purpose.

A rule that cannot fail guards nothing. Small packages of the same shape break every rule at once,
under this project's own configuration; each tool runs once, and each case reads its own finding.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from itertools import pairwise, product
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


def tool(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment."""
    first, *rest = command
    path = [str(Path(sys.executable).parent / first), *rest]
    return subprocess.run(path, cwd=cwd, capture_output=True, text=True, check=False)


class Skeleton:
    """A package with one empty module for each name in the contracts, under this configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pyproject.toml").write_text(CONFIG.read_text(encoding="utf-8"))
        self.add(name for layer in LAYERS for name in layer)
        self.add(name for c in FORBIDDEN for name in c["source_modules"])
        for importer, imported in allowed_exceptions():
            self.let_import(importer, imported)

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            package = self.folder.joinpath(*name.split("."))
            package.mkdir(parents=True, exist_ok=True)
            (package / "__init__.py").touch()

    def let_import(self, importer: str, imported: str) -> None:
        self.add([importer, imported])
        file = self.folder.joinpath(*importer.split("."), "__init__.py")
        with file.open("a") as out:
            out.write(f"import {imported}\n")

    def violations(self) -> dict[str, str]:
        """Return the linter's report on each broken contract, by the contract's name."""
        done = tool("lint-imports", "--no-cache", "--no-logo", cwd=self.folder)
        assert "Contracts:" in done.stdout, done.stdout + done.stderr
        names = "|".join(re.escape(c["name"]) for c in CONTRACTS)
        parts = re.split(rf"^({names})\n-+$", done.stdout, flags=re.MULTILINE)
        found = dict(zip(parts[1::2], parts[2::2], strict=True))
        assert bool(found) == bool(done.returncode)
        return found


def allowed_exceptions() -> set[tuple[str, str]]:
    """Return the imports that the contracts let pass by name."""
    pairs = [text.split("->") for c in CONTRACTS for text in c.get("ignore_imports", [])]
    return {(importer.strip(), imported.strip()) for importer, imported in pairs}


UPWARD = [(lower[0], upper[0]) for upper, lower in pairwise(LAYERS)]
SIDEWAYS = [(layer[0], layer[-1]) for layer in LAYERS if len(layer) > 1]
BANNED = [
    (contract["name"], source, name)
    for contract in FORBIDDEN
    for source, name in product(contract["source_modules"], contract["forbidden_modules"])
]


@pytest.fixture(scope="module")
def violations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the reports on a package that breaks every contract in every way at once."""
    skeleton = Skeleton(tmp_path_factory.mktemp("broken"))
    for importer, imported in UPWARD + SIDEWAYS:
        skeleton.let_import(importer, imported)
    for _, importer, imported in BANNED:
        skeleton.let_import(importer, imported)
    return skeleton.violations()


def test_a_package_whose_imports_point_down_keeps_every_contract(tmp_path: Path) -> None:
    skeleton = Skeleton(tmp_path)
    for upper, lower in pairwise(LAYERS):
        skeleton.let_import(upper[-1], lower[0])
    assert skeleton.violations() == {}


@pytest.mark.parametrize(("importer", "imported"), UPWARD + SIDEWAYS)
def test_an_import_up_or_sideways_breaks_the_layers(
    violations: dict[str, str], importer: str, imported: str
) -> None:
    (layers,) = (c["name"] for c in CONTRACTS if c["type"] == "layers")
    assert f"{importer} is not allowed to import {imported}:" in violations[layers]


@pytest.mark.parametrize(("contract", "importer", "imported"), BANNED)
def test_a_forbidden_import_breaks_its_contract(
    violations: dict[str, str], contract: str, importer: str, imported: str
) -> None:
    assert f"{importer} is not allowed to import {imported}:" in violations[contract]


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


@pytest.fixture(scope="module")
def ruff_codes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the codes that ruff finds in modules of this package, under this configuration."""
    folder = tmp_path_factory.mktemp("offences")
    (folder / "workbench").mkdir()
    (folder / "pyproject.toml").write_text(CONFIG.read_text(encoding="utf-8"))
    modules = {f"{family.lower()}_offence": source for family, source in OFFENCES.items()}
    for name, source in {"clean": CLEAN, **modules}.items():
        (folder / "workbench" / f"{name}.py").write_text(source)
    done = tool("ruff", "check", "--no-cache", "--output-format=concise", "workbench", cwd=folder)
    found = re.findall(r"^workbench/(\w+)\.py:\d+:\d+: ([A-Z]+\d+)", done.stdout, re.MULTILINE)
    return {name: {code for of, code in found if of == name} for name in ["clean", *modules]}


def test_a_clean_module_passes_every_rule(ruff_codes: dict[str, set[str]]) -> None:
    assert ruff_codes["clean"] == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_each_lint_family_finds_its_offence(ruff_codes: dict[str, set[str]], family: str) -> None:
    own = re.compile(("PL[CERW]" if family == "PL" else family) + r"\d+")
    assert any(own.fullmatch(code) for code in ruff_codes[f"{family.lower()}_offence"])


def test_the_type_checker_is_strict(tmp_path: Path) -> None:
    source = "def double(x):\n    return 2 * x\n\n\ncount: int = 'one'\n"
    (tmp_path / "sample.py").write_text(source)
    command = ("mypy", "--config-file", str(CONFIG), "--cache-dir", str(tmp_path / "cache"))
    done = tool(*command, "sample.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "[no-untyped-def]" in done.stdout
    assert "[assignment]" in done.stdout
