"""The numbers that a forecast is made of, on parts made up for it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from workbench.engine import forecast
from workbench.engine.forecast import (
    _added,
    _bytes,
    _initial_trainings,
    _reports,
    _rider_steps,
    _size,
    _steps,
    _with_pictures,
)
from workbench.engine.remaining import Lack, Remaining, RunLeft, Start
from workbench.scoring.request import FEATURE_CHANNELS, FEATURE_GRID
from workbench.store.estimate import PARTS, ScanSize

TAPS = {"backbone": 16, "aspp": 4, "last": 8}


class Pool:
    """Six images, the first of 8×12 pixels, in 36 units."""

    sizes = np.array([(8, 12), (9, 10)])
    n_images = 6

    def __init__(self, described=True):
        self.described = described

    def __len__(self):
        return 36


def embedding(tap, weights="current"):
    return SimpleNamespace(key=(tap, weights), tap=tap, weights=weights)


def rider(maps, columns, steps=1):
    return SimpleNamespace(
        entry=SimpleNamespace(maps=range(maps), columns=range(columns)),
        call=lambda: SimpleNamespace(steps=lambda samples: steps * samples),
    )


def method(name="a", embeddings=(), needs=False, members=1, learner=None, columns=4):
    entry = SimpleNamespace(
        columns=range(columns), continues=lambda options: False, members=lambda options: members
    )
    return SimpleNamespace(
        name=name,
        embeddings=embeddings,
        needs_embeddings=needs,
        riders=(rider(2, 1), rider(3, 0)),
        learner=SimpleNamespace(entry=entry, options={}, call=lambda: learner),
    )


def plan(view="image", limit=(4, 20), at=(1,), initial=None, keep=None):
    return SimpleNamespace(
        config=SimpleNamespace(
            scan=SimpleNamespace(map_limit=limit, view=view),
            report=SimpleNamespace(at=at),
            budget=SimpleNamespace(cycles=3),
            initial=initial,
            keep=keep,
        ),
        scores_of=lambda methods: range(3),
        unit_scores_of=lambda methods: range(10),
        untrained_embeddings_of=lambda methods: [embedding("last", "initial")],
        coarse_tap=lambda method: "backbone",
        cycle_zero_key=lambda method, seed: (method.group, seed),
        choice_key=lambda method, seed: (method.group, seed),
    )


@pytest.fixture(autouse=True)
def _networks(monkeypatch):
    monkeypatch.setattr(forecast, "networks", lambda method, classes: (TAPS, 1000))
    monkeypatch.setattr(forecast, "reported_bytes", lambda method, classes: 70)


def test_the_size_of_a_scan():
    methods = (
        method(embeddings=[embedding("backbone"), embedding("last", "initial")]),
        method(embeddings=[embedding("aspp"), embedding("aspp")], needs=True),
    )
    whole = _size(plan(), methods, Pool(), 5)
    assert whole == ScanSize(
        images=6,
        pixels=4 * 12,
        units=36,
        scores=3 + 2 + 3,
        unit_scores=10 + 1 + 0 + 4,
        classes=5,
        embedding_size=16 + 4,
        read_size=4,
        untrained_size=8,
        feature_values=FEATURE_GRID**2 * 16,
        weights_bytes=1000,
        goes_on=False,
        report_bytes=70,
    )
    crowded = _size(plan(), methods, Pool(described=False), 5)
    assert crowded == replace(whole, classes=0, embedding_size=0, read_size=0)
    bare = _size(plan(view="unit", limit=(9, 9), at=()), methods, Pool(), 5)
    assert bare == replace(whole, pixels=8 * 9, feature_values=0, report_bytes=0)


def test_coarse_feature_maps_keep_some_channels(monkeypatch):
    monkeypatch.setattr(forecast, "networks", lambda *_: ({**TAPS, "backbone": 2048}, 1000))
    size = _size(plan(), (method(),), Pool(), 5)
    assert size.feature_values == FEATURE_GRID**2 * FEATURE_CHANNELS == 16 * 16 * 256


def test_what_is_added_to_a_published_cycle_is_what_it_lacks():
    a, b = (SimpleNamespace(name=name) for name in "ab")
    lack = Lack(
        unit_scores=((a, "mean"), (a, "max"), (b, "mean")),
        embeddings=(embedding("aspp"),),
        untrained=(embedding("last", "initial"),),
    )
    whole = ScanSize(6, 48, 36, scores=9, unit_scores=9, classes=5, read_size=3, weights_bytes=1000)
    assert _added(whole, lack, method(), 5) == ScanSize(
        6, 48, 36, scores=2, unit_scores=3, classes=0, embedding_size=4 + 8, predictions=False
    )


def test_bytes_are_added_up_over_what_is_left(monkeypatch):
    asked = []

    def estimate(size, keep, stored, cycles, reports=0):
        asked.append((list(stored), cycles, reports, size.predictions))
        return {"maps": 10 * len(stored), "total": 10 * len(stored) + reports}

    monkeypatch.setattr(forecast, "estimate_bytes", estimate)
    a = method()
    lack = Lack(embeddings=(embedding("aspp"),))
    left = Remaining(
        starts=(Start("k", 0, (a,)), Start("l", 0, (a,), lack)),
        runs=(RunLeft(a, 0, trainings=(1, 2), reports=(0, 1, 2)),),
        references=((a, 0), (a, 1)),
    )
    found = _bytes(plan(keep=SimpleNamespace(reports="all")), left, Pool(), 5)
    assert asked == [([0], 3, 0, True), ([0], 3, 0, False), ([1, 2], 3, 3, True)]
    assert set(found) == {*PARTS, "references"}
    assert (found["maps"], found["references"]) == (40, 140)
    assert found["total"] == 43 + 140
    kept = _bytes(plan(keep=SimpleNamespace(reports="none")), left, Pool(), 5)
    assert (kept["references"], kept["total"]) == (0, 43)


def test_pictures_of_the_dataset_are_part_of_the_total():
    found = _with_pictures({"maps": 5, "total": 7}, 3)
    assert list(found.items()) == [("maps", 5), ("decoded pictures", 3), ("total", 10)]


def test_steps_of_a_learner_that_begins_otherwise():
    samples = {"unit": [8, 12], "image": [2, 3]}
    plain = SimpleNamespace(view="image", steps=lambda n: 10 * n)
    assert _steps(method(learner=plain, members=0), samples) == [20, 30]
    assert _steps(method(learner=plain, members=3), samples) == [60, 90]
    begins = SimpleNamespace(view="unit", steps=lambda n: n, first_steps=lambda n: n + 100)
    assert _steps(method(learner=begins), samples) == [108, 12]


def test_steps_of_riders():
    found = method()
    found.riders = (rider(0, 0, steps=2), rider(0, 0, steps=5))
    assert _rider_steps(found, 3) == 21


def in_group(name, group):
    made = method(name)
    made.group = group
    return made


def test_sets_that_are_chosen_between_are_trained_each_so_many_times():
    a, b, c = in_group("a", "x"), in_group("b", "y"), in_group("c", "z")
    initial = SimpleNamespace(rule="middle_of", sets=3, repeats=2)
    lacking = Lack(embeddings=("e",))
    starts = (Start("k", 0, (a, b)), Start("l", 0, (b,)), Start("m", 0, (c,), lacking))
    left = Remaining(starts)
    chosen = SimpleNamespace(has_choice=lambda key: key == ("y", 0))
    assert _initial_trainings(plan(initial=initial), left, None) == [a] * 6 + [b] * 6
    assert _initial_trainings(plan(initial=initial), left, chosen) == [a] * 6
    initial.rule = "random"
    assert _initial_trainings(plan(initial=initial), left, None) == []


def test_a_report_point_at_a_shared_cycle_0_is_trained_once_for_those_trained_alike(monkeypatch):
    monkeypatch.setattr(forecast, "trained_by", lambda method: {"epochs": method.epochs})
    a, b, c, d = (in_group(*pair) for pair in (("a", 1), ("b", 1), ("c", 1), ("d", 2)))
    a.epochs = b.epochs = d.epochs = 4
    c.epochs = 9
    runs = tuple(RunLeft(one, 0, reports=(0, 1)) for one in (a, b, c, d))
    runs += (RunLeft(a, 1, reports=(0,)),)
    found = [(m.name, n) for m, n in _reports(plan(), Remaining(runs=runs))]
    assert found == [
        ("a", 0),
        ("a", 1),
        ("b", 1),
        *((n, i) for n in "cd" for i in (0, 1)),
        ("a", 0),
    ]
