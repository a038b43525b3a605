"""What is timed and how it is added up, with a clock that stands still and parts that move it."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from workbench.config import Compute
from workbench.engine import pace
from workbench.engine.pace import Duration, _First, _nothing, _Timer, _Unlabelled, _validations
from workbench.seeding import generator

CLASSES = 5


class Clock:
    """Stands still until somebody moves it."""

    now = 100.0

    def __call__(self):
        return self.now


def bound(name="part", *, options=None, call=None, members=0):
    """A part of a method as the registry gives it; ``entry.bound`` holds what it was bound to."""
    entry = SimpleNamespace(members=lambda options: members, bound=[])
    part = SimpleNamespace(name=name, options=options or {}, entry=entry, call=lambda: call)

    def bind(options):
        entry.bound.append(options)
        return part

    entry.bind = bind
    return part


class Learner:
    """Trains by reporting steps; the first takes 50 s, the others 2, 3, 4 … s."""

    def __init__(self, clock, steps=100, view="image"):
        self.clock, self.steps, self.view = clock, steps, view
        self.done, self.tasks = 0, []

    def fit(self, task):
        self.tasks.append(task)
        self.clock.now += 7
        for step in range(1, self.steps + 1):
            self.done = step
            self.clock.now += 50 if step == 1 else step
            task.report({"loss": 1.0})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timer(clock, monkeypatch):
    """Return a function that makes a timer of a made-up experiment on a device."""

    def make(device="cpu", images=3, **changes):
        monkeypatch.setattr(pace, "device_of", lambda config: device)
        evaluation = SimpleNamespace(splits=("val", "test"), validation="val")
        config = SimpleNamespace(compute=Compute(**changes), evaluation=evaluation, seeds=(0, 1))
        dataset = SimpleNamespace(
            card=SimpleNamespace(n_classes=CLASSES), root=None, keys=lambda split: list("abc")
        )
        geometry = SimpleNamespace(
            sizes=np.array([(10, 20), (30, 40), (32, 90)]),
            unit_ids=np.array([7, 8]),
            boxes_of=lambda ids: np.array([[10, 20, 30, 50], [0, 0, 1, 1]])[: len(ids)],
            n_images=11,
        )
        made = _Timer(SimpleNamespace(config=config), dataset, geometry)
        monkeypatch.setattr(made, "_now", clock)
        made._setting = SimpleNamespace(
            plan=SimpleNamespace(config=config),
            dataset=dataset,
            geometry=geometry,
            images=lambda: (f"image {n}" for n in range(images)),
            scan_request=lambda methods, cycle: (methods, cycle),
        )
        return made

    return make


def test_the_whole_is_the_sum_of_the_parts_divided_among_the_runs_at_a_time():
    took = Duration(1.0, 2.0, 4.0, 8.0, side_by_side=3, seeds=5, device="cpu")
    assert took.total == 5
    assert took.per_seed == 1


def test_steps_predictions_and_scans_are_added_up(monkeypatch):
    class Timer:
        compute = SimpleNamespace(device="cuda:1")

        def __init__(self, *given):
            self.given = given

        def step(self, learner, model):
            return {"l": 10, "rl": 1000}[learner.name] + {"m": 1, "rm": 7}[model]

        def predicted(self, model):
            return {"m": (0.5, 2.0), "rm": (0.25, 3.0)}[model]

        def scanned(self, method):
            return {"a": 1.0, "b": 5.0}[method.name]

    monkeypatch.setattr(pace, "_Timer", Timer)
    schedule = SimpleNamespace(epochs=4, validates=lambda epoch: epoch in (0, 2, 4, 5))
    learner = bound("l", call=SimpleNamespace(training_schedule=schedule))
    reported = SimpleNamespace(learner=bound("rl", call=SimpleNamespace()), model="rm")
    a, b = (SimpleNamespace(name=n, learner=learner, model="m", reported=reported) for n in "ab")
    evaluation = SimpleNamespace(splits=("val", "test"), validation="val")
    config = SimpleNamespace(evaluation=evaluation, seeds=(4, 5, 6))
    found = pace.duration(
        SimpleNamespace(config=config),
        SimpleNamespace(keys=lambda split: range({"val": 3, "test": 4, "train": 9}[split])),
        SimpleNamespace(n_images=9),
        [(a, 0), (a, 1), (b, 1)],
        [(b, 0)],
        ({"a": [2, 3], "b": [50, 4]}, {"a": [77], "b": [6, 78]}),
        2,
    )
    # per training 7 images at 2 s, and the 3 of val at 0.5 s after epochs 2 and 4
    measured = 3 * (7 * 2.0 + 2 * 3 * 0.5) + 7 * 3.0
    assert found == Duration(
        training=(2 + 3 + 4) * 11.0,
        reports=6 * 1007.0,
        measuring=measured,
        scanning=9 * (1.0 + 1.0 + 5.0),
        side_by_side=2,
        seeds=3,
        device="cuda:1",
    )


def test_a_learner_without_a_schedule_validates_never():
    schedule = SimpleNamespace(epochs=3, validates=lambda epoch: epoch != 2)
    assert _validations(bound(call=SimpleNamespace(training_schedule=schedule))) == 2
    assert _validations(bound(call=SimpleNamespace())) == 0


@pytest.mark.parametrize(
    ("device", "asked", "precision"),
    [
        ("cpu", "auto", "float32"),
        ("cuda", "auto", "bf16"),
        ("cpu", "bf16", "bf16"),
        ("cuda:1", "float32", "float32"),
    ],
)
def test_the_precision_is_not_probed_before_it_is_timed(timer, device, asked, precision):
    made = timer(device, precision=asked, threads=1)
    assert (made.compute.device, made.compute.precision) == (device, precision)
    assert made._classes == CLASSES


def test_a_cpu_is_timed_by_its_threads_a_gpu_when_it_is_done(timer, monkeypatch):
    waited = []
    monkeypatch.setattr(pace, "process_time", lambda: 12.0)
    monkeypatch.setattr(pace, "perf_counter", lambda: 30.0 + len(waited))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: waited.append(1))
    assert _Timer._now(timer("cpu", threads=1)) == 12
    cpu = timer("cpu")
    cpu.compute = SimpleNamespace(device="cpu", threads=4)
    assert _Timer._now(cpu) == 3
    assert waited == []
    gpu = timer("cuda")
    gpu.compute = SimpleNamespace(device="cuda", threads=4)
    assert _Timer._now(gpu) == 31


def test_networks_are_built_without_weights_of_others(timer, monkeypatch):
    built = []
    monkeypatch.setattr(pace, "build", lambda *args, **more: built.append((args, more)))
    timer()._network(bound("unet", options={"weights": "imagenet", "width": (1, 2)}))
    timer()._network(bound("tiny"))
    assert built == [
        (({"name": "unet", "weights": "none", "width": [1, 2]}, CLASSES), {"seed": 0}),
        (({"name": "tiny"}, CLASSES), {"seed": 0}),
    ]


def test_a_step_is_timed_once_for_the_same_learner_and_model(timer, clock):
    made, learners = timer(), [Learner(clock), Learner(clock)]
    one = bound("one", options={"batch_size": 2, "crop": (40, 40)}, call=learners[0])
    for _ in range(2):
        assert made.step(one, bound("m")) == 3
    assert len(learners[0].tasks) == 1
    other = bound("other", options={"batch_size": 2, "crop": (40, 40)}, call=learners[1])
    assert made.step(other, bound("m")) == 3
    made.step(one, bound("m", options={"width": 4}))
    assert len(learners[0].tasks) == 2


def test_the_first_step_is_not_counted_and_the_fourth_is_the_last(timer, clock):
    learner = Learner(clock)
    timer()._step(bound(options={"batch_size": 2, "crop": (40, 40)}, call=learner), bound())
    assert learner.done == 4
    # a training that reports once: all of it
    brief = bound(options={"batch_size": 2, "crop": (40, 40)}, call=Learner(clock, steps=1))
    assert timer()._step(brief, bound()) == 57


@pytest.mark.parametrize(
    ("options", "wanted", "small", "ratio"),
    [
        # what fits is timed as it is
        (
            {"batch_size": 4, "crop": (64, 48), "epochs": 10, "accumulate": 2, "lr": 0.5},
            {"batch_size": 4, "crop": [64, 48], "epochs": 10, "accumulate": 2, "lr": 0.5},
            (64, 48),
            1.0,
        ),
        # 2 images of 512×256 have 2**18 pixels: a quarter of the sides of 2048×1024
        (
            {"batch_size": 6, "crop": (2048, 1024), "accumulate": 2, "steps_per_epoch": 40},
            {"batch_size": 2, "crop": [512, 256], "accumulate": 1, "steps_per_epoch": 1},
            (512, 256),
            3 * 16,
        ),
        # no side gets shorter than 32
        (
            {"batch_size": 2, "crop": (40, 65536), "epochs": 2},
            {"batch_size": 2, "crop": [32, 14654]},
            (32, 14654),
            40 * 65536 / (32 * 14654),
        ),
        ({"crop": (16, 16)}, {"crop": [32, 32]}, (32, 32), 1 / 4),
        # whole images; without a batch size it is 8
        ({"crop": None}, {"crop": None}, (32, 40), 30 / 32),
    ],
)
def test_large_images_are_timed_smaller_and_counted_by_their_pixels(
    timer, clock, options, wanted, small, ratio
):
    learner = Learner(clock)
    part = bound("supervised", options=options, call=learner)
    assert timer()._step(part, bound()) == pytest.approx(3 * ratio)
    assert part.entry.bound == [{"epochs": 3, **wanted}]
    (task,) = learner.tasks
    samples = task.labelled("image")
    assert len(samples) == wanted.get("batch_size", 8)
    rng = generator(0, 0, "pace")
    image, mask, _ = samples[0]
    np.testing.assert_array_equal(image, rng.integers(0, 256, (*small, 3), dtype=np.uint8))
    np.testing.assert_array_equal(mask, rng.integers(0, CLASSES, small, dtype=np.uint8))
    assert [name for _, _, name in samples] == [str(n) for n in range(len(samples))]


def test_what_a_timed_training_is_given(timer, clock, monkeypatch):
    learner = Learner(clock)
    made = timer("cuda", precision="bf16")
    monkeypatch.setattr(made, "_network", lambda model: f"network of {model.name}")
    made._step(bound(options={"batch_size": 2, "crop": (40, 40)}, call=learner), bound("m"))
    (task,) = learner.tasks
    assert task.seed == 0
    assert task.compute is made.compute
    assert task.build("any") == "network of m"
    assert task.validate(None).confusion.shape == (0, 0)
    unlabelled = task.unlabelled()
    assert len(unlabelled) == 2
    assert unlabelled.image_ids == ["0", "1"]
    image, name = unlabelled[1]
    assert name == "1"
    assert image is task.labelled("image")[1][0]


def test_nothing_was_measured():
    assert (_nothing().split, _nothing().confusion.shape) == ("val", (0, 0))


def test_samples_lose_their_masks():
    images = _Unlabelled([("a", "mask", "x"), ("b", "mask", "y")])
    assert (len(images), images.image_ids, images[0]) == (2, ["x", "y"], ("a", "x"))


def test_a_sample_is_as_large_as_the_middle_image_or_as_the_first_unit(timer):
    assert timer()._sample_size("image") == (30, 40)
    assert timer()._sample_size("unit") == (20, 30)


@pytest.mark.parametrize(
    ("device", "batch", "size", "few", "side"),
    [
        ("cpu", 4, (32, 32), 4, 1.0),
        ("cpu", 4, (256, 256), 4, 1.0),
        ("cpu", 5, (256, 256), 4, 1.0),
        ("cpu", 4, (2048, 1024), 2, 0.25),
        ("cpu", 2, (2048, 1024), 2, 0.25),
        ("cpu", 1, (1024, 1024), 1, 0.5),
        ("cuda", 16, (2048, 1024), 16, 1.0),
    ],
)
def test_a_cpu_times_at_least_two_images_of_moderate_size(timer, device, batch, size, few, side):
    assert timer(device)._smaller(batch, size) == (few, side)


class Network:
    """A network that tells where it was put."""

    def to(self, device):
        self.device = device
        return self


@pytest.fixture
def network(monkeypatch):
    made = []

    def build(options, classes, seed):
        made.append(Network())
        return made[-1]

    monkeypatch.setattr(pace, "build", build)
    return made


def test_predictions_are_timed_on_two_images_after_one_that_makes_the_kernels(
    timer, clock, monkeypatch, network
):
    seen, seconds = [], iter([100, 6, 10, 500])

    def count(name):
        def counted(network, few, split, compute, batch_size):
            seen.append((name, network.device, split, batch_size))
            clock.now += next(seconds)

        return counted

    monkeypatch.setattr(pace, "evaluate", count("evaluate"))
    monkeypatch.setattr(pace, "measure", count("measure"))
    made = timer("cuda:1")
    for _ in range(2):
        assert made.predicted(bound("m")) == (3, 5)
    assert len(network) == 1
    assert seen == [(name, "cuda:1", "val", 2) for name in ("evaluate", "evaluate", "measure")], (
        "of the first split, once"
    )


@pytest.mark.parametrize(
    ("members", "images", "batch"), [(0, 3, 2), (1, 3, 2), (4, 3, 2), (0, 1, 1)]
)
def test_a_scan_is_timed_the_second_time(
    timer, clock, monkeypatch, network, members, images, batch
):
    seen, seconds = [], iter([100, 6, 500])

    def scan(network, images, request, compute, builder, members):
        seen.append((network.device, images, request, members))
        clock.now += next(seconds)

    monkeypatch.setattr(pace, "scan", scan)
    made = timer(images=images)
    method = SimpleNamespace(name="a", learner=bound(members=members), model=bound("m"))
    for _ in range(2):
        assert made.scanned(method) == 6 / batch
    (only,) = network
    committee = [only] * 4 if members == 4 else []
    pictures = [f"image {n}" for n in range(batch)]
    assert seen == [("cpu", pictures, ((method,), 1), committee)] * 2


def test_only_the_first_two_images_of_a_split_are_read():
    keys = {"val": ["a", "b", "c"], "test": ["d"]}
    few = _First(SimpleNamespace(card=None, root=None, keys=keys.get))
    assert few.keys("val") == ["a", "b"]
    assert few.keys("test") == ["d"]
