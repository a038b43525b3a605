"""Settings of every committee as literals, and what its entry says of them."""

import pytest
import torch
from torch.testing import assert_close

from workbench.committees import COMMITTEES, RunningSums, networks_of
from workbench.registry import REQUIRED

SETTINGS = {
    "mc_dropout.members": (10, 2, 1000),  # Chen et al.: ten
    "mc_dropout.rate": (0.5, 0.01, 0.95),  # Gal & Ghahramani 2016
    "mc_dropout.seed": (0, 0, 2**32 - 1),
    "transforms.of": (REQUIRED, None, None),
    "ensemble.members": (4, 2, 100),  # Yang et al. 2017: four networks
    "odin.temperature": (1000.0, 1e-3, 1e6),  # Liang et al. 2018: T = 1000
    "odin.epsilon": (0.0, 0, 10),
}


def test_defaults_and_bounds_of_settings():
    found = {f"{e.name}.{p.name}": (p.default, p.low, p.high) for e in COMMITTEES for p in e.params}
    assert found == SETTINGS


@pytest.mark.parametrize(
    ("spec", "temperature", "float32", "networks", "label"),
    [
        ("softmax", 1.0, False, 0, ""),
        ("mc_dropout:7", None, False, 0, ""),
        ("transforms:hflip", None, False, 0, ""),
        ("ensemble", None, False, 4, ""),
        ("odin", 1000.0, False, 0, "ODIN, T = 1000"),
        ("odin:1", 1.0, False, 0, "ODIN, T = 1"),
        ("odin:0.01", 0.01, True, 0, "ODIN, T = 0.01"),
        ("odin:10,epsilon=0.5", 10.0, False, 0, "ODIN, T = 10, ε = 0.5"),
    ],
)
def test_what_an_entry_says_of_settings(spec, temperature, float32, networks, label):
    bound = COMMITTEES.bind(spec)
    entry, options = bound.entry, bound.options
    assert entry.temperature(options) == temperature
    assert entry.float32(options) is float32
    assert networks_of(bound) == networks
    assert entry.label(options) == label
    assert entry.dropout is (entry.name == "mc_dropout")


def test_images_added_at_once_as_on_a_gpu_are_those_added_one_by_one():
    """On a CPU a batch is summed image by image, so no other test sees a whole batch at once."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 5, 6, generator=generator)
    names = frozenset({"mean_entropy", "votes", "mean_square_probs"})
    one_by_one, at_once = RunningSums(names), RunningSums(names)
    seen = torch.rand(5, 6, generator=generator) > 0.4
    for n, member in enumerate(logits):
        one_by_one.add(member, seen if n else None)
        if not n:
            at_once._begin(tuple(member.shape), member)
        at_once._add_part(slice(0, len(member)), member, seen if n else None)
        at_once._n += 1
    plain = one_by_one.committee()
    count = 1 + seen.float()
    for name in (*names, "mean_probs"):
        assert_close(at_once._sums[name] / count, getattr(plain, name))
