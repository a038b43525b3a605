"""A method that runs with some of the seeds, and a replay: one definition under two names."""

import shutil

import numpy as np
import pytest

from tests.experiments import SMALL
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.engine.plan import resolve
from workbench.errors import ConfigError
from workbench.figures import catalogue, comparison
from workbench.store import open_store

AGAIN = {"name": "random_again", "selector": "random", "seeds": [0]}
VALUES = {
    **SMALL,
    "seeds": [0, 1],
    "methods": ["random", AGAIN, "entropy"],
    "budget": {"initial": 8, "per_cycle": 4, "cycles": 2},
}


@pytest.fixture(scope="module")
def made(shared):
    return shared.trained(VALUES)


def test_only_the_runs_with_its_seeds_are_planned_run_and_listed(made):
    expected = [("random", 0), ("random", 1), ("random_again", 0), ("entropy", 0), ("entropy", 1)]
    assert [(r.method.name, r.seed) for r in made.experiment.runs()] == expected
    assert {run.status.state for run in made.experiment.runs()} == {"done"}
    planned = [(m.name, seed) for m, seed in resolve(parse_config(VALUES)).runs]
    assert sorted(planned) == sorted(expected)
    row = catalogue.read(open_store(made.store)).experiments.iloc[0]
    assert (row["runs"], row["runs_done"], row["state"]) == (5, 5, "done")


def test_a_replay_makes_the_same_queries_and_trains_again(made):
    run, again = made.run("random"), made.run("random_again")
    np.testing.assert_array_equal(run.cycle(1).labelled, again.cycle(1).labelled)
    assert run.cycle(1).revision != again.cycle(1).revision


def test_the_floor_is_what_a_replay_differs_by_and_on_one_cpu_nothing(made):
    data = comparison.read(made.experiment.runs())
    assert data.floor == 0
    pairs = set(zip(data.table["first"], data.table["second"], strict=True))
    assert pairs == {("random_again", "random"), ("entropy", "random")}
    assert data.table.query("first == 'random_again'")["verdict"].unique() == ["replay"]
    assert any(note.startswith("Replay floor: 0.0 points") for note in data.notes)


def test_a_replay_may_get_more_seeds_and_keeps_its_run(made, tmp_path):
    store = shutil.copytree(made.store, tmp_path / "store")
    before = made.run("random_again").cycle(1).revision
    methods = ["random", {**AGAIN, "seeds": [1, 0]}, "entropy"]
    run_experiment(parse_config({**VALUES, "methods": methods}), store, store)
    runs = {(r.method.name, r.seed): r for r in open_store(store).experiments()[0].runs()}
    assert runs["random_again", 0].cycle(1).revision == before
    assert runs["random_again", 1].status.state == "done"


@pytest.mark.parametrize("seeds", [[2], [], [-1], "many"])
def test_seeds_that_the_experiment_does_not_have_are_refused(seeds):
    with pytest.raises(ConfigError, match="seed"):
        parse_config({**VALUES, "methods": ["random", {**AGAIN, "seeds": seeds}]})
