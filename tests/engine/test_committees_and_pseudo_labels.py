"""CEAL and Suggestive Annotation as whole runs, each with the learner of its paper."""

from itertools import pairwise

import numpy as np
import pytest
import torch

import workbench as wb
from tests.experiments import SMALL, guard_masks
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.engine.previous import PreviousCycle
from workbench.models import build, load_weights
from workbench.pool import MaskLabels

BUDGET = {"initial": 8, "per_cycle": 3, "cycles": 3}
CEAL = {
    **SMALL,
    "methods": [
        {"name": "ceal", "learner": {"delta": 10.0, "most": 3, "first_epochs": 2, "epochs": 1}}
    ],
    "budget": BUDGET,
    "scan": {"batch_size": 4},
}
ANNOTATION = {
    **SMALL,
    "methods": [{"name": "suggestive_annotation", "learner": {"epochs": 1}}],
    "budget": {**BUDGET, "cycles": 2},
    "scan": {"batch_size": 4},
}


@pytest.fixture
def only_paid(monkeypatch):
    """Let masks be read by the label source alone, for units that were asked for; note them."""
    guard_masks(monkeypatch)
    read_ids, plain = [], MaskLabels.labels

    def labels(self, ids):
        read_ids.extend(np.asarray(ids).tolist())
        yield from plain(self, ids)

    monkeypatch.setattr(MaskLabels, "labels", labels)
    return read_ids


def test_ceal_learns_from_images_that_cost_nothing_and_stay_candidates(tmp_path, only_paid):
    identity = run_experiment(parse_config(CEAL), tmp_path / "store", tmp_path)
    (run,) = wb.open_store(tmp_path / "store").runs(identity)
    cycles = run.cycles
    assert "pseudo_labels" not in cycles[0].extras
    assert [len(c.extras["losses"]) for c in cycles] == [2, 1, 1]
    paid = set(cycles[0].labelled.tolist())
    for before, cycle in pairwise(cycles):
        assert {"entropy", "variance@mc_dropout"} <= set(before.unit_score_columns)
        paid |= set(before.selected.tolist())
        units = before.units[~before.units["unit_id"].isin(cycle.labelled)]
        means = {
            image: np.average(rows["entropy"], weights=rows["area"])
            for image, rows in units.groupby("image_id")
        }
        wanted = sorted(means, key=means.__getitem__)[:3]
        assert cycle.extras["pseudo_labels"] == {"images": wanted, "delta": 10.0}
        assert set(wanted) <= set(cycle.units["image_id"]), "they stay candidates"
        assert set(cycle.labelled.tolist()) == paid, "they cost nothing"
        assert cycle.extras["notes"]["pseudo_labelled_share"][0] > 0
        assert list(cycle.extras["terms"]) == ["dice"]
    assert set(only_paid) <= paid
    seen = PreviousCycle(cycles[1], cycles[2].labelled)
    assert seen.number == 1
    assert seen.labelled.tolist() == cycles[2].labelled.tolist()


def test_suggestive_annotation_trains_its_committee(tmp_path, only_paid):
    config = parse_config(ANNOTATION)
    identity = run_experiment(config, tmp_path / "store", tmp_path)
    (run,) = wb.open_store(tmp_path / "store").runs(identity)
    names = ["network", "network-1", "network-2", "network-3"]
    for cycle in run.cycles:
        assert list(cycle.networks) == names
        assert cycle.extras["members"] == names
        assert cycle.scan == "network"
        assert cycle.unit_score_columns == ["deviation@ensemble"]
        assert (cycle.units["deviation@ensemble"] > 0).all()
        weights = [
            load_weights(build(SMALL["model"], 9, seed=0), cycle.weights_of(name)).classifier.weight
            for name in names
        ]
        assert not any(torch.equal(weights[0], other) for other in weights[1:])
    assert len(run.cycles[0].selected) == 3


def test_the_forecast_knows_the_longer_first_cycle_and_every_network(tmp_path):
    once = {**CEAL, "budget": {**BUDGET, "cycles": 1}}
    short, long = (
        forecast(parse_config({**once, "methods": [{"name": "ceal", "learner": own}]}), tmp_path)
        for own in ({"first_epochs": 1}, {"first_epochs": 5})
    )
    assert long.training_steps == 5 * short.training_steps
    annotation = {**ANNOTATION, "budget": {**BUDGET, "cycles": 1}}
    four = forecast(parse_config(annotation), tmp_path)
    plain = {**annotation, "methods": ["random"], "learner": {"name": "supervised", "epochs": 1}}
    one = forecast(parse_config(plain), tmp_path)
    assert four.bytes["weights"] == 4 * one.bytes["weights"]
    assert four.training_steps > one.training_steps


def test_a_learner_has_the_scores_that_it_reads_in_every_scan():
    plan = resolve(parse_config({**SMALL, "methods": ["random"], "learner": "pseudo_labels"}))
    assert [s.name for s in plan.scores_of(plan.methods)] == ["entropy", "margin"]
    plain = resolve(parse_config({**SMALL, "methods": ["random"]}))
    assert [s.name for s in plain.scores_of(plain.methods)] == ["margin"]
