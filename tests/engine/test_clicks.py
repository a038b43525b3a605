"""Budgets in clicks and CEREALS: whole experiments, and what selectors take for costs."""

import io
import shutil
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

import workbench as wb
from tests.experiments import SMALL, guard_masks
from workbench.compute import ResolvedCompute
from workbench.config import parse_config
from workbench.datasets import open_dataset
from workbench.engine.batch import batch
from workbench.engine.experiment import run_experiment
from workbench.engine.plan import resolve
from workbench.engine.query import candidates_of, selection_rng
from workbench.engine.setting import open_setting
from workbench.errors import ConfigError, NotStoredError
from workbench.figures import learning_curve, score_map
from workbench.geometry import list_units
from workbench.learning import RIDERS, RiderTask
from workbench.models import build
from workbench.pool import LabelledSet, MaskLabels, Oracle, Prices, Queue, collect
from workbench.pool.click_set import ClickSet
from workbench.pool.clicks import count_clicks
from workbench.pool.costs import costs_of
from workbench.store.export import metrics_csv, selections_csv
from workbench.types import image_numbers
from workbench.units import UNITS

BUDGET = {"unit": "clicks", "initial": 160, "per_cycle": 90, "cycles": 3}
CLICKS = {
    "budget": BUDGET,
    "methods": [
        "cereals",
        "random",
        {"name": "boundary", "score": "entropy", "selector": "cereals", "costs": "boundary"},
        {"name": "knowing", "score": "entropy", "selector": "cereals", "costs": "true"},
        {"name": "clusters", "selector": "k_means"},
    ],
    "riders": [{"name": "click_cost", "epochs": 2, "batch_size": 4, "lr": 0.01}],
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """An experiment whose training masks raise wherever anybody but the label source reads them."""
    path = tmp_path_factory.mktemp("clicks")
    with pytest.MonkeyPatch.context() as patch:
        guard_masks(patch)
        config = parse_config({**SMALL, **CLICKS})
        events = []
        identity = run_experiment(config, path, path, on_event=events.append)
    return wb.open_store(path).experiment(identity), events


def run_of(experiment, method):
    return next(r for r in experiment.runs() if r.method.name == method)


def true_clicks(experiment, ids):
    """Clicks of units, counted from the masks by hand."""
    dataset = open_dataset(experiment.config.dataset, experiment.data_dir)
    pool = experiment.pool.set_index("unit_id")
    return [
        count_clicks(dataset.mask("train", u.image_id)[u.y0 : u.y1, u.x0 : u.x1])
        for u in pool.loc[ids].itertuples()
    ]


def test_labelling_ends_where_the_budget_is_reached_and_clicks_are_those_of_the_masks(finished):
    experiment, _ = finished
    for run in experiment.runs():
        assert run.status.state == "done"
        first, second, last = run.cycles
        assert first.metrics.labelled_clicks == sum(true_clicks(experiment, first.labelled))
        assert first.metrics.labelled_clicks >= BUDGET["initial"]
        spent = first.metrics.labelled_clicks
        for cycle in (first, second):
            clicks = cycle.selection["cost_clicks"]
            assert clicks.tolist() == true_clicks(experiment, cycle.selected)
            nominal = BUDGET["initial"] + (cycle.number + 1) * BUDGET["per_cycle"]
            left = nominal - spent  # what one query took too much, the next one has less
            assert clicks.iloc[:-1].sum() < max(left, 1)
            assert clicks.sum() >= left or run.method.name == "clusters"
            spent += int(clicks.sum())
        assert last.metrics.labelled_clicks == spent
        assert len(last.selected) == 0


@pytest.mark.parametrize("method", ["cereals", "random", "boundary", "knowing"])
def test_a_query_ends_with_the_unit_that_reaches_the_budget(finished, method):
    """What is labelled is what one ranking of all candidates would have labelled."""
    experiment, _ = finished
    run = run_of(experiment, method)
    plan, compute = resolve(experiment.config), ResolvedCompute("cpu", "float32")
    setting = open_setting(plan, experiment.data_dir, compute, experiment.geometry)
    pool = setting.labelled(setting.initial_pools(0, plan.methods[0])[0], run.cycle(0).selected)
    planned, prices = setting.plan.method(method), setting.prices()
    candidates = candidates_of(planned, run.cycle(1).observation, pool, prices.true)
    ranking = planned.selector.call(candidates, len(candidates), selection_rng(0, 1))
    queue = Queue.of_units(ranking, setting.allowance.limit(pool, 1))
    paid = collect(queue, setting.source, prices)
    assert run.cycle(1).selected.tolist() == paid.unit_ids.tolist()


def test_no_mask_is_read_that_nobody_paid_for(small, tmp_path, monkeypatch):
    """Not even to find out where the budget ends."""
    plain, read = MaskLabels.labels, set()

    def labels(self, ids):
        read.update(ids.tolist())
        return plain(self, ids)

    monkeypatch.setattr(MaskLabels, "labels", labels)
    config = small(methods=["random"], budget={**BUDGET, "cycles": 2})
    (run,) = wb.open_store(tmp_path).runs(run_experiment(config, tmp_path, tmp_path))
    paid = {*run.cycle(0).labelled.tolist(), *run.cycle(0).selected.tolist()}
    assert read == paid
    assert len(paid) < len(run.experiment.pool)


def test_the_predicted_clicks_are_kept_and_rank_the_query(finished):
    experiment, events = finished
    run = run_of(experiment, "cereals")
    for cycle in run.cycles:
        assert cycle.scores == ["entropy", "margin"]
        assert cycle.maps == ["entropy", "margin", "click_density"]
        low, high, unit = cycle.score_range("click_density")
        assert (low, unit) == (0.0, "clicks/pixel")
        assert high > 0
        units = cycle.units
        assert (units["clicks"] > 0).all()
        np.testing.assert_allclose(units["clicks"], units["click_density"] * units["area"])
        stored = cycle.score_map("click_density", units["image_id"][0])
        assert stored.shape == (32, 48)
        box = units.iloc[0]
        inside = stored[box.y0 : box.y1, box.x0 : box.x1].sum()
        assert inside == pytest.approx(box["clicks"], rel=0.02)  # 8 bits
        assert cycle.networks["click_cost"].path.exists()
        assert [one.network for one in cycle.map_infos] == ["click_cost"]
        assert len({one.sha256 for one in cycle.networks.values()}) == 2
        assert len(cycle.extras["click_cost"]["losses"]) == 2
    phases = {e["phase"] for e in events if e["event"] == "progress"}
    assert "train click_cost" in phases

    # (1 − C)·I over the exact table
    cycle = run.cycle(1)
    information, cost = (
        (column - column.min()) / (column.max() - column.min())
        for column in (cycle.units["entropy/sum"], cycle.units["clicks"])
    )
    fused = ((1 - cost) * information).set_axis(cycle.units["unit_id"])
    best = fused.sort_values(ascending=False, kind="stable").index[: len(cycle.selected)]
    assert cycle.selected.tolist() == best.tolist()


def test_the_network_is_trained_where_it_is_read(finished):
    experiment, _ = finished
    for method in ("random", "boundary", "knowing", "clusters"):
        for cycle in run_of(experiment, method).cycles:
            assert "clicks" not in cycle.units
            assert list(cycle.networks) == ["network"]
            assert cycle.maps == cycle.scores


def test_views_of_what_a_unit_costs(finished):
    experiment, _ = finished
    units = run_of(experiment, "cereals").cycle(0).units
    areas = units["area"].to_numpy()

    def price(ids):
        return np.array(true_clicks(experiment, ids))

    def seen(view):
        return costs_of(view, units, areas, price).tolist()

    assert seen("uniform") == [1.0] * len(units)
    assert seen("area") == areas.tolist()
    assert seen("predicted") == units["clicks"].tolist()
    assert seen("true") == true_clicks(experiment, units["unit_id"])
    one = units.iloc[3]
    prediction = run_of(experiment, "cereals").cycle(0).prediction(one.image_id)
    edge = np.zeros(prediction.shape, bool)
    edge[:, 1:] |= prediction[:, 1:] != prediction[:, :-1]
    edge[:, :-1] |= prediction[:, 1:] != prediction[:, :-1]
    edge[1:] |= prediction[1:] != prediction[:-1]
    edge[:-1] |= prediction[1:] != prediction[:-1]
    assert seen("boundary")[3] == pytest.approx(edge[one.y0 : one.y1, one.x0 : one.x1].sum())
    with pytest.raises(ConfigError, match="may not be read here"):
        costs_of("true", units, areas, None)
    with pytest.raises(NotStoredError, match="No network that predicts clicks was trained"):
        costs_of("predicted", units.drop(columns="clicks"), areas, price)


def test_resumed_equals_undisturbed(finished, tmp_path):
    """The last cycles gone, and a half-written one, as after a kill; the same call brings them."""
    experiment, _ = finished
    store = tmp_path / "store"
    shutil.copytree(store_of(experiment), store)
    (copy,) = wb.open_store(store).experiments()
    for run in copy.runs():
        shutil.rmtree(run.path / "cycles" / "0002")
        (run.path / "status.json").unlink()  # it says that the run is done
        if run.method.name in {"cereals", "random"}:
            shutil.rmtree(run.path / "cycles" / "0001")
            shutil.rmtree(run.path / "selections" / "0001")
            (run.path / "cycles" / "0001").mkdir()
            (run.path / "cycles" / "0001" / "torn").write_bytes(b"half")
    run_experiment(experiment.config, store, store)
    again = wb.open_store(store).experiment(experiment.id)
    plain = wb.open_store(store_of(experiment))
    assert metrics_csv(wb.open_store(store)) == metrics_csv(plain)
    assert selections_csv(wb.open_store(store)) == selections_csv(plain)
    ours, theirs = (run_of(e, "cereals").cycle(2) for e in (again, experiment))
    pd.testing.assert_frame_equal(ours.units, theirs.units)
    digests = [{name: one.sha256 for name, one in c.networks.items()} for c in (ours, theirs)]
    assert digests[0] == digests[1]


def store_of(experiment):
    return experiment.path.parents[1]


def test_clicks_are_exported_before_further_metrics(finished):
    experiment, _ = finished
    store = wb.open_store(store_of(experiment))
    table = pd.read_csv(io.StringIO(metrics_csv(store)))
    before_metrics = table.columns.get_loc("frequency_weighted_iou") - 1
    assert table.columns[before_metrics] == "labelled_clicks"
    assert (table["labelled_clicks"] > 0).all()
    table = pd.read_csv(io.StringIO(selections_csv(store)))
    assert table.columns[-1] == "cost_clicks"
    assert (table["cost_clicks"] > 0).all()
    indexed = store.metrics()
    assert (indexed["labelled_clicks"] > 0).all()


def test_a_unit_that_costs_more_than_a_query_may_is_paid_with_the_next_ones(small, tmp_path):
    budget = {**BUDGET, "per_cycle": 3, "cycles": 3}
    config = small(methods=["random"], budget=budget)
    (run,) = wb.open_store(tmp_path).runs(run_experiment(config, tmp_path, tmp_path))
    first, second, _ = run.cycles
    spent = first.metrics.labelled_clicks
    assert len(first.selected) == (spent < BUDGET["initial"] + 3)
    assert len(second.selected) == (second.metrics.labelled_clicks < BUDGET["initial"] + 6)
    assert len(first.selected) + len(second.selected) < 2


def test_a_pool_that_runs_out_of_units_ends_quietly(small, tmp_path):
    dataset = {"name": "synthetic", "train": 4, "val": 2, "height": 32, "width": 48}
    budget = {**BUDGET, "initial": 200, "per_cycle": 10_000, "cycles": 4}
    config = small(methods=["random"], budget=budget, dataset=dataset)
    (run,) = wb.open_store(tmp_path).runs(run_experiment(config, tmp_path, tmp_path))
    counts = [len(c.selected) for c in run.cycles]
    assert counts[0] + len(run.cycle(0).labelled) == 16
    assert counts[1:] == [0, 0, 0]


def test_predictions_for_new_scenes_go_with_the_true_clicks():
    dataset = open_dataset({"name": "synthetic", "train": 24}, None)
    scheme = UNITS.bind("grid:3x4").call()
    index = list_units(dataset, scheme)
    source = MaskLabels(dataset, index)
    seen = image_numbers(index.unit_ids) % 3 == 0  # eight of two sequences' images
    oracle = Oracle(source, index, index.unit_ids[seen])
    learner = RIDERS.bind("click_cost:epochs=50,lr=0.005").call()
    network = learner.fit(
        RiderTask(
            build=partial(build, "tiny", seed=0),
            labelled=partial(LabelledSet, oracle, dataset),
            clicks=partial(ClickSet, oracle, dataset),
            rider="click_cost",
            maps=RIDERS.entry("click_cost").maps,
            seed=0,
            compute=ResolvedCompute("cpu", "float32"),
        )
    ).rider.network
    true, predicted = Prices(source).true(index.unit_ids[~seen]), []
    with torch.no_grad():
        for number in np.unique(image_numbers(index.unit_ids)[~seen]):
            image = np.array(dataset.image("train", index.image_ids[number]))
            found = network.predict(torch.from_numpy(image)[None])["click_density"]
            clicks = found[0].double().numpy()
            boxes = index.boxes_of(index.image_units(number))
            predicted += [clicks[y0:y1, x0:x1].sum() for y0, x0, y1, x1 in boxes]
    assert np.corrcoef(predicted, true)[0, 1] > 0.8
    assert sum(predicted) == pytest.approx(true.sum(), rel=0.25)


def test_the_map_of_predicted_clicks_is_drawn_like_a_score(finished):
    experiment, _ = finished
    cycle = run_of(experiment, "cereals").cycle(1)
    scene = score_map.read(cycle, "click_density", cycle.image_ids[0])
    assert scene.unit == "clicks/pixel"
    mine = cycle.units[cycle.units["image_id"] == scene.image_id].set_index("unit_id")
    shown = scene.table.set_index("unit_id")["score"].dropna()
    np.testing.assert_array_equal(shown[mine.index], mine["click_density"])
    assert score_map.figure(scene).data
    runs = experiment.runs()
    assert next(iter(learning_curve.x_choices(runs))) == "labelled_clicks"
    curve = learning_curve.read(runs, x="labelled_clicks")
    assert curve.summary["x"].max() >= BUDGET["initial"] + 2 * BUDGET["per_cycle"]


# asked afterwards


@pytest.mark.parametrize("method", ["cereals", "random", "boundary", "clusters"])
def test_what_if_makes_the_query_that_was_made(finished, method):
    experiment, _ = finished
    cycle = run_of(experiment, method).cycle(1)
    found = wb.whatif(cycle)
    assert found.tolist() == cycle.selected.tolist()
    assert any("the clicks are unknown" in note for note in found.notes)


@pytest.mark.parametrize(
    ("asked", "to_spare"),
    [({}, True), ({"selector": "k_center"}, False), ({"units": "grid:2x3"}, False)],
)
def test_what_if_lets_the_selector_choose_among_as_many_units_as_the_run_did(
    finished, monkeypatch, asked, to_spare
):
    experiment, _ = finished
    run = run_of(experiment, "cereals")
    cycle = run.cycle(1)
    queued = []

    def record(selector, candidates, k, rng, pool):
        queued.append(k)
        return batch(selector, candidates, k, rng, pool)

    monkeypatch.setattr("workbench.what_if._query.batch", record)
    found = wb.whatif(cycle, **asked)
    proposed = len(run.selection(1).unit_ids)
    assert proposed > len(cycle.selected)
    assert queued == [proposed if to_spare else len(found)]


def test_what_if_predicts_clicks_of_other_units_from_the_map(finished):
    experiment, _ = finished
    cycle = run_of(experiment, "cereals").cycle(1)
    found = wb.whatif(cycle, units="grid:2x3")
    assert found.query.k is None
    assert 0 < len(found) <= BUDGET["per_cycle"] // 4
    whole = wb.whatif(cycle, units="grid:2x2", costs="predicted", k=5)
    assert whole.tolist() == wb.whatif(cycle, k=5).tolist()
    with pytest.raises(ConfigError, match="read from labels"):
        wb.whatif(run_of(experiment, "knowing").cycle(1))


def test_windows_are_bought_by_the_click(small, tmp_path):
    config = small(
        units="window:16x16,stride=8",
        methods=["cereals", "random"],
        budget={"unit": "clicks", "initial": 160, "per_cycle": 60, "cycles": 2},
        riders=CLICKS["riders"],
    )
    identity = run_experiment(config, tmp_path, tmp_path)
    for run in wb.open_store(tmp_path).runs(identity):
        first, last = run.cycles
        assert first.metrics.labelled_clicks >= 160
        paid = first.selection["cost_clicks"]
        left = 160 + 60 - first.metrics.labelled_clicks
        assert paid.iloc[:-1].sum() < max(1, left)
        assert paid.sum() >= left
        table = first.selection
        for image_id, mine in table.groupby("image_id"):
            covered = np.zeros((32, 48), np.int64)
            for y0, x0, y1, x1 in mine[["y0", "x0", "y1", "x1"]].to_numpy():
                covered[y0:y1, x0:x1] += 1
            assert covered.max() == 1, image_id
        assert last.metrics.labelled_clicks == first.metrics.labelled_clicks + int(
            table["cost_clicks"].sum()
        )
