"""Trainings that go on from the cycle before; learning rates by part; batches in parts."""

import numpy as np
import pytest
import torch

from tests.learning.conftest import measured, scene
from workbench.errors import ConfigError, NotStoredError
from workbench.learning import LEARNERS, _samples
from workbench.learning._continue import OPTIMIZER
from workbench.learning._loop import learn
from workbench.learning._loss import cross_entropy, mass_of
from workbench.learning._pool import PoolBatches
from workbench.learning._supervised import Supervised, SupervisedTraining
from workbench.learning._u2pl import U2PL
from workbench.models import build
from workbench.types import IGNORE


class Before:
    """The cycle before, in memory: its networks, and what was kept beside them."""

    def __init__(self, trained, with_optimizer=True):
        self._networks = {name: n.state_dict() for name, n in trained.networks.items()}
        self._kept = {n: dict(s.state_dict()) for n, s in trained.kept.items() if with_optimizer}

    @property
    def networks(self):
        return (*self._networks, *self._kept)

    def load(self, network, name="network"):
        if name not in self._networks:
            raise NotStoredError(f"no weights of {name}")
        network.load_state_dict(self._networks[name])
        return network

    def state(self, name):
        return self._kept[name]


def same(one, two):
    found = two.scan_model.state_dict()
    return all(torch.equal(v, found[k]) for k, v in one.scan_model.state_dict().items())


@pytest.mark.parametrize(("optimizer", "lr"), [("adam", 0.01), ("sgd", 0.05)])
def test_two_cycles_of_one_epoch_equal_two_epochs(world, optimizer, lr):
    world.spec = {"name": "tiny", "width": 8, "dropout": 0.0}
    world.samples = world.samples[:2]
    settings = {"batch_size": 2, "optimizer": optimizer, "lr": lr, "continues": True}
    first = Supervised(epochs=1, **settings).fit(world.task())
    second = Supervised(epochs=1, **settings).fit(world.task(previous=Before(first)))
    whole = Supervised(epochs=2, **settings).fit(world.task())
    for name, value in whole.scan_model.state_dict().items():
        torch.testing.assert_close(second.scan_model.state_dict()[name], value, atol=1e-6, rtol=0)
    fresh = Before(first, with_optimizer=False)
    without = Supervised(epochs=1, **settings).fit(world.task(previous=fresh))
    assert not same(without, second)


def test_moments_are_kept_only_by_a_training_that_goes_on(world):
    assert not Supervised(epochs=1).fit(world.task()).kept
    kept = Supervised(epochs=1, continues=True).fit(world.task()).kept[OPTIMIZER].state_dict()
    assert {name.partition(".")[2] for name in kept} == {"step", "exp_avg", "exp_avg_sq"}


@pytest.mark.parametrize("name", ["supervised", "bootstrap", "u2pl"])
def test_of_the_best_epoch_go_on_weights_and_moments(world, monkeypatch, name):
    """Of three epochs the first is the best: what is kept is that of a training of one epoch."""
    monkeypatch.setattr(world, "validate", lambda _: measured(next(found)))
    own = {"u2pl": {"sup_only_epochs": 0, "projection": 4, "memory": 20, "schedule": "constant"}}
    spec = {"name": name, "batch_size": 3, "continues": True, "keep": "best", **own.get(name, {})}
    kept = []
    for epochs, mious in ((1, [0.5]), (3, [0.5, 0.4, 0.5])):
        found = iter(mious)
        # a share of unreliable labels that does not fall with the epochs
        monkeypatch.setattr(U2PL, "unreliable_share", lambda *_: 0.2)
        trained = LEARNERS.bind({**spec, "epochs": epochs}).call().fit(world.task())
        assert trained.extras["epoch"] == 1
        kept.append({n: state.state_dict() for n, state in trained.kept.items()})
    assert kept[0].keys() == kept[1].keys()
    for key, parts in kept[0].items():
        assert parts.keys() == kept[1][key].keys()
        assert all(torch.equal(value, kept[1][key][part]) for part, value in parts.items()), key


def test_a_training_from_scratch_does_not_read_the_cycle_before(world):
    task = world.task()
    before = Before(Supervised(epochs=1).fit(task))
    assert same(
        Supervised(epochs=1).fit(world.task(previous=before)), Supervised(epochs=1).fit(task)
    )


def test_moments_of_another_optimiser_are_left(world):
    before = Before(Supervised(epochs=1, continues=True).fit(world.task()))
    after = Supervised(epochs=1, optimizer="sgd", continues=True).fit(world.task(previous=before))
    assert {n.partition(".")[2] for n in after.kept[OPTIMIZER].state_dict()} == {"momentum_buffer"}


def test_nothing_labelled_goes_on_unchanged(world):
    first = Supervised(epochs=1, continues=True).fit(world.task())
    world.samples = []
    second = Supervised(epochs=1, continues=True).fit(world.task(previous=Before(first)))
    assert same(first, second)
    kept = second.kept[OPTIMIZER].state_dict()
    assert kept.keys() == first.kept[OPTIMIZER].state_dict().keys()


