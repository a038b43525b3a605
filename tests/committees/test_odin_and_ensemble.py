"""ODIN is a softmax at another temperature and place; an ensemble is its networks."""

import pytest
import torch
from torch.testing import assert_close

from tests.committees.networks import Counting, images
from workbench.acquisition import least_confidence
from workbench.committees import COMMITTEES, Forwards, ensemble, odin, softmax
from workbench.errors import ModelError
from workbench.types import Committee

SUMS = frozenset({"mean_entropy", "votes", "mean_square_probs"})


def odin_of(network, x, temperature, epsilon):
    with torch.no_grad():
        return odin(Forwards(network, x), SUMS, temperature, epsilon)


def test_temperature_one_without_a_step_is_max_softmax_to_the_bit():
    network, x = Counting(), images()
    with torch.no_grad():
        plain = softmax(Forwards(network, x), SUMS)
    found = odin_of(network, x, 1.0, 0.0)
    assert torch.equal(least_confidence(found), least_confidence(plain))
    assert torch.equal(found.mean_entropy, plain.mean_entropy)


@pytest.mark.parametrize("temperature", [0.01, 0.1, 10.0, 1000.0])
def test_logits_are_divided_by_the_temperature(temperature):
    network, x = Counting(), images()
    with torch.no_grad():
        expected = (network(x).double() / temperature).softmax(dim=1)
    found = odin_of(network, x, temperature, 0.0)
    assert_close(found.mean_probs.double(), expected, atol=1e-6, rtol=1e-5)
    assert torch.equal(found.votes.argmax(dim=1), expected.argmax(dim=1))


def test_without_a_step_every_temperature_reads_the_same_pass():
    network = Counting()
    forwards = Forwards(network, images())
    with torch.no_grad():
        for spec in ("softmax", "odin:0.01", "odin:10", "odin:1000", "odin:1"):
            COMMITTEES.bind(spec).call(forwards, frozenset())
    assert network.calls == 1


def test_the_step_raises_the_largest_softmax_value():
    network, x = Counting(), images(size=(16, 16))
    with torch.no_grad():
        before = network(x).log_softmax(dim=1).amax(dim=1).sum(dim=(1, 2))
        for epsilon in (1e-4, 1e-3):
            moved = odin_of(network, x, 1.0, epsilon)
            after = moved.mean_probs.log().amax(dim=1).sum(dim=(1, 2))
            assert (after > before).all()


def test_the_step_is_the_sign_of_each_images_own_gradient():
    network, x = Counting(), images(3, (6, 8))
    temperature, epsilon = 100.0, 0.01
    moved = []
    for one in x:
        leaf = one[None].clone().requires_grad_()
        log_probs = (network(leaf) / temperature).log_softmax(dim=1)
        log_probs.max(dim=1).values.sum().backward()
        # x − ε · sign(−∇ log P)
        moved.append(one[None] - epsilon * (-leaf.grad).sign())
    with torch.no_grad():
        expected = (network(torch.cat(moved)) / temperature).softmax(dim=1)
    assert_close(odin_of(network, x, temperature, epsilon).mean_probs, expected)
    assert all(p.grad is None or not p.grad.any() for p in Counting().parameters())


def test_a_step_leaves_no_gradients_and_no_graph():
    network, x = Counting(), images()
    found = odin_of(network, x, 10.0, 0.001)
    assert not found.mean_probs.requires_grad
    assert not x.requires_grad
    assert all(p.grad is None for p in network.parameters())


def test_an_ensemble_is_the_mean_of_its_networks():
    networks, x = [Counting(seed=s) for s in range(3)], images()
    with torch.no_grad():
        found = ensemble(Forwards(networks[1], x, members=networks), SUMS, members=3)
        members = torch.stack([network(x) for network in networks]).softmax(dim=2)
    expected = Committee.from_members(members)
    assert found.n == 3
    for field in ("mean_probs", "mean_entropy", "votes", "mean_square_probs"):
        assert_close(getattr(found, field), getattr(expected, field), atol=1e-6, rtol=1e-5)


def test_the_scans_own_network_is_not_run_again_in_an_ensemble():
    networks = [Counting(seed=s) for s in range(3)]
    forwards = Forwards(networks[1], images(), members=networks)
    with torch.no_grad():
        forwards.logits()
        ensemble(forwards, frozenset(), members=3)
    assert [network.calls for network in networks] == [1, 1, 1]


@pytest.mark.parametrize("there", [0, 1, 3])
def test_another_number_of_networks_is_refused(there):
    networks = [Counting(seed=s) for s in range(there)]
    with pytest.raises(ModelError, match=f"ensemble:2 has {there} networks"):
        ensemble(Forwards(Counting(), images(), members=networks), SUMS, members=2)
