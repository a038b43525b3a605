"""Damaged datasets: usable, or refused in one sentence by check, dry run and run alike."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.attack.commands import Ended, assert_sentence, run_command
from tests.attack.damaged_cards import CARD_DAMAGES
from tests.attack.damaged_files import FILE_DAMAGES, SECRET, Place
from workbench.cli._app import app

DAMAGES = {**FILE_DAMAGES, **CARD_DAMAGES}
GREEDY = (
    "a pipe",
    "a device behind a link",
    "a PNG that says it is huge",
    "a bomb of text in a PNG",
    "a file of gigabytes",
    "a pipe for a list",
    "an alias bomb",
    "a million classes",
    "a pattern of a billion",
)
"""Run in processes of their own, with a bound on memory and time."""

NUMBER = 200
QUICK = 20
CPU_S = 5
TRAINING_CPU_S = 60
"""A usable dataset is trained on, which imports what trains."""

EXPERIMENT = """\
name: damaged
dataset: {{name: {name}, root: {root}}}
units: image
model: {{name: tiny, width: 4}}
learner: {{name: supervised, epochs: 1, batch_size: 2}}
methods: [random]
budget: {{initial: {initial}, per_cycle: 1, cycles: 1}}
keep: {{maps: none, predictions: none, features: none, weights: none}}
compute: {{device: cpu, precision: float32}}
"""

Run = Callable[[list[str], Path, float], Ended]


def _draw(number: int) -> tuple[str, str]:
    """Return a damage and a kind of dataset: each damage in turn, then each again elsewhere."""
    names = list(DAMAGES)
    random.Random(8).shuffle(names)
    name = names[number % len(names)]
    kinds = DAMAGES[name].kinds
    return name, kinds[number // len(names) % len(kinds)]


def _forked(arguments: list[str], folder: Path, cpu_s: float) -> Ended:
    return run_command(arguments, folder, cpu_s, warm=True)


def _here(arguments: list[str], folder: Path, cpu_s: float) -> Ended:
    start = time.process_time()
    result = CliRunner().invoke(app, [*arguments, *_store(arguments, folder)])
    used = time.process_time() - start
    assert used <= cpu_s
    return Ended(result.exit_code, result.stdout, result.stderr, used)


def _store(arguments: list[str], folder: Path) -> list[str]:
    return ["--store", str(folder / "runs")] if arguments[0] == "run" else []


def _tell(run: Run, arguments: list[str], folder: Path, cpu_s: float) -> tuple[int, str]:
    ended = run(arguments, folder, cpu_s)
    told = ended.out + ended.err
    assert ended.code in {0, 2}, ended
    assert SECRET not in told
    assert "root:x:0:0" not in told
    if ended.code == 2:
        assert_sentence(ended.err)
        assert len(ended.err) <= 301, ended.err
    return ended.code, ended.err


def _attack(run: Run, name: str, kind: str, number: int, tmp_path: Path) -> None:
    damage = DAMAGES[name]
    place = Place(kind, tmp_path / "data", random.Random(number))
    damage.apply(place)
    registered = "camvid" if kind == "camvid" else "folder"
    initial = 3 if kind == "folder" else 4  # the whole pool, so that a run reads every mask
    file = tmp_path / "damaged.yaml"
    file.write_text(EXPERIMENT.format(name=registered, root=place.root, initial=initial))
    option = ["--option", f"root={place.root}"]
    check = _tell(run, ["datasets", "check", registered, *option], tmp_path, CPU_S)
    dry = _tell(run, ["run", str(file), "--dry-run"], tmp_path, CPU_S)
    cpu_s = CPU_S if dry[0] else TRAINING_CPU_S
    trained = _tell(run, ["run", str(file), "--jobs", "1"], tmp_path, cpu_s)
    if damage.says is None:
        assert check[0] == dry[0] == trained[0] == 0, (name, check, dry, trained)
        assert dry[1] == trained[1], "the same is remarked"
        return
    assert damage.says in check[1], (name, check)
    assert check[0] == 2
    assert trained == check, (name, trained)
    if not damage.decoded:
        assert dry == check, (name, dry)


@pytest.mark.parametrize("number", range(QUICK))
def test_a_damaged_dataset(number, tmp_path):
    _attack(_here, *_draw(number), number, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(QUICK, NUMBER))
def test_each_damaged_dataset(number, tmp_path):
    _attack(_here, *_draw(number), number, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", GREEDY)
def test_what_could_take_all_memory_or_never_end(name, tmp_path):
    _attack(_forked, name, DAMAGES[name].kinds[0], 0, tmp_path)
