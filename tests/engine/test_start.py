"""What cycle 0 starts from: the training in the middle of several initial sets."""

import numpy as np
import pytest

import workbench as wb
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.errors import ConfigError
from workbench.pool import middle

INITIAL = {"rule": "middle_of", "sets": 2, "repeats": 2}
BUDGET = {"initial": 8, "per_cycle": 4, "cycles": 2}


def trainings(config, store, data):
    found = []

    def note(event):
        trains = event["event"] == "progress" and event["phase"] == "train"
        if trains and event["done"] == event["total"]:
            found.append((event["run"], event["cycle"]))

    identity = run_experiment(config, store, data, on_event=note)
    return wb.open_store(store).experiment(identity), found


def test_the_training_in_the_middle_starts_every_method(small, tmp_path):
    config = small(methods=["random", "entropy"], budget=BUDGET, initial=INITIAL)
    assert forecast(config, tmp_path).trainings == 4 + 1 + 2
    experiment, trained = trainings(config, tmp_path, tmp_path)
    first = [run.cycle(0) for run in experiment.runs()]
    choice = first[0].extras["initial"]
    assert len(choice["miou"]) == 4
    assert len(trained) == 4 + 1 + 2  # the choice, the shared cycle 0, one more cycle each
    position = choice["set"] * 2 + choice["repeat"]
    assert position == middle(choice["miou"])
    assert first[0].metrics.miou == choice["miou"][position]  # it is that very network
    assert first[0].labelled.tolist() == first[1].labelled.tolist()

    grown = small(methods=["random", "entropy", "margin"], budget=BUDGET, initial=INITIAL)
    assert forecast(grown, tmp_path, tmp_path).trainings == 1
    _, again = trainings(grown, tmp_path, tmp_path)
    assert len(again) == 1  # nothing is chosen anew


def test_sets_of_nothing_are_refused(small):
    budget = {**BUDGET, "initial": 0}
    with pytest.raises(ConfigError, match=r"middle_of and budget.initial is 0"):
        resolve(small(methods=["random"], budget=budget, initial=INITIAL))


def test_seeds_share_the_choice_where_they_share_the_units(small, tmp_path):
    shared = {**INITIAL, "share_across_seeds": True}
    config = small(methods=["random"], seeds=[0, 3], budget=BUDGET, initial=shared)
    experiment, trained = trainings(config, tmp_path, tmp_path)
    one, other = (run.cycle(0) for run in experiment.runs())
    assert one.extras["initial"] == other.extras["initial"]
    assert one.labelled.tolist() == other.labelled.tolist()
    assert not np.array_equal(one.metrics.confusion, other.metrics.confusion)  # training differs
    assert len(trained) == 4 + 2 + 2
