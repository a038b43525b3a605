"""What holds for every registered learner."""

import inspect
import json

import pytest
import torch

from workbench.errors import TrainingError
from workbench.learning import LEARNERS

SHORT = {"epochs": 2, "batch_size": 4}


@pytest.fixture(params=LEARNERS.names())
def learner(request):
    return LEARNERS.bind({"name": request.param, **SHORT}).call()


def test_gives_trained_networks(learner, world):
    trained = learner.fit(world.task())
    assert trained.members
    assert not trained.scan_model.training
    assert not any(m.training for member in trained.members for m in member.modules())
    assert json.loads(json.dumps(dict(trained.extras))) == dict(trained.extras)
    assert world.views == [learner.view]


def test_the_weights_change_and_stay_finite(learner, world):
    task = world.task()
    before = task.build().state_dict()
    after = learner.fit(task).scan_model.state_dict()
    assert all(value.isfinite().all() for value in after.values())
    assert any(not torch.equal(value, before[name]) for name, value in after.items())


def test_every_step_is_reported(learner, world):
    learner.fit(world.task())
    steps = learner.steps(len(world.samples))
    assert [p.step for p in world.progress] == list(range(1, steps + 1))
    assert {p.steps for p in world.progress} == {steps}
    assert world.progress[-1].epoch == world.progress[-1].epochs


def test_same_seed_same_weights_whatever_the_global_state(learner, world):
    states = []
    for noise in (1, 2):
        torch.manual_seed(noise)
        before = torch.get_rng_state()
        states.append(learner.fit(world.task(seed=3)).scan_model.state_dict())
        assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_another_seed_gives_other_weights(learner, world):
    one, two = (learner.fit(world.task(seed=s)).scan_model.state_dict() for s in (0, 1))
    assert any(not torch.equal(value, two[name]) for name, value in one.items())


def test_nothing_labelled_is_an_error(learner, world):
    world.samples = []
    with pytest.raises(TrainingError, match="entropy seed 0 cycle 2: there is no labelled sample"):
        learner.fit(world.task())


def test_an_unknown_class_id_is_an_error(learner, world):
    image, mask, _ = world.samples[1]
    world.samples[1] = image, mask + 5, "street 12"
    with pytest.raises(TrainingError, match="street 12 holds class id"):
        learner.fit(world.task())


@pytest.mark.parametrize("name", LEARNERS.names())
def test_defaults_are_those_of_the_registry(name):
    entry = LEARNERS.entry(name)
    signature = inspect.signature(LEARNERS.get(name)).parameters
    assert {p.name: p.default for p in entry.params} == {
        name: parameter.default for name, parameter in signature.items()
    }
