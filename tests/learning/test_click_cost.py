"""The click-cost network: it learns where clicks fall, and how many on average."""

import inspect
import json
import math
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.learning.conftest import MemoryCheckpoint
from workbench.compute import ResolvedCompute
from workbench.errors import ConfigError, ShapeError, TrainingError
from workbench.learning import RIDERS, RiderTask, _click_cost
from workbench.learning._click_cost import ClickCost, Flips, _ranged, poisson_loss
from workbench.learning._click_network import DENSITY, CostNetwork
from workbench.learning.base import FILL
from workbench.models import build, load_weights, save_weights
from workbench.models.base import SegmentationModel
from workbench.rider import RiderMap

SIZE = (32, 48)


def scene(number, size=SIZE):
    """Grey ground with bright blobs, each of which takes five clicks; its right third is hidden."""
    rng = np.random.default_rng(number)
    image = np.full((*size, 3), 70) + rng.integers(-8, 9, (*size, 3))
    clicks = np.zeros(size, np.float32)
    for _ in range(rng.integers(0, 9)):
        y, x = rng.integers(1, size[0] - 5), rng.integers(1, size[1] - 5)
        image[y : y + 4, x : x + 4] = 230
        clicks[y : y + 4, x : x + 4] += 5 / 16
    known = np.ones(size, bool)
    known[:, 2 * size[1] // 3 :] = False
    return image.astype(np.uint8), np.where(known, clicks, 0), known, f"scene {number}"


def task(samples, seed=0, precision="float32", **changes):
    settings = {
        "build": partial(build, "tiny:width=8", seed=7),
        "labelled": None,
        "clicks": lambda: samples,
        "rider": "click_cost",
        "maps": RIDERS.entry("click_cost").maps,
        "seed": seed,
        "compute": ResolvedCompute("cpu", precision, 1),
        "name": "the click costs of cereals seed 0 cycle 2",
    }
    return RiderTask(**settings | changes)


def predicted_clicks(network, image):
    return network.predict(torch.from_numpy(image)[None])[DENSITY][0].numpy()


SAMPLES = [scene(n) for n in range(12)]
QUICK = ClickCost(epochs=2, batch_size=5)


@pytest.fixture(scope="module")
def trained():
    """A network that has learnt its scenes, and what was told meanwhile."""
    torch.set_num_threads(1)
    told = []
    learner = ClickCost(epochs=40, batch_size=6, lr=0.01)
    return learner.fit(task(SAMPLES, report=told.append)), told, learner


def unit_sums(clicks, rows=2, columns=2):
    """Sums over the blocks of a grid."""
    height, width = clicks.shape
    return clicks.reshape(rows, height // rows, columns, width // columns).sum(axis=(1, 3)).ravel()


def test_predicted_clicks_of_new_scenes_go_with_the_true_ones(trained):
    network = trained[0].rider.network
    predicted, true = [], []
    for number in range(100, 112):
        image, _, _, _ = scene(number)
        blobs = (image[..., 0] > 150).astype(np.float32) * 5 / 16
        with torch.no_grad():
            found = predicted_clicks(network, image)
        predicted.append(unit_sums(found))
        true.append(unit_sums(blobs))
    predicted, true = np.concatenate(predicted), np.concatenate(true)
    assert np.corrcoef(predicted, true)[0, 1] > 0.7
    assert predicted.sum() == pytest.approx(true.sum(), rel=0.35)


def test_where_it_was_trained_it_predicts_as_many_clicks_as_there_were(trained):
    cost, _, _ = trained
    predicted = 0.0
    with torch.no_grad():
        for image, _, known, _ in SAMPLES:
            found = predicted_clicks(cost.rider.network, image)
            predicted += found[known].sum()
    assert predicted == pytest.approx(sum(clicks.sum() for _, clicks, _, _ in SAMPLES), rel=1e-3)


def test_the_training_is_told(trained):
    cost, told, learner = trained
    assert not cost.rider.network.training
    steps = learner.steps(len(SAMPLES))
    assert [at.step for at in told] == list(range(1, steps + 1))
    assert {at.steps for at in told} == {steps} == {80}
    losses = cost.extras["losses"]
    assert len(losses) == 40
    assert losses[-1] < losses[0]
    assert json.loads(json.dumps(dict(cost.extras))) == dict(cost.extras)


def test_same_seed_same_weights_whatever_the_global_state():
    states = []
    for noise, seed in ((1, 3), (2, 3), (1, 4)):
        torch.manual_seed(noise)
        before = torch.get_rng_state()
        states.append(QUICK.fit(task(SAMPLES, seed=seed)).rider.network.state_dict())
        assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert any(not torch.equal(value, states[2][name]) for name, value in states[0].items())


def test_clicks_where_nothing_is_known_change_nothing():
    changed = [(i, np.where(k, c, 99).astype(np.float32), k, n) for i, c, k, n in SAMPLES]
    ours, theirs = (QUICK.fit(task(s)).rider.network.state_dict() for s in (SAMPLES, changed))
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_samples_of_several_sizes_and_without_any_click():
    samples = [*SAMPLES[:3], scene(50, (24, 56)), scene(51, (40, 40))]
    assert math.isfinite(QUICK.fit(task(samples)).extras["losses"][-1])
    empty = [(i, np.zeros_like(c), k, n) for i, c, k, n in SAMPLES[:3]]
    network = QUICK.fit(task(empty)).rider.network
    with torch.no_grad():
        found = network.predict(torch.from_numpy(empty[0][0])[None])[DENSITY]
    assert found.isfinite().all()
    assert float(found.sum()) < 5


def test_nothing_labelled_leaves_the_initial_weights():
    assert QUICK.steps(0) == 0
    given = task([])
    rider = QUICK.fit(given).rider
    before = given.build(1).state_dict()
    found = rider.network.network.state_dict()
    assert all(torch.equal(value, before[name]) for name, value in found.items())
    assert not rider.network.training
    assert float(rider.network.mean) == 1


@pytest.mark.parametrize(
    ("mean", "high"), [(0.1, 1), (0.11, 2), (0.2, 2), (0.3, 5), (0.6, 10), (1.0, 10), (3e-4, 5e-3)]
)
def test_the_range_is_ten_means_rounded_up_to_1_2_or_5_times_a_power_of_ten(mean, high):
    density = _ranged(RiderMap("clicks", "clicks per pixel"), mean)
    assert (density.low, density.high) == (0, pytest.approx(high))


def test_the_range_of_the_map_goes_with_the_mean(trained):
    rider = trained[0].rider
    (density,) = rider.maps
    assert (density.name, density.unit, density.columns) == (
        "click_density", "clicks/pixel", {"clicks": "sum"},
    )  # fmt: skip
    mean = float(rider.network.mean)
    assert density.low == 0
    assert 10 * mean <= density.high <= 25 * mean


def test_a_resumed_training_equals_an_uninterrupted_one():
    whole = MemoryCheckpoint()
    plain = QUICK.fit(task(SAMPLES, checkpoint=whole))
    told = []
    rest = MemoryCheckpoint(whole.states[0])
    again = QUICK.fit(task(SAMPLES, checkpoint=rest, report=told.append))
    assert [at.step for at in told] == [4, 5, 6]
    assert again.extras == plain.extras
    found = again.rider.network.state_dict()
    assert all(torch.equal(v, found[k]) for k, v in plain.rider.network.state_dict().items())


def test_a_loss_that_is_no_number_names_the_training():
    def broken(outputs):
        model = build("tiny:width=4", outputs, seed=0)
        with torch.no_grad():
            model.classifier.bias.fill_(float("nan"))
        return model

    with pytest.raises(
        TrainingError, match=r"click costs of cereals.*the loss poisson is nan in epoch 1"
    ):
        QUICK.fit(task(SAMPLES, build=broken))


def test_the_loss_is_that_of_a_poisson_process():
    # one pixel, three clicks, rate λ: λ − 3 log λ, smallest at λ = 3
    def loss(rate, clicks, known=1.0):
        rates = torch.tensor([[[math.log(rate)]]])
        return float(poisson_loss(rates, torch.tensor([[[clicks]]]), torch.tensor([[[known]]])))

    assert loss(2.0, 3.0) == pytest.approx(2 - 3 * math.log(2), rel=1e-6)
    assert loss(3.0, 3.0) < min(loss(2.9, 3.0), loss(3.1, 3.0))
    assert loss(2.0, 3.0, known=0.0) == 0
    torch_says = torch.nn.functional.poisson_nll_loss
    r, c = torch.randn(2, 4, 5), torch.rand(2, 4, 5)
    torch.testing.assert_close(poisson_loss(r, c, torch.ones(2, 4, 5)), torch_says(r, c))


@pytest.mark.parametrize("cell", [1, 4, 5])
def test_cells_are_sums_over_their_known_pixels(cell):
    rng = torch.Generator().manual_seed(0)
    log_ratio, ratio = torch.randn(2, 8, 12, generator=rng), torch.rand(2, 8, 12, generator=rng)
    known = (torch.rand(2, 8, 12, generator=rng) < 0.4).float()
    known[0, :cell, :cell] = 0  # a cell of which nothing is known
    total = 0.0
    for image in range(2):
        for y in range(0, 8, cell):
            for x in range(0, 12, cell):
                place = image, slice(y, y + cell), slice(x, x + cell)
                if known[place].any():
                    rate = float((log_ratio[place].exp() * known[place]).sum()) / cell**2
                    count = float((ratio[place] * known[place]).sum()) / cell**2
                    total += rate - count * math.log(rate)
    pixels = float(known.sum()) / cell**2
    log_ratio.requires_grad_()
    loss = poisson_loss(log_ratio, ratio, known, cell)
    assert loss.item() == pytest.approx(total / pixels, rel=1e-5)
    (slope,) = torch.autograd.grad(loss, log_ratio)
    assert slope.isfinite().all()
    assert (slope[known == 0] == 0).all()


def test_an_untrained_network_predicts_about_the_mean_and_weights_come_back(tmp_path):
    network = CostNetwork(build("tiny:width=4", 1, seed=0), mean=0.02).eval()
    image = torch.from_numpy(scene(0)[0])[None]
    with torch.no_grad():
        found = network.predict(image)[DENSITY]
        assert found.shape == (1, *SIZE)
        assert 0.02 * math.exp(-6) <= float(found.min()) <= float(found.max()) <= 0.02 * math.exp(6)
        torch.testing.assert_close(
            network.folded().predict(image)[DENSITY], found, rtol=1e-3, atol=1e-6
        )
        save_weights(network, tmp_path / "cost.safetensors")
        other = CostNetwork(build("tiny:width=4", 1, seed=1)).eval()
        load_weights(other, tmp_path / "cost.safetensors")
        torch.testing.assert_close(other.predict(image)[DENSITY], found)


@pytest.mark.parametrize(
    ("device", "right", "precision"),
    [
        ("cpu", True, "bf16"),
        ("cpu", False, "float32"),
        ("cuda", True, "bf16"),
        ("cuda", False, "bf16"),
    ],
)
def test_a_network_that_bf16_gets_wrong_on_a_cpu_is_trained_in_float32(
    device, right, precision, monkeypatch
):
    noted = []

    def learn(task, *_):
        noted.append(task.compute)
        return SimpleNamespace(extras={})

    monkeypatch.setattr(_click_cost, "learn", learn)
    monkeypatch.setattr(SegmentationModel, "right_in_bf16", right)
    compute = ResolvedCompute(device, "bf16", 1)
    ClickCost().fit(task([], compute=compute))
    assert noted == [ResolvedCompute(device, precision, 1)]


def test_without_training_the_network_is_scaled_to_the_clicks(monkeypatch):
    monkeypatch.setattr(_click_cost, "learn", lambda *_: SimpleNamespace(extras={}))
    samples = SAMPLES[:3]
    clicks = sum(found.sum() for _, found, _, _ in samples)
    pixels = sum(known.sum() for _, _, known, _ in samples)

    def predicted(rider):
        maps = [predicted_clicks(rider.network, image)[known] for image, _, known, _ in samples]
        return sum(values.sum() for values in maps)

    done = ClickCost(batch_size=2).fit(
        task(samples, build=lambda outputs: build("tiny:width=8", outputs, seed=7).eval())
    )
    with torch.no_grad():
        assert predicted(done.rider) == pytest.approx(clicks, rel=1e-5)
    mean, bias = done.extras["mean"], done.extras["bias"]
    assert mean * bias == pytest.approx(clicks / pixels, rel=1e-5)
    assert bias != pytest.approx(1, abs=0.01)
    empty = [(image, 0 * found, known, name) for image, found, known, name in samples]
    extras = ClickCost().fit(task(empty)).extras
    assert (extras["mean"], extras["bias"]) == (pytest.approx(1 / pixels), 1)


def test_smaller_samples_lie_in_the_upper_left_of_a_batch():
    rng = np.random.default_rng(0)
    samples = [
        (
            rng.integers(1, 256, (*size, 3)).astype(np.uint8),
            rng.random(size, np.float32),
            rng.random(size) < 0.5,
            "",
        )
        for size in ((2, 5), (3, 4), (1, 1))
    ]
    images, clicks, labelled = _click_cost._batch(samples, [2, 0, 1], torch.device("cpu"))
    assert images.shape == (3, 3, 5, 3)
    for row, number in enumerate([2, 0, 1]):
        image, found, known, _ = samples[number]
        y, x = found.shape
        frame = np.full((3, 5, 3), FILL, np.uint8)
        frame[:y, :x] = image
        np.testing.assert_array_equal(images[row], frame)
        for values, part in ((clicks[row], found), (labelled[row], known)):
            plain = np.zeros((3, 5), np.float32)
            plain[:y, :x] = part
            np.testing.assert_array_equal(values, plain)


def test_half_of_the_samples_are_mirrored_in_all_their_parts():
    images = torch.arange(2 * 3 * 3).view(1, 2, 3, 3).expand(400, -1, -1, -1)
    clicks, labelled = images[..., 0], images[..., 1]
    found = Flips(0)((images, clicks, labelled))
    flipped = torch.tensor([torch.equal(one, images[0].flip(1)) for one in found[0]])
    assert 160 < int(flipped.sum()) < 240
    assert all(torch.equal(one, images[0]) for one in found[0][~flipped])
    assert torch.equal(found[1], found[0][..., 0])
    assert torch.equal(found[2], found[0][..., 1])


def test_the_loss_of_one_labelled_pixel_is_counted_whole():
    rates, known = torch.zeros(1, 8, 8), torch.zeros(1, 8, 8)
    known[0, 3, 5] = 1
    # its cell of 4×4 has a rate of 1/16 and no click; the loss is per labelled pixel
    assert float(poisson_loss(rates, torch.zeros(1, 8, 8), known, 4)) == pytest.approx(1)
    assert float(poisson_loss(rates, torch.zeros(1, 8, 8), 0 * known, 4)) == 0


def test_a_network_of_several_outputs_is_refused():
    with pytest.raises(ShapeError, match="one output; this one has 3"):
        CostNetwork(build("tiny:width=4", 3, seed=0))


@pytest.mark.parametrize("name", RIDERS.names())
def test_defaults_are_those_of_the_registry(name):
    entry = RIDERS.entry(name)
    signature = inspect.signature(RIDERS.get(name)).parameters
    assert {p.name: p.default for p in entry.params} == {
        name: parameter.default for name, parameter in signature.items()
    }
    with pytest.raises(ConfigError, match="did you mean 'epochs'"):
        RIDERS.bind(f"{name}:epoch=3")
