"""What must answer at once loads no torch: front-ends, listings, config checks, readers."""

import subprocess
import sys

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
    "the report": "import workbench.html_report._gallery, workbench.html_report._page",
    "the advisor": "import workbench; assert len(workbench.advise().recommendations) == 8",
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
    "advise": (["advise"], 0),
    "a config that is wrong": (["run", "demo", "--set", "model=no_such_network"], 2),
}


def heavy_modules_after(*codes: str) -> list[set[str]]:
    """Run codes one after another in a fresh process; return the heavy modules loaded after each.

    What one loads stays loaded: the first that is not empty names who is to blame.
    """
    report = f"\nimport sys; print('LOADED', *(set({HEAVY!r}) & sys.modules.keys()))\n"
    done = subprocess.run(
        [sys.executable, "-c", "".join(f"exec({code + report!r}, {{}})\n" for code in codes)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    found = [set(words[1:]) for words in lines if words[:1] == ["LOADED"]]
    assert len(found) == len(codes)
    return found


def command_line(arguments: list[str], exit_code: int) -> str:
    return (
        "import sys; from workbench.cli import main\n"
        f"sys.argv = ['workbench', *{arguments!r}]\n"
        "try: main()\n"
        f"except SystemExit as end: assert end.code == {exit_code}, end.code"
    )


def test_the_check_itself_sees_torch() -> None:
    stand_in = "import sys, types; sys.modules['torch'] = types.ModuleType('torch')"
    assert heavy_modules_after("import json", stand_in) == [set(), {"torch"}]


def test_nothing_that_must_answer_at_once_loads_torch() -> None:
    found = dict(zip(SITUATIONS, heavy_modules_after(*SITUATIONS.values()), strict=True))
    assert {situation: loaded for situation, loaded in found.items() if loaded} == {}


def test_no_listing_command_loads_torch() -> None:
    codes = [command_line(*command) for command in COMMANDS.values()]
    found = dict(zip(COMMANDS, heavy_modules_after(*codes), strict=True))
    assert {command: loaded for command, loaded in found.items() if loaded} == {}
