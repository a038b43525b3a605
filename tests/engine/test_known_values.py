"""Small steps of the engine against values known from their definitions."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tests.pool.conftest import TinyDataset
from workbench.budget import Budget
from workbench.engine import events, remaining
from workbench.engine.batch import batch
from workbench.engine.events import PROGRESS_INTERVAL, Progress
from workbench.engine.forecast import _clicks, _mean_price, _samples
from workbench.engine.query import _queued, pick
from workbench.engine.remaining import Lack, Start, _run_left
from workbench.errors import ConfigError, NotStoredError, StoppedError
from workbench.geometry import Images, list_units
from workbench.geometry.windows import WindowGeometry
from workbench.pool import Allowance, Paid, PoolState
from workbench.pool.clicks import FEWEST_CLICKS
from workbench.pool.costs import costs_of, default_view
from workbench.selection import SELECTORS
from workbench.types import Candidates
from workbench.units import UNITS
from workbench.units.window import Windows

GRID = list_units(TinyDataset(), UNITS.bind("grid:2x3").call())


def test_progress_is_told_when_a_phase_begins_and_ends_and_four_times_a_second(monkeypatch):
    told, now = [], [100.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: now[0])
    progress = Progress(told.append, lambda: False, {"run": "a"})
    for at, phase, done in (
        (100.0, "train", 1), (100.1, "train", 2), (100.25, "train", 3), (100.3, "scan", 1),
        (100.4, "scan", 2), (100.45, "scan", 9), (100.5, "scan", 10), (100.6, "scan", 1),
    ):  # fmt: skip
        now[0] = at
        progress.step(phase, done, 9, loss=done)
    assert PROGRESS_INTERVAL == 0.25
    assert [(event["phase"], event["done"]) for event in told] == [
        ("train", 1), ("train", 3), ("scan", 1), ("scan", 9), ("scan", 10),
    ]  # fmt: skip
    assert told[0] == {
        **{"event": "progress", "run": "a", "phase": "train", "done": 1, "total": 9, "loss": 1}
    }
    with pytest.raises(StoppedError):
        Progress(told.append, lambda: True, {}).step("train", 1, 9)
    assert len(told) == 5


def budget(unit="units", **changes):
    return Budget(**{"unit": unit, "initial": 4, "per_cycle": 8, "cycles": 3} | changes)


def test_costs_of_units_in_every_view():
    assert [default_view(budget(u), p) for u, p in (
        ("units", False), ("units", True), ("pixels", True), ("images", False),
        ("clicks", False), ("clicks", True),
    )] == ["uniform", "uniform", "area", "area", "area", "predicted"]  # fmt: skip
    table = pd.DataFrame({"unit_id": [3, 4], "boundary_share": [0.5, 0.25], "clicks": [7.5, 2.0]})
    areas = np.array([10, 20])
    assert costs_of("uniform", table, areas, None).tolist() == [1, 1]
    assert costs_of("area", table, areas, None).tolist() == [10, 20]
    assert costs_of("boundary", table, areas, None).tolist() == [5, 5]
    assert costs_of("predicted", table, areas, None).tolist() == [7.5, 2]
    assert costs_of("true", table, areas, lambda ids: ids * 2).tolist() == [6, 8]
    with pytest.raises(ConfigError):
        costs_of("true", table, areas, None)
    with pytest.raises(NotStoredError):
        costs_of("predicted", table[["unit_id"]], areas, None)


def test_a_ranking_grows_eight_times_until_enough_windows_keep_apart(monkeypatch):
    windows = WindowGeometry(Images.make(["a"], [(4, 400)]), Windows(4, 4, 1))
    scores = -np.arange(len(windows), dtype=float)
    candidates = Candidates(windows.unit_ids, scores=scores)
    lengths = []

    class Noting:
        entry = SELECTORS.entry("top_k")

        def call(self, candidates, k, rng):
            lengths.append((k, int(rng.integers(10**9))))
            return SELECTORS.bind("top_k").call(candidates, k, None)

    found = batch(Noting(), candidates, 3, np.random.default_rng(0), PoolState(windows))
    assert found.tolist() == [0, 4, 8]
    found = batch(Noting(), candidates, 20, np.random.default_rng(0), PoolState(windows))
    assert found.tolist() == [4 * n for n in range(20)]
    assert [length for length, _ in lengths] == [24, 160]
    lengths.clear()
    crowd = Candidates(windows.unit_ids, scores=-(np.arange(len(windows)) // 50))
    crowd = crowd.take(np.r_[0:4, 100:104, 200:300])
    found = batch(Noting(), crowd, 1, np.random.default_rng(0), PoolState(windows, [0]))
    assert found.tolist() == [100]
    assert [length for length, _ in lengths] == [8]
    found = batch(Noting(), crowd, 30, np.random.default_rng(0), PoolState(windows))
    assert lengths[-1][0] == len(crowd), "all remaining ones overlap too much"
    assert len(found) < 30
    assert len({draw for _, draw in lengths}) == 1, "each ranking is drawn alike"


def test_what_a_run_still_has_to_do():
    def left(whole, labelled, state="done", cycles=3, points=(), reported=()):
        run = SimpleNamespace(
            whole=lambda: whole,
            labels=lambda n: "there" if n in labelled else None,
            status=SimpleNamespace(state=state),
            reported=reported,
            report=lambda n: None,
        )
        found = _run_left(plan(cycles), "method", 7, run, points)
        return found and (found.trainings, found.queries, *found.reports)

    def plan(cycles):
        return SimpleNamespace(config=SimpleNamespace(budget=SimpleNamespace(cycles=cycles)))

    fresh = _run_left(plan(3), "method", 7, None, (2,))
    assert (fresh.trainings, fresh.queries, fresh.reports) == ((1, 2), (0, 1), (2,))
    assert fresh.seed == 7
    assert left([0, 1, 2], [0, 1], points=(1, 2), reported=(1,)) == ((), (), 2)
    assert left([0, 1, 2], [0, 1]) is None
    assert left([0, 1, 2], [0, 1], state="running") == ((), ())
    assert left([0, 1], [0], state="interrupted") == ((2,), (1,))
    assert left([], [], cycles=1) == ((), ())
    assert left([0], [], cycles=1) is None
    scans = Lack(embeddings=("e",))
    assert [
        Start("k", 0, (), lack, has_weights=has).trains
        for lack, has in (
            (None, True),
            (scans, True),
            (scans, False),
            (Lack(untrained=("e",)), False),
        )
    ] == [True, False, True, False]
    assert not Lack()
    assert Lack(untrained=("e",))
    assert not Lack(untrained=("e",)).needs_scan


def test_prices_and_samples_that_a_forecast_counts_with():
    units = Allowance(GRID, budget())
    pixels = Allowance(GRID, budget("pixels", initial=40, per_cycle=47))
    assert _mean_price(units) == 1
    assert _mean_price(pixels) == pytest.approx(564 / 36)
    assert _mean_price(Allowance(GRID, budget("clicks"))) == 4
    plan = SimpleNamespace(config=SimpleNamespace(budget=budget()))
    first = GRID.unit_ids[[0, 1, 2, 6]]
    assert _samples(plan, units, first, 1.0, "unit") == [4, 12, 20]
    assert _samples(plan, units, first, 1.0, "image") == [2, 6, 6]
    assert _samples(plan, units, first, 3.0, "unit") == [4, 6, 9]
    ids, price, total = _clicks(GRID, Paid(GRID.unit_ids[:2], np.array([5, 8])))
    assert (len(ids), price, total) == (2, 6.5, round(13 / (32 / 564)))
    assert _clicks(GRID, Paid(GRID.unit_ids[:2], np.array([0, 1])))[1] == 1
    assert _clicks(GRID, Paid(GRID.unit_ids[:0], np.array([], int)))[1:] == (4, None)


def test_how_many_units_are_queued_for_a_limit_in_clicks():
    """One more than fit where they are ranked; as many as fit at the mean price elsewhere."""
    fresh = PoolState(GRID)
    paid = fresh.reveal(GRID.unit_ids[:2], clicks=[6, 14])  # 10 each

    def queued(selector, limit, pool):
        return _queued(SELECTORS.bind(selector), limit, pool)

    assert FEWEST_CLICKS == 4
    assert [queued("top_k", 30, pool) for pool in (fresh, paid)] == [8, 8]
    assert [queued("k_center", 30, pool) for pool in (fresh, paid)] == [8, 6]
    assert queued("k_center", 4, paid) == 1
    assert not SELECTORS.entry("k_means").prefix
    assert [queued("k_means", limit, paid) for limit in (30, 4)] == [3, 1]


def test_a_limit_in_clicks_queues_no_more_units_than_there_are():
    candidates = Candidates(GRID.unit_ids[:5], scores=np.arange(5.0))
    allowance = Allowance(GRID, budget("clicks"))
    found = pick(
        SELECTORS.bind("top_k"),
        candidates,
        np.random.default_rng(0),
        30,
        allowance,
        PoolState(GRID),
    )
    assert found.tolist() == GRID.unit_ids[:5][::-1].tolist()


@pytest.mark.parametrize("lacks", [Lack(), Lack(untrained=("e",))])
@pytest.mark.parametrize("weights", [None, "there"])
def test_a_shared_cycle_that_lacks_something_is_taken_up_by_its_weights(
    monkeypatch, lacks, weights
):
    monkeypatch.setattr(remaining, "lack_of", lambda *_: lacks)
    plan = SimpleNamespace(sharing=lambda key, seed: (key, seed))
    record = SimpleNamespace(
        has_shared=lambda key: key == "k", shared=lambda key: SimpleNamespace(weights=weights)
    )
    found = remaining._start(plan, record, "k", 3)
    assert remaining._start(plan, record, "other", 3) == Start("other", 3, ("other", 3))
    assert remaining._start(plan, None, "k", 3) == Start("k", 3, ("k", 3))
    if lacks:
        assert (found.lack, found.has_weights) == (lacks, weights is not None)
    else:
        assert found is None
