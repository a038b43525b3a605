"""What must answer at once loads no torch: front-ends, listings, config checks, readers."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "torchvision", "segmentation_models_pytorch", "timm", "lightning_fabric")

SITUATIONS = {
    "the package": "import workbench",
    "the registries": (
        "from workbench.acquisition import ACQUISITIONS\n"
        "from workbench.aggregation import AGGREGATIONS\n"
        "from workbench.committees import COMMITTEES\n"
        "from workbench.datasets import DATASETS\n"
        "from workbench.learning import LEARNERS\n"
        "from workbench.methods import METHODS\n"
        "from workbench.models import MODELS\n"
        "from workbench.selection import SELECTORS\n"
        "from workbench.units import UNITS\n"
        "assert all(list(r) for r in (ACQUISITIONS, AGGREGATIONS, COMMITTEES, DATASETS))\n"
        "assert all(list(r) for r in (LEARNERS, METHODS, MODELS, SELECTORS, UNITS))"
    ),
    "checking a config": (
        "from workbench.engine.plan import resolve; from workbench.presets import PRESETS, load\n"
        "for name in PRESETS: resolve(load(name))"
    ),
    "the store's reader": "from workbench.store import open_store",
    "the figures": (
        "import importlib, pkgutil, workbench.figures as figures\n"
        "for module in pkgutil.iter_modules(figures.__path__):\n"
        "    importlib.import_module(f'workbench.figures.{module.name}')"
    ),
    "the launcher": "import workbench.launch",
    "what-if": "import workbench; assert callable(workbench.whatif)",
    "the viewer": "import workbench.viewer",
    "the widgets": "import workbench.widgets",
    "the dashboard": (
        "import importlib, pkgutil, dashboard\n"
        "for module in pkgutil.iter_modules(dashboard.__path__):\n"
        "    if module.name not in {'__main__', 'app'} and not module.ispkg:\n"
        "        importlib.import_module(f'dashboard.{module.name}')"
    ),
}

COMMANDS = {  # arguments and the exit code they end with
    "help": (["--help"], 0),
    "methods": (["methods"], 0),
    "datasets": (["datasets"], 0),
    "presets": (["presets"], 0),
    "a config that is wrong": (["run", "demo", "--set", "model=no_such_network"], 2),
}


def heavy_modules_after(code: str) -> set[str]:
    """Run code in a fresh process and return which heavy modules it loaded."""
    report = f"\nimport sys; print('LOADED', *(set({HEAVY!r}) & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_check_itself_sees_torch() -> None:
    assert "torch" in heavy_modules_after("import torch")


@pytest.mark.parametrize("situation", SITUATIONS)
def test_loads_no_torch(situation: str) -> None:
    assert heavy_modules_after(SITUATIONS[situation]) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_command_loads_no_torch(command: str) -> None:
    arguments, exit_code = COMMANDS[command]
    code = (
        "import sys; from workbench.cli import main\n"
        f"sys.argv = ['workbench', *{arguments!r}]\n"
        "try: main()\n"
        f"except SystemExit as end: assert end.code == {exit_code}, end.code"
    )
    assert heavy_modules_after(code) == set()
