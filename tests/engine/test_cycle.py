"""Which cycle is trained, kept, scanned and queried, with every part of it made up."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.engine import cycle
from workbench.engine.cycle import make_shared, query, start_from_shared


@dataclass
class Facts:
    """What is told of a training."""

    extras: dict[str, Any] = field(default_factory=dict)


def test_the_shared_cycle_0_is_trained_kept_and_scanned_as_cycle_0(monkeypatch):
    calls, published = {}, []

    def note(name, result=None):
        def noted(*args, **more):
            calls[name] = (*args, *more.items())
            return result

        monkeypatch.setattr(cycle, name, noted)
        return result

    @contextmanager
    def training(key):
        yield f"folder of {key}"

    @contextmanager
    def write_shared(key, **given):
        calls["write_shared"] = given
        yield SimpleNamespace(publish=lambda *args: published.extend(args))

    applied = []
    setting = SimpleNamespace(
        compute=SimpleNamespace(apply=lambda: applied.append(1)),
        plan=SimpleNamespace(sharing=lambda key, seed: ("a", "b"), scores_of=lambda m: "scores"),
        untrained_key=lambda methods, seed: f"untrained {seed}",
    )
    start = SimpleNamespace(pool=SimpleNamespace(labelled="ids"), seed=9, extras={"chosen": 2})
    note("choose_initial", start)
    note("embed_before_training")
    note("embedded_before_training", "before")
    note("keep_of", "kept")
    note("score_infos", "infos")
    note("CycleTraining", "training")
    facts = Facts({"epoch": 4, "chosen": 1})
    note("train", SimpleNamespace(trained="trained", facts=facts, measured="measured"))
    note("observe", SimpleNamespace(with_embeddings=lambda more: f"found with {more}"))
    experiment = SimpleNamespace(training=training, write_shared=write_shared)
    make_shared(setting, experiment, "k", 3, "progress")
    assert applied == [1]
    assert calls["CycleTraining"][1:6] == (("a", "b"), start.pool, 9, 0, "progress")
    assert calls["CycleTraining"][6:] == (
        "the shared cycle 0 of seed 3",
        ("folder", "folder of k"),
    )
    assert calls["keep_of"] == (setting, ("a", "b"), 0)
    assert calls["observe"][:5] == (setting, "trained", ("a", "b"), 0, "progress")
    assert calls["write_shared"] == {
        "labelled": "ids",
        "scores": "infos",
        "keep": "kept",
        "untrained": "untrained 3",
    }
    assert published == ["found with before", "measured", Facts({"epoch": 4, "chosen": 2})]


def test_a_run_starts_from_the_published_cycle_0(monkeypatch):
    calls = []
    monkeypatch.setattr(cycle, "report", lambda *args: calls.append(args[3:5]))
    monkeypatch.setattr(cycle, "query", lambda *args: (args[2], args[3](), *args[4:]))
    shared = SimpleNamespace(labelled="ids", observation="seen")
    record = SimpleNamespace(has_shared=lambda key: key == "a of 5")
    run = SimpleNamespace(read=SimpleNamespace(seed=5), publish_shared=lambda key: shared)
    setting = SimpleNamespace(
        plan=SimpleNamespace(cycle_zero_key=lambda method, seed: f"{method} of {seed}"),
        pool_of=lambda labelled: f"pool of {labelled}",
    )
    experiment = SimpleNamespace(record=record)
    found = start_from_shared(setting, experiment, run, "a", "progress")
    assert found == ("a", "seen", "pool of ids", 0)
    assert calls == [("a", 0)]
    with pytest.raises(RuntimeError, match="is not published"):
        start_from_shared(setting, experiment, run, "b", "progress")


@pytest.mark.parametrize(("number", "queries"), [(0, True), (1, True), (2, False), (3, False)])
def test_the_last_cycle_selects_nothing(number, queries):
    labels = SimpleNamespace(unit_ids=[4, 2], clicks=[5, 6])
    read = SimpleNamespace(selection=lambda n: "made", labels=lambda n: labels)
    setting = SimpleNamespace(
        allowance=SimpleNamespace(budget=SimpleNamespace(cycles=3)),
        prices=lambda: None,
    )
    pool = SimpleNamespace(reveal=lambda ids, clicks: (ids, clicks))
    found = query(setting, SimpleNamespace(read=read), "a", None, pool, number)
    assert found == ([4, 2], [5, 6]) if queries else found is pool
