"""Streaming equals all members at once; passes are shared; ties have a rule."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.committees.networks import Counting, Pointwise, images
from workbench.committees import (
    COMMITTEES,
    Forwards,
    RunningSums,
    members_of,
    predicted_classes,
    softmax,
    transforms,
)
from workbench.errors import ConfigError, ShapeError
from workbench.types import Committee

SUMS = frozenset({"mean_entropy", "votes", "mean_square_probs"})


def check(spec):
    members_of(COMMITTEES.bind(spec))


def assert_same(found, expected):
    assert found.n == expected.n
    for field in ("count", "mean_probs", "mean_entropy", "votes", "mean_square_probs"):
        assert_close(getattr(found, field), getattr(expected, field), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("scale", [0.01, 1.0, 300.0])
def test_streaming_equals_all_members_at_once(scale):
    logits = torch.randn(5, 2, 4, 6, 7, generator=torch.Generator().manual_seed(0)) * scale
    sums = RunningSums(SUMS)
    for member in logits:
        sums.add(member)
    assert_same(sums.committee(), Committee.from_members(logits.softmax(dim=2)))


def test_pixels_that_a_member_did_not_see_are_left_out():
    logits = torch.randn(3, 1, 4, 2, 3, generator=torch.Generator().manual_seed(0))
    seen = torch.tensor([[True, True, False], [True, False, False]])
    sums = RunningSums(SUMS)
    sums.add(logits[0])
    sums.add(torch.where(seen, logits[1], torch.nan), seen)
    sums.add(logits[2])
    found = sums.committee()
    assert found.count[0, 0].tolist() == [[3, 3, 2], [3, 2, 2]]
    everyone = Committee.from_members(logits.softmax(dim=2))
    without = Committee.from_members(logits[[0, 2]].softmax(dim=2))
    for field in ("mean_probs", "votes", "mean_square_probs", "mean_entropy"):
        expected = torch.where(seen, getattr(everyone, field), getattr(without, field))
        assert_close(getattr(found, field), expected)


def test_a_pixel_that_nobody_saw_is_refused():
    sums = RunningSums(frozenset())
    sums.add(torch.zeros(1, 2, 1, 2), torch.tensor([[True, False]]))
    with pytest.raises(ShapeError, match="No member of the committee covers"):
        sums.committee()


def test_members_differ_from_none():
    with pytest.raises(ShapeError, match="at least one member"):
        RunningSums(frozenset()).committee()


def test_a_sum_of_unknown_name_is_refused():
    with pytest.raises(ShapeError, match="'median'"):
        RunningSums(frozenset({"median"}))


def test_softmax_is_the_softmax():
    network, x = Counting(), images()
    with torch.no_grad():
        found = softmax(Forwards(network, x), SUMS)
        assert_same(found, Committee.from_members(network(x).softmax(dim=1)[None]))


@pytest.mark.parametrize("key", ["hflip", "vflip", "rot90", "rot180", "translate", "translate3"])
def test_copies_are_mapped_back_exactly(key):
    network, x = Pointwise(), images(size=(21, 30))
    with torch.no_grad():
        found = transforms(Forwards(network, x), SUMS, [key])
        alone = network(x).softmax(dim=1)
    assert_close(found.mean_probs, alone)
    assert_close(found.mean_square_probs, alone.square())


def test_what_a_shift_moves_out_of_the_image_is_not_counted():
    with torch.no_grad():
        found = transforms(Forwards(Pointwise(), images(size=(5, 6))), SUMS, ["translate2"])
    expected = torch.ones(5, 6)
    expected[:3, :4] = 2
    assert torch.equal(found.count, expected.expand(2, 1, 5, 6))


def test_a_shift_larger_than_the_image_is_refused():
    with pytest.raises(ShapeError, match="smaller shift"), torch.no_grad():
        transforms(Forwards(Pointwise(), images(size=(9, 30))), SUMS, ["translate"])


def test_mirrored_copy_is_mirrored_back():
    network, x = Counting(), images()
    with torch.no_grad():
        found = transforms(Forwards(network, x), SUMS, ["hflip"])
        members = torch.stack([network(x), network(x.flip(-1)).flip(-1)]).softmax(dim=2)
    assert_same(found, Committee.from_members(members))


def test_committees_share_the_passes_that_both_ask_for():
    network = Counting()
    forwards = Forwards(network, images(), shared=frozenset({"hflip"}))
    with torch.no_grad():
        for spec in ("softmax", "transforms:hflip", "softmax", "transforms:hflip"):
            COMMITTEES.bind(spec).call(forwards, frozenset())
    assert network.calls == 2


def test_a_pass_of_one_committee_is_not_kept():
    forwards = Forwards(Counting(), images())
    with torch.no_grad():
        first = forwards.logits("hflip", lambda x: x.flip(-1))
        assert forwards.logits("hflip", lambda x: x.flip(-1)) is not first
        assert forwards.logits() is forwards.logits()


def test_features_come_from_the_same_pass():
    network = Counting()
    forwards = Forwards(network, images(), taps=("backbone",))
    with torch.no_grad():
        assert not forwards.features
        logits = forwards.logits()
    assert network.calls == 1
    assert_close(forwards.features["backbone"], logits * 2)


def test_every_pass_is_checked():
    checked = []
    forwards = Forwards(Counting(), images(), check=checked.append)
    with torch.no_grad():
        transforms(forwards, frozenset(), ["hflip"])
    assert [c.dtype for c in checked] == [torch.float32] * 2


def test_of_equal_classes_the_first_is_predicted():
    tied = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.0, 1.0, 2.0]])
    assert predicted_classes(tied.T[None, :, :, None])[0, :, 0].tolist() == [1, 0, 2]


def test_predicted_classes_equal_argmax():
    logits = np.random.default_rng(0).normal(size=(3, 7, 11, 5)).astype(np.float32)
    found = predicted_classes(torch.from_numpy(logits)).numpy()
    np.testing.assert_array_equal(found, logits.argmax(axis=1))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("transforms", "needs a value for of"),
        ("transforms:hflop", "did you mean 'hflip'"),
        ("transforms:hflip+hflip", "twice"),
        ("transforms:translate+translate16", "twice"),
        ("transforms:translate0", "no transformation"),
        ("mc_dropout:1", "from 2"),
        ("mc_dropout:rate=1", "up to 0.95"),
        ("odin:0", "from 0.001"),
    ],
)
def test_settings_that_make_no_committee_are_refused(spec, message):
    with pytest.raises(ConfigError, match=message):
        check(spec)
