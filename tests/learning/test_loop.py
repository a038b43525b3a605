"""The loop as a learner with several networks uses it, and what it keeps of a training."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.learning.conftest import MemoryCheckpoint
from tests.learning.two_networks import Pair
from workbench.errors import ConfigError, StoppedError, TrainingError
from workbench.learning import FileCheckpoint, Trained
from workbench.learning._supervised import Supervised


@pytest.fixture
def pool(world):
    """Unlabelled images: what a learner gets of the pool."""
    return [(image, name) for image, _, name in world.samples[:3]]


def same(ours, theirs):
    return all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_two_networks_have_weights_of_their_own_and_one_scans(world, pool):
    task = world.task(unlabelled=lambda: pool)
    assert not same(task.network("student").state_dict(), task.network("teacher").state_dict())
    trained = Pair(epochs=3).fit(task)
    assert trained.scan_model is trained.networks["teacher"]
    assert trained.committee == ()
    assert not any(m.training for one in trained.networks.values() for m in one.modules())
    assert world.validations == 3
    assert trained.validation.miou == trained.extras["miou"]
    terms = trained.extras["terms"]
    assert set(terms) == {"cross_entropy", "consistency", "critic"}
    assert {len(series) for series in terms.values()} == {3}
    sums = np.sum(list(terms.values()), axis=0)
    np.testing.assert_allclose(trained.extras["losses"], sums, rtol=1e-6)
    assert world.progress[-1].rates == {"student": pytest.approx(0.01 / 6), "critic": 0.001}


@pytest.mark.parametrize("unlabelled", [True, False])
@pytest.mark.parametrize("epoch", [1, 2])
def test_all_of_it_is_resumed_bit_by_bit(world, pool, epoch, unlabelled):
    whole = MemoryCheckpoint()
    task = world.task(unlabelled=lambda: pool if unlabelled else [], checkpoint=whole)
    plain = Pair(epochs=3).fit(task)
    again = Pair(epochs=3).fit(replace(task, checkpoint=MemoryCheckpoint(whole.states[epoch - 1])))
    for name, network in plain.networks.items():
        assert same(network.state_dict(), again.networks[name].state_dict())
    assert again.extras == plain.extras
    assert ("consistency" in again.extras["terms"]) == unlabelled


@pytest.mark.parametrize("model", ["tiny", "deeplabv3plus"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_file_holds_all_that_is_needed(world, tmp_path, model, optimizer):
    """Weights lie in memory channels last, in the file they do not."""
    world.spec = {"name": model, "dropout": 0.5}
    learner = Supervised(epochs=2, batch_size=3, optimizer=optimizer, keep="best")
    plain = learner.fit(world.task())

    def stop(progress):
        if progress.epoch == 2:
            raise StoppedError

    path = tmp_path / "training.safetensors"
    assert FileCheckpoint(path).read() is None
    with pytest.raises(StoppedError):
        learner.fit(world.task(checkpoint=FileCheckpoint(path, every=0), report=stop))
    world.progress.clear()
    again = learner.fit(world.task(checkpoint=FileCheckpoint(path)))
    assert [p.step for p in world.progress] == [3, 4]
    assert same(plain.scan_model.state_dict(), again.scan_model.state_dict())
    assert again.extras == plain.extras
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_of_another_training_is_not_read(world, tmp_path):
    path = tmp_path / "training.safetensors"
    learner = Supervised(epochs=2)
    learner.fit(world.task(seed=1, checkpoint=FileCheckpoint(path, every=0)))
    plain = learner.fit(world.task(seed=2))
    again = learner.fit(world.task(seed=2, checkpoint=FileCheckpoint(path)))
    assert same(plain.scan_model.state_dict(), again.scan_model.state_dict())
    path.write_bytes(path.read_bytes()[:500])
    assert FileCheckpoint(path).read() is None


def test_epochs_in_quick_succession_are_passed_over(world, tmp_path):
    path = tmp_path / "training.safetensors"
    Supervised(epochs=2).fit(world.task(checkpoint=FileCheckpoint(path, every=1000)))
    assert not path.exists()


def test_the_term_that_is_not_finite_is_named(world, pool):
    def build(name):
        model = world.build(name)
        if name == "teacher":
            with torch.no_grad():
                model.classifier.weight.fill_(float("nan"))
        return model

    sentence = r"the loss consistency is nan in epoch 1, step 1 of 4, at learning rate 0\.01;"
    with pytest.raises(TrainingError, match=sentence):
        Pair().fit(world.task(build=build, unlabelled=lambda: pool))


def test_names_that_fit_no_network_are_refused(world):
    network = world.build()
    with pytest.raises(ConfigError, match="names the network 'teacher', but returned only"):
        Trained({"network": network}, scan="teacher")
    with pytest.raises(ConfigError, match="names the network 'second'"):
        Trained({"network": network}, members=("network", "second"))
