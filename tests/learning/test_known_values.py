"""Small steps of a training against values known from their definitions."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.learning.conftest import scene
from workbench.learning import _samples
from workbench.learning._best import Best
from workbench.learning._click_cost import ClickCost, Flips, _batch, _totals
from workbench.learning._click_network import CostNetwork
from workbench.learning._loop import Schedule
from workbench.learning._samples import Batches, Order, frame, labelled_share
from workbench.learning._supervised import Supervised
from workbench.learning._watch import Watch
from workbench.learning.base import FILL, Measurement
from workbench.models import build
from workbench.types import IGNORE

CPU = torch.device("cpu")


def test_a_flip_mirrors_columns_of_half_of_the_samples():
    images = torch.arange(400 * 2 * 3 * 3, dtype=torch.float32).view(400, 2, 3, 3)
    clicks = images[..., 0].clone()
    labelled = images[..., 1].clone()
    found = Flips(3)((images, clicks, labelled))
    flipped = np.random.default_rng(3).random(400) < 0.5
    assert 160 < flipped.sum() < 240
    for before, after in zip((images, clicks, labelled), found, strict=True):
        for n, mirrored in enumerate(flipped):
            assert torch.equal(after[n], before[n].flip(1) if mirrored else before[n])


def test_click_samples_lie_in_the_upper_left_of_a_frame_without_labels():
    rng = np.random.default_rng(0)

    def sample(height, width):
        image = rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
        clicks = rng.random((height, width)).astype(np.float32)
        return image, clicks, rng.random((height, width)) < 0.5, "a"

    samples = [sample(3, 5), sample(4, 2), sample(1, 1)]
    images, clicks, labelled = _batch(samples, [1, 0], CPU)
    assert images.shape == (2, 4, 5, 3)
    assert clicks.dtype == labelled.dtype == torch.float32
    for row, (image, found, where, _) in enumerate((samples[1], samples[0])):
        height, width = found.shape
        np.testing.assert_array_equal(images[row, :height, :width], image)
        np.testing.assert_array_equal(clicks[row, :height, :width], found)
        np.testing.assert_array_equal(labelled[row, :height, :width], where)
        assert labelled[row].sum() == where.sum()
        assert clicks[row].sum() == pytest.approx(found.sum(), rel=1e-6)
    assert (images[0, :, 2:] == torch.tensor(FILL, dtype=torch.uint8)).all()
    total, pixels = _totals(samples)
    assert total == pytest.approx(sum(c[w].sum() for _, c, w, _ in samples), rel=1e-6)
    assert pixels == sum(int(w.sum()) for _, _, w, _ in samples)


def test_predictions_stay_within_six_powers_of_e():
    network = CostNetwork(build("tiny:width=4", 1, seed=0), mean=0.5).eval()
    image = torch.zeros(1, 8, 8, 3, dtype=torch.uint8)
    for bias, wanted in ((1e4, 6), (-1e4, -6), (3.0, 6 * math.tanh(0.5))):
        with torch.no_grad():
            network.network.classifier.weight.zero_()
            network.network.classifier.bias.fill_(bias)
            assert float(network(image).mean()) == pytest.approx(wanted, rel=1e-5)
            predicted = network.predict(image)["click_density"]
        assert float(predicted.mean()) == pytest.approx(0.5 * math.exp(wanted), rel=1e-4)


def test_steps_of_a_training():
    assert Schedule(3, 4).steps(0) == 0
    assert [Schedule(3, 4).steps(n) for n in (1, 4, 5)] == [3, 3, 6]
    assert Schedule(3, 4, steps_per_epoch=7).steps(1) == 21
    assert ClickCost().steps(9) == 30 * 2
    assert Order(9, 4, None, 0).steps_per_epoch == 3
    every = [Schedule(7, 1, keep="best").validates(n) for n in range(1, 8)]
    third = [Schedule(7, 1, validate_every=3).validates(n) for n in range(1, 8)]
    assert every == [True] * 7
    assert third == [False, False, True, False, False, True, True]
    assert not any(Schedule(7, 1).validates(n) for n in range(1, 8))


def test_rates_of_the_schedules():
    def rate(schedule, step, epoch=1):
        learner = Supervised(lr=2.0, schedule=schedule, step_every=3, gamma=0.5, power=2.0)
        return learner.rate(SimpleNamespace(step=step, steps=10, epoch=epoch, epochs=9))

    assert [rate("constant", n) for n in (0, 9)] == [2, 2]
    assert [rate("poly", n) for n in (0, 5, 9)] == pytest.approx([2, 0.5, 0.02])
    assert [rate("step", 0, e) for e in (1, 3, 4, 6, 7)] == [2, 2, 1, 1, 0.5]


def measured(*hits):
    """A measurement whose mIoU is the share of hits."""
    right, wrong = hits
    return Measurement("val", np.array([[right, wrong], [wrong, right]]))


def test_the_best_of_equally_good_epochs_is_the_first():
    network, best = torch.nn.Linear(1, 1), Best()
    training = SimpleNamespace(networks={"a": network}, optimizers={}, goes_on=False)
    best.update(Measurement("val", np.zeros((2, 2))), 1, training)
    assert best.epoch is None, "an undefined mIoU is never the best"
    for epoch, hits in enumerate([(1, 3), (3, 1), (3, 1), (2, 2)], 2):
        with torch.no_grad():
            network.weight.fill_(epoch)
        best.update(measured(*hits), epoch, training)
    assert best.epoch == 3
    best.restore(training)
    assert network.weight.item() == 3


@pytest.mark.parametrize(("lazy", "first"), [(True, 10), (False, 1)])
def test_losses_are_read_every_ten_steps_on_a_gpu(lazy, first):
    told = []
    watch = Watch(SimpleNamespace(report=told.append, name="a"), 2, 12, lazy)
    assert watch.steps == 24
    for step in range(1, 13):
        terms = {"a": torch.tensor(float(step)), "b": torch.tensor(0.5)}
        watch.record(step, 1, terms, {"network": 0.1})
    assert [t.step for t in told if t.loss is None] == list(range(1, first))
    assert told[first - 1].loss == first + 0.5
    assert told[-1].loss == (10.5 if lazy else 12.5)
    watch.end_of_epoch()
    assert watch.losses == [pytest.approx(6.5 + 0.5)]
    watch.record(13, 2, {"c": torch.tensor(1.0)}, {"network": 0.1})
    watch.end_of_epoch()
    assert watch.epochs["terms"] == {"a": [6.5, None], "b": [0.5, None], "c": [None, 1.0]}


def test_as_many_samples_are_kept_as_there_is_room_for(monkeypatch):
    samples = [scene(n, (20, 30 + n)) for n in range(3)]
    sizes = [mask.size * 4 for _, mask, _ in samples]
    for room, kept in ((sizes[0], 1), (sizes[0] - 1, 0), (sum(sizes[:2]), 2), (sum(sizes), 3)):
        monkeypatch.setattr(_samples, "_CACHED_BYTES", room)
        assert len(Batches(samples, 2, None, CPU)._cached) == kept


def test_a_frame_is_even_on_both_sides_up_to_one_pixel():
    image = torch.ones(2, 3, 3, dtype=torch.uint8)
    mask = torch.zeros(2, 3, dtype=torch.uint8)
    framed, labels = frame(image, mask, 5, 6)
    assert labels.shape == (5, 6)
    assert (labels != IGNORE).nonzero().tolist() == [[y, x] for y in (1, 2) for x in (1, 2, 3)]
    assert (framed[1:3, 1:4] == 1).all()
    assert torch.equal(framed[0, 0], torch.tensor(FILL, dtype=torch.uint8))
    only_wide, _ = frame(image, mask, 2, 5)
    assert only_wide.shape == (2, 5, 3)
    assert frame(image, mask, 2, 3)[0] is image
    assert float(labelled_share(labels)) == pytest.approx(6 / 30)
