"""Embeddings by the network before training: made once per seed, kept once, the same for good."""

import signal
from dataclasses import replace

import numpy as np
import torch

import workbench as wb
from tests.engine.elsewhere import run_killed
from tests.engine.queries import CPU, first_queries
from tests.engine.test_resume import results_of
from tests.experiments import SMALL
from tests.processes import end_of
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.engine.plan import resolve
from workbench.engine.query import candidates_of
from workbench.engine.setting import open_pool, open_setting
from workbench.learning.base import NETWORK
from workbench.models import MODELS, build
from workbench.seeding import seed_of
from workbench.store.verification import verify

MEAL = {"name": "meal", "selector": "meal:n_informative=12,neighbours=60"}  # a plane of 48 units
BUDGET = {"initial": 8, "per_cycle": 4, "cycles": 3}
ALWAYS = {
    **SMALL,
    "methods": ["k_center", MEAL],
    "budget": BUDGET,
    "embedding": {"weights": "initial"},
}


def before_training(config, path):
    """What the network of cycle 0 gives for each unit before it learns anything."""
    plan = resolve(config)
    setting = open_setting(plan, path, CPU, open_pool(plan, path)[1])
    model = build(
        setting.plan.model, setting.dataset.card.n_classes, seed_of(0, 0, "weights", NETWORK)
    )
    vectors = []
    for image in setting.images():
        with torch.no_grad():
            x = model.eval().normalise(torch.tensor(image.image[None]))
            features = model.features(x, ["backbone"])[1]["backbone"][0].numpy()
        height, width = features.shape[1] // 2, features.shape[2] // 2
        for y in (0, 1):
            for x in (0, 1):
                cell = features[:, y * height : (y + 1) * height, x * width : (x + 1) * width]
                vectors.append(cell.mean(axis=(1, 2)))
    return np.array(vectors)


def found_before(cycle):
    return cycle.observation.embeddings["backbone-image-initial"]


def test_they_are_the_same_in_every_cycle_and_kept_once(tmp_path):
    config = parse_config(ALWAYS)
    run_experiment(config, tmp_path, tmp_path)
    expected = before_training(config, tmp_path)
    runs = wb.open_store(tmp_path).runs()
    for run in runs:
        for cycle in run.cycles:
            np.testing.assert_allclose(cycle.embeddings.vectors, expected, atol=1e-5)
            assert set(cycle.embeddings.unit_ids[cycle.embeddings.labelled]) == set(cycle.labelled)
        assert wb.whatif(run.cycle(1)).tolist() == run.cycle(1).selected.tolist()
    assert len(list(tmp_path.rglob("vectors.npy"))) == 1


def test_a_method_that_asks_for_them_later_finds_them(tmp_path):
    config = {**SMALL, "budget": {**BUDGET, "cycles": 2}}
    far = {"name": "far", "selector": "k_center", "embedding": {"weights": "initial"}}
    run_experiment(parse_config({**config, "methods": ["random"]}), tmp_path, tmp_path)
    assert not list(tmp_path.rglob("*-initial"))
    grown = parse_config({**config, "methods": ["random", far]})
    run_experiment(grown, tmp_path, tmp_path)
    random, added = wb.open_store(tmp_path).runs()
    expected = before_training(grown, tmp_path)
    for cycle in (random.cycle(0), *added.cycles):
        np.testing.assert_allclose(found_before(cycle).vectors, expected, atol=1e-5)
        np.testing.assert_array_equal(
            np.flatnonzero(found_before(cycle).labelled),
            np.flatnonzero(np.isin(found_before(cycle).unit_ids, cycle.labelled)),
        )
    assert not [found for found in verify(tmp_path) if found.damages or found.stray]


def test_meal_compares_the_current_features_with_the_pool_before_training(
    small, tmp_path, monkeypatch
):
    as_pretrained = replace(MODELS.entry("tiny"), pretrained=lambda options: True)
    monkeypatch.setitem(MODELS._entries, "tiny", as_pretrained)
    near = {"name": "meal_ft", "selector": "meal_ft:n_informative=12,neighbours=60"}
    config = small(methods=[MEAL, near], budget={**BUDGET, "cycles": 2})
    found = first_queries(config, tmp_path)
    for name, untrained in (("meal", True), ("meal_ft", False)):
        cycle = found[name]
        plan = resolve(config)
        setting = open_setting(plan, tmp_path, CPU, open_pool(plan, tmp_path)[1])
        pool = setting.initial_pools(0, setting.plan.methods[0])[0]
        read = candidates_of(setting.plan.method(name), cycle.observation, pool)
        rows = np.searchsorted(cycle.embeddings.unit_ids, read.unit_ids)
        np.testing.assert_array_equal(read.embeddings, cycle.embeddings.vectors[rows])
        source = found_before(cycle) if untrained else cycle.embeddings
        np.testing.assert_array_equal(read.reference_embeddings, source.vectors)
    assert not np.allclose(found_before(found["meal"]).vectors, found["meal"].embeddings.vectors)


def test_nothing_is_embedded_before_training_where_nobody_asks(small, tmp_path):
    cycle = first_queries(small(methods=["k_center"]), tmp_path)["k_center"]
    assert list(cycle.observation.embeddings) == ["backbone-image-current"]
    asked = wb.whatif(cycle, score="margin", selector=MEAL["selector"])
    assert "before training" in asked.approximate[0]
    assert wb.whatif(cycle, score="margin", selector="top_k").approximate == ()
    assert not list(tmp_path.rglob("untrained"))


def test_killed_while_embedding_or_after_it_equals_undisturbed(shared, tmp_path):
    values = {**ALWAYS, "methods": ["k_center"], "budget": {**BUDGET, "cycles": 2}}
    expected = results_of(shared.trained(values).experiment)
    for phase, cycle in (("embed", 0), ("train", 0)):
        store = tmp_path / phase
        assert end_of(run_killed, values, store, phase, cycle) == -signal.SIGKILL
        identity = run_experiment(parse_config(values), store, store)
        assert results_of(wb.open_store(store).experiment(identity)) == expected
