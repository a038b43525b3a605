"""Order and batches: every sample in its turn, whatever its size."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.conftest import scene
from workbench.errors import TrainingError
from workbench.learning import _samples
from workbench.learning._augment import FILL
from workbench.learning._samples import Batches, Order, frame
from workbench.types import IGNORE

CPU = torch.device("cpu")


@given(st.integers(1, 20), st.integers(1, 8), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_an_epoch_sees_every_sample_once(n, batch_size, seed):
    order = Order(n, batch_size, None, seed)
    for _ in range(2):
        epoch = list(order.epoch())
        assert sorted(p for batch in epoch for p in batch) == list(range(n))
        assert len(epoch) == order.steps_per_epoch
        assert all(len(batch) == batch_size for batch in epoch[:-1])


@given(st.integers(1, 9), st.integers(1, 8), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_a_given_number_of_steps_keeps_all_batches_full(n, batch_size, steps):
    order = Order(n, batch_size, steps, seed=0)
    drawn = []
    for _ in range(3):
        epoch = list(order.epoch())
        assert [len(batch) for batch in epoch] == [batch_size] * steps
        drawn += [p for batch in epoch for p in batch]
    # one permutation after the other, across batches and epochs
    for start in range(0, len(drawn) - n + 1, n):
        assert sorted(drawn[start : start + n]) == list(range(n))


def test_the_order_changes_with_epoch_and_seed():
    one, two = Order(50, 50, None, seed=1), Order(50, 50, None, seed=1)
    first = next(one.epoch())
    assert first == next(two.epoch())
    assert first != next(one.epoch())
    assert first != next(Order(50, 50, None, seed=2).epoch())


def test_a_batch_holds_the_samples_asked_for():
    samples = [scene(n) for n in range(4)]
    images, masks = Batches(samples, 2, None, CPU).take([2, 0])
    assert images.dtype == masks.dtype == torch.uint8
    np.testing.assert_array_equal(images.numpy(), np.stack([samples[2][0], samples[0][0]]))
    np.testing.assert_array_equal(masks.numpy(), np.stack([samples[2][1], samples[0][1]]))


def test_samples_beyond_the_memory_bound_are_read_again(monkeypatch):
    samples = [scene(n) for n in range(4)]
    wanted = Batches(samples, 2, None, CPU).take([3, 1, 0])
    for room in (0, 2 * (24 * 32 * 4)):
        monkeypatch.setattr(_samples, "_CACHED_BYTES", room)
        found = Batches(samples, 2, None, CPU).take([3, 1, 0])
        assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))


def test_samples_that_are_read_ahead_are_those_asked_for(monkeypatch):
    samples = [scene(n) for n in range(6)]
    wanted = Batches(samples, 2, None, CPU)
    monkeypatch.setattr(_samples, "_CACHED_BYTES", 2 * (24 * 32 * 4))
    found = Batches(samples, 2, None, CPU)
    found.expect([4, 0, 5, 2, 3, 3])
    for positions in ([4, 0], [5, 2], [1, 5], [3, 3], [2, 4]):
        for one, other in zip(found.take(positions), wanted.take(positions), strict=True):
            assert torch.equal(one, other)


def test_samples_of_different_sizes_lie_in_a_void_frame():
    samples = [scene(0, (24, 32)), scene(1, (20, 40))]
    images, masks = Batches(samples, 2, None, CPU).take([0, 1])
    assert images.shape == (2, 24, 40, 3)
    assert masks.shape == (2, 24, 40)
    np.testing.assert_array_equal(images[0, :, 4:36].numpy(), samples[0][0])
    np.testing.assert_array_equal(masks[1, 2:22].numpy(), samples[1][1])
    assert (masks[0, :, :4] == IGNORE).all()
    assert (masks[0, :, 36:] == IGNORE).all()
    assert (images[1, :2] == torch.tensor(FILL, dtype=torch.uint8)).all()


def test_read_only_arrays_are_copied():
    image, mask, name = scene(0)
    image.flags.writeable = mask.flags.writeable = False
    images, masks = Batches([(image, mask, name)], 2, None, CPU).take([0])
    images.zero_(), masks.zero_()
    np.testing.assert_array_equal(image, scene(0)[0])


def test_a_mask_of_another_size_is_refused():
    image, mask, _ = scene(0)
    with pytest.raises(TrainingError, match="Sample crossing has an image"):
        Batches([(image, mask[:, :-1], "crossing")], 2, None, CPU)


def test_a_sample_larger_than_the_frame_stays_whole():
    image, mask, _ = (torch.from_numpy(a) if not isinstance(a, str) else a for a in scene(0))
    framed, labels = frame(image, mask, 10, 40)
    assert framed.shape == (24, 40, 3)
    assert labels.shape == (24, 40)
