"""Repairs where a run rests on more: a chosen start, vectors before training, weights not kept.

The quick siblings of the slow ones are in ``test_repair.py``.
"""

import shutil
from pathlib import Path

import pytest

import workbench as wb
from tests.attack.damages import (
    TINY,
    contents,
    delete,
    empty,
    experiment_of,
    exported,
    flip,
    run_of,
)
from workbench.config import parse_config
from workbench.engine.checkpoint import StoredCheckpoint
from workbench.engine.experiment import run_experiment
from workbench.engine.rescan import rescan
from workbench.errors import StoppedError
from workbench.learning import LEARNERS
from workbench.store.repair import repair

THREE = {"initial": 4, "per_cycle": 2, "cycles": 3}
FIRST = {
    **TINY,
    "name": "first",
    "methods": ["entropy", "k_center"],
    "embedding": {"weights": "initial"},
    "initial": {"rule": "middle_of", "sets": 2, "repeats": 1},
    "budget": THREE,
    "keep": {"weights": "none"},
}
"""A choice, embeddings by the network before training, and no weights."""


class StoppedInCycle2(StoredCheckpoint):
    """Writes the state after each epoch; in cycle 2 the training is stopped right after that."""

    def write(self, state) -> None:
        self.every = 0.0
        super().write(state)
        if self.path.parent.name == "0002":
            raise StoppedError("The training was stopped.")


def copy(shared, values: dict, folder: Path) -> Path:
    return shutil.copytree(shared.trained(values).store, folder / "store")


def run(values: dict, store: Path) -> str:
    return run_experiment(parse_config(values), store, store / "data")


def repaired(store: Path):
    """Repair a store; assert that nothing is lost and nothing is left to repair."""
    before = contents(store)
    done = repair(store)
    assert done.damages
    assert before <= contents(store)
    assert not repair(store).damages
    return done


def assert_ends_as(store: Path, values: dict, whole: Path) -> None:
    run(values, store)
    assert exported(store) == exported(whole)
    assert {run.status.state for run in wb.open_store(store).runs()} == {"done"}
    assert not repair(store).damages


def anywhere(how, *patterns: str):
    def damage(store: Path) -> None:
        for pattern in patterns:
            how(next(experiment_of(store).glob(pattern)))

    return damage


BOTH = {"entropy": [], "k_center": []}
CHOICE, VECTORS = "choices/*.json", "untrained/*/*/vectors.npy"
REST = {
    "a bit in a cycle without weights": (anywhere(flip, "runs/e*/cycles/0001/units.parquet"), [0]),
    "a bit in a choice": (anywhere(flip, CHOICE), [0, 1, 2]),
    "a choice that is gone": (anywhere(delete, CHOICE), [0, 1, 2]),
    "a choice and its cycle 0": (anywhere(empty, CHOICE, "shared/s*/cycle.json"), []),
    "a bit in vectors before training": (anywhere(flip, VECTORS), []),
    "vectors before training that are gone": (anywhere(delete, "untrained/*"), []),
}
"""What ► (how, the cycles that the run by entropy keeps)."""


@pytest.mark.slow
@pytest.mark.parametrize("what", REST)
def test_what_a_cycle_0_rests_on_is_made_again(shared, tmp_path, what):
    store = copy(shared, FIRST, tmp_path)
    how, kept = REST[what]
    how(store)
    before = contents(store)
    assert bool(repair(store).damages) == (what != "a choice that is gone"), "no run reads it"
    assert before <= contents(store)
    assert not repair(store).damages
    (first, _) = wb.open_store(store).runs()
    assert first.cycle_numbers == kept
    assert_ends_as(store, FIRST, shared.trained(FIRST).store)


def test_a_damaged_supplement_is_set_aside_alone_and_added_again(shared, tmp_path):
    values = {**TINY, "methods": ["entropy"], "budget": {**THREE, "cycles": 2}}
    store = copy(shared, values, tmp_path)
    (one,) = wb.open_store(store).runs()
    assert rescan(store, one.id, ["least_confidence"]) == [0, 1]
    scores = one.cycle(1).unit_scores("least_confidence")
    whole = exported(store)
    flip(next(one.path.glob("cycles/0001/supplements/*/units.parquet")))
    done = repaired(store)
    assert not done.again
    assert [path.parent.name for path in done.moved] == ["supplements"]
    assert exported(store) == whole
    assert rescan(store, one.id, ["least_confidence"]) == [1]
    (again,) = wb.open_store(store).runs()
    assert again.cycle(1).unit_scores("least_confidence").equals(scores)
    assert_ends_as(store, values, shared.trained(values).store)


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_training_that_goes_on_from_the_cycle_before_goes_on(
    shared, tmp_path, from_outside, number
):
    from_outside(LEARNERS, "from tests.learning.two_networks import PAIR as ENTRIES")
    values = {**TINY, "methods": ["entropy"], "learner": "pair", "budget": THREE}
    store = copy(shared, values, tmp_path)
    folder = run_of(store, "entropy") / f"cycles/{number:04d}" if number else experiment_of(store)
    flip(next(folder.rglob("networks/*.safetensors")))
    (again,) = repaired(store).again.values()
    assert again == tuple(range(number, 3))
    assert_ends_as(store, values, shared.trained(values).store)


@pytest.mark.slow
def test_the_state_of_a_training_is_set_aside_with_the_cycle_it_rests_on(
    shared, tmp_path, monkeypatch
):
    values = {
        **TINY,
        "methods": ["entropy"],
        "learner": {**TINY["learner"], "epochs": 3},
        "budget": THREE,
    }
    store = tmp_path / "store"
    monkeypatch.setattr("workbench.engine.observation.StoredCheckpoint", StoppedInCycle2)
    with pytest.raises(StoppedError):
        run(values, store)
    monkeypatch.undo()
    state = run_of(store, "entropy") / "training/0002"
    assert list(state.iterdir())
    flip(run_of(store, "entropy") / "cycles/0001/labelled.npy")
    done = repaired(store)
    assert state.relative_to(store) in done.moved
    assert not state.exists()
    assert_ends_as(store, values, shared.trained(values).store)


@pytest.mark.slow
def test_a_repaired_experiment_grows_as_any_other(shared, tmp_path):
    few = {**TINY, "methods": ["entropy"], "budget": THREE}
    grown = {**TINY, "methods": ["entropy", "margin"], "budget": {**THREE, "cycles": 4}}
    store = copy(shared, few, tmp_path)
    flip(run_of(store, "entropy") / "selections/0000/labels.parquet")
    assert repaired(store).again == {wb.open_store(store).runs()[0].id: (1, 2)}
    assert_ends_as(store, grown, shared.trained(grown).store)
