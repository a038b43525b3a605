"""EquAL in a whole experiment: from nothing labelled, one region a query, one pass a cycle."""

import numpy as np
import pytest
import torch

from tests.experiments import SMALL
from workbench import presets
from workbench.config import parse_config
from workbench.engine.plan import resolve
from workbench.models import read_state

QUERIES = 3
EQUAL = {
    **SMALL,
    "learner": {"name": "self_consistency", "lr": 0.002, "continues": True, "epochs": 1},
    "methods": [
        "equal",
        "entropy",
        {"name": "equal_plus", "report": {"learner": {"epochs": 1}}},
    ],
    "budget": {"initial": 0, "per_cycle": 1, "cycles": QUERIES + 1},
    "report": {"at": [2], "learner": {"name": "supervised", "epochs": 1}},
    "scan": {"batch_size": 4},
}


@pytest.fixture
def trained(shared):
    return shared.trained(EQUAL)


def test_each_query_is_followed_by_one_pass_that_goes_on(trained):
    cycles = trained.run("equal").cycles
    steps = []
    for number, cycle in enumerate(cycles):
        assert len(cycle.labelled) == number
        kept = read_state(cycle.weights_of("optimizer"))
        steps.append(float(kept["0.step"]) if number else 0.0)
        assert bool(kept) == bool(number)
    assert steps == [0, 1, 2, 3]  # up to five labelled images are one batch


def test_both_terms_are_recorded(trained):
    extras = trained.run("equal").cycles[-1].extras
    assert set(extras["terms"]) == {"cross_entropy", "consistency"}
    assert all(value > 0 for (value,) in extras["terms"].values())


def test_it_takes_the_unit_of_largest_flip_entropy(trained):
    for cycle in trained.run("equal").cycles[:-1]:
        scores = cycle.unit_scores("total_entropy@transforms:hflip")
        (chosen,) = cycle.selected
        assert scores[chosen] == scores.max()


def test_methods_with_the_same_training_share_the_untrained_network(trained):
    equal, entropy = (trained.run(name).cycle(0) for name in ("equal", "entropy"))
    ours, theirs = (read_state(cycle.weights_of("network")) for cycle in (equal, entropy))
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())
    np.testing.assert_array_equal(equal.labelled, entropy.labelled)


def test_methods_that_compute_the_same_cycles_are_named():
    assert resolve(parse_config(EQUAL)).alike == [("equal", "equal_plus")]
    methods = ["equal", {"name": "equal_plus", "learner": {"lr": 0.5}}, "flip_entropy"]
    assert resolve(parse_config({**EQUAL, "methods": methods})).alike == [("equal", "flip_entropy")]


def test_equal_plus_differs_at_report_points_alone(trained):
    equal, plus, entropy = (trained.run(name) for name in ("equal", "equal_plus", "entropy"))
    for ours, theirs in zip(equal.cycles, plus.cycles, strict=True):
        np.testing.assert_array_equal(ours.labelled, theirs.labelled)
    terms = [set(run.reports[0].extras["terms"]) for run in (equal, plus, entropy)]
    assert terms == [{"cross_entropy"}, {"cross_entropy", "consistency"}, {"cross_entropy"}]
    assert [run.reports[0].metrics.labelled_units for run in (equal, plus)] == [2, 2]


def learner_of(method, **changes):
    plan = resolve(parse_config({**EQUAL, **changes, "methods": [method]}))
    found = plan.methods[0].learner
    return found.name, {n: found.options[n] for n in ("continues", "epochs", "lr", "batch_size")}


def test_equal_keeps_the_rates_of_an_experiment_that_trains_like_it():
    """One pass that goes on is the method's; how large its steps are is the experiment's."""
    learner = {"name": "self_consistency", "lr": 0.002, "batch_size": 3}
    wanted = {"continues": True, "epochs": 1, "lr": 0.002, "batch_size": 3}
    assert learner_of("equal", learner=learner) == ("self_consistency", wanted)


def test_equal_brings_its_loss_where_the_others_have_none():
    name, options = learner_of("equal", learner={"name": "supervised", "lr": 0.002})
    assert name == "self_consistency"
    assert options == {"continues": True, "epochs": 1, "lr": 5e-4, "batch_size": 5}
    assert learner_of("flip_entropy", learner="supervised")[0] == "supervised"


@pytest.fixture(scope="module")
def camvid():
    return resolve(presets.load("equal-camvid"))


TRAINED = {"optimizer": "adam", "lr": 5e-4, "weight_decay": 2e-4, "batch_size": 5}
TRAINED |= {"augment": ("hflip",), "class_weights": "none", "head_lr": 1.0, "keep": "last"}


def test_on_camvid_all_methods_learn_alike_between_queries(camvid):
    assert [m.name for m in camvid.methods] == ["random", "entropy", "equal", "equal_plus"]
    loop = TRAINED | {"epochs": 1, "continues": True, "consistency_weight": 1.0}
    for method in camvid.methods:
        assert method.learner.name == "self_consistency"
        assert {name: method.learner.options[name] for name in loop} == loop
        assert method.model.options["weights"] == "none"
    assert len({camvid.cycle_zero_key(method, 0) for method in camvid.methods}) == 1


def test_on_camvid_only_equal_plus_is_retrained_with_the_loss(camvid):
    final = TRAINED | {"epochs": 60, "schedule": "step", "step_every": 20, "gamma": 0.1}
    final |= {"continues": False}
    for method in camvid.methods:
        found = method.reported
        plus = method.name == "equal_plus"
        assert found.learner.name == ("self_consistency" if plus else "supervised")
        assert {name: found.learner.options[name] for name in final} == final
        assert (found.model.name, found.model.options["weights"]) == ("fcn_resnet50", "imagenet")


def test_on_camvid_the_budgets_are_those_of_the_paper(camvid):
    config = camvid.config
    assert [int(float(p.rstrip("%")) * 367 * 25 // 100) for p in config.report.at] == [
        *(734, 1101, 1468, 1835, 2202)
    ]
    assert config.budget.cycles == 2202 + 1, "the last cycle selects nothing"
    assert camvid.units.call().layout((360, 480), None).areas.tolist() == [72 * 96] * 25
    assert (config.evaluation.split, config.seeds) == ("test", (0, 1, 2, 3, 4))
