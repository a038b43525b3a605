"""A learner that goes on from the cycle before, in a whole experiment."""

import pytest
import torch

import workbench as wb
from tests.experiments import SMALL
from workbench.config import parse_config
from workbench.engine.plan import resolve
from workbench.engine.previous import PreviousCycle
from workbench.errors import ConfigError, NotStoredError
from workbench.models import read_state

GOES_ON = {
    **SMALL,
    "learner": {"name": "supervised", "epochs": 1, "continues": True},
    "methods": ["random"],
    "budget": {"initial": 4, "per_cycle": 2, "cycles": 2},
}


def test_network_and_optimiser_are_kept_and_go_on(shared):
    (run,) = wb.open_store(shared.trained(GOES_ON).store).runs()
    first, second = run.cycles
    assert list(first.networks) == ["network", "optimizer"]
    before = PreviousCycle(first).state("optimizer")
    after = read_state(second.weights_of("optimizer"))
    assert before.keys() == after.keys()
    steps = [float(state["0.step"]) for state in (before, after)]
    assert 0 < steps[0] < steps[1]
    assert not torch.equal(before["0.exp_avg"], after["0.exp_avg"])
    with pytest.raises(NotStoredError, match="keeps no weights of a network 'teacher'"):
        PreviousCycle(first).state("teacher")


def test_a_rate_of_its_own_outside_the_trunk_needs_a_trunk():
    learner = {"name": "supervised", "head_lr": 10.0}
    with pytest.raises(ConfigError, match="head_lr is 10, but the network tiny has no trunk"):
        resolve(parse_config({**GOES_ON, "learner": learner}))
    model = {"name": "deeplabv3plus"}
    (method,) = resolve(parse_config({**GOES_ON, "learner": learner, "model": model})).methods
    assert method.learner.options["head_lr"] == 10.0
    report = {"at": [4], "learner": {"head_lr": 1.0}, "model": {"name": "tiny"}}
    changed = {"learner": learner, "model": model, "report": report}
    assert resolve(parse_config({**GOES_ON, **changed})).methods
    del report["learner"]
    with pytest.raises(ConfigError, match=r"report\.learner\.head_lr is 10, but the network tiny"):
        resolve(parse_config({**GOES_ON, **changed}))