def test_the_head_learns_at_its_own_rate():
    model = build({"name": "unet", "encoder": "mobilenet_v2"}, 2, seed=0)
    settings = Supervised(lr=0.01, head_lr=10.0, schedule="poly")
    trunk, head = settings.optimiser(model).param_groups
    assert {id(w) for w in trunk["params"]} == {id(w) for w in model.encoder.parameters()}
    assert len(trunk["params"]) + len(head["params"]) == len(list(model.parameters()))
    assert (trunk["lr"], head["lr"], head["factor"]) == (0.01, pytest.approx(0.1), 10.0)


def test_both_rates_follow_the_schedule(world):
    world.spec = {"name": "unet", "encoder": "mobilenet_v2"}
    samples = world.samples[:2]
    learner = Supervised(
        epochs=2, batch_size=2, lr=0.01, head_lr=10.0, schedule="step", step_every=1
    )
    seen = []

    class Noted(SupervisedTraining):
        def step(self, positions, at):
            seen.append([group["lr"] for group in self.optimizers["network"].param_groups])

    task = world.task()
    learn(task, learner.training_schedule, 2, lambda fabric: Noted(learner, task, fabric, samples))
    assert seen == [pytest.approx([rate, 10 * rate]) for rate in (0.01, 0.001)]


def test_a_network_without_a_trunk_has_one_rate():
    with pytest.raises(ConfigError, match="head_lr is 10, but the network has no trunk"):
        Supervised(head_lr=10.0).optimiser(build("tiny", 2, seed=0))


@pytest.mark.parametrize("weights", [None, torch.tensor([0.5, 2.0])])
def test_losses_of_parts_add_up_to_that_of_the_whole(weights):
    torch.manual_seed(0)
    logits = torch.randn(5, 2, 4, 6)
    masks = torch.randint(0, 2, (5, 4, 6)).to(torch.uint8)
    masks[1:3] = IGNORE
    masks[4, :, 3:] = IGNORE
    mass = mass_of(masks, weights)
    parts = zip(logits.chunk(3), masks.chunk(3), strict=True)
    summed = sum(cross_entropy(some, theirs, weights, mass) for some, theirs in parts)
    torch.testing.assert_close(summed, cross_entropy(logits, masks, weights))


def test_accumulated_gradients_equal_those_of_the_whole_batch(world):
    """In a network without batch norm, whose statistics are those of a part."""
    world.spec = {"name": "tiny", "width": 8, "dropout": 0.0}
    build_one = world.build

    def build_eval(name="network"):
        model = build_one(name)
        model.train = lambda mode=True: torch.nn.Module.train(model, False)
        return model

    world.samples = [scene(n) for n in range(4)]
    settings = {"epochs": 1, "batch_size": 4, "optimizer": "sgd", "lr": 0.5, "momentum": 0.0}
    fits = [
        Supervised(accumulate=passes, **settings).fit(world.task(build=build_eval))
        for passes in (1, 2, 4, 100)
    ]
    for other in fits[1:]:
        for name, value in fits[0].scan_model.state_dict().items():
            torch.testing.assert_close(
                other.scan_model.state_dict()[name], value, atol=1e-6, rtol=0
            )
        assert other.extras["losses"] == pytest.approx(fits[0].extras["losses"], rel=1e-5)


@pytest.mark.parametrize("room", [_samples._CACHED_BYTES, 0])
def test_pool_batches_draw_every_image_once_before_any_again(monkeypatch, room):
    monkeypatch.setattr(_samples, "_CACHED_BYTES", room)
    images = [(np.full((4, 6, 3), n, np.uint8), str(n)) for n in range(5)]
    batches = PoolBatches(images, 2, None, 0, torch.device("cpu"))
    drawn = []
    states = []
    for _ in range(10):
        states.append(batches.state_dict())
        found, inside = batches.take()
        assert inside.all()
        drawn += found[:, 0, 0, 0].tolist()
    for start in range(0, 20, 5):
        assert sorted(drawn[start : start + 5]) == [0, 1, 2, 3, 4]
    again = PoolBatches(images, 2, None, 7, torch.device("cpu"))
    again.load_state_dict(states[4])
    assert again.take()[0][:, 0, 0, 0].tolist() == drawn[8:10]


def test_pool_batches_say_which_pixels_are_in_an_image():
    images = [(np.zeros((4, 6, 3), np.uint8), "a"), (np.zeros((2, 6, 3), np.uint8), "b")]
    found, inside = PoolBatches(images, 2, None, 0, torch.device("cpu")).take()
    assert tuple(found.shape) == (2, 4, 6, 3)
    assert sorted(inside.sum((1, 2)).tolist()) == [12, 24]
