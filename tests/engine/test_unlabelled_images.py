"""Learners that train on unlabelled images, in a whole experiment: no mask of these is read."""

import pytest

import workbench as wb
from tests.experiments import SMALL
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment


@pytest.mark.parametrize("units", ["image", "grid:2x2"])
def test_s4gan_reads_no_label_of_what_is_not_labelled(tmp_path, guarded, units):
    values = {
        **SMALL,
        "units": units,
        "learner": {"name": "s4gan", "epochs": 1, "batch_size": 2, "threshold": 0.4},
        "methods": ["random"],
        "initial": {"rule": "units"},
        "budget": {"initial": 2, "per_cycle": 2, "cycles": 2},
    }
    identity = run_experiment(parse_config(values), tmp_path / "store", tmp_path)
    (run,) = wb.open_store(tmp_path / "store").runs(identity)
    labelled = set(run.cycle(1).labelled.tolist())
    assert len(labelled) == 4
    images = {one.split("/")[-1] for one in guarded}
    assert len(images) <= 4
    for cycle in run.cycles:
        terms = cycle.extras["terms"]
        assert set(terms) == {
            "cross_entropy", "feature_matching", "self_training", "discriminator",
        }  # fmt: skip
        assert terms["feature_matching"][0] > 0


@pytest.mark.parametrize("units", ["image", "grid:2x2"])
def test_vaal_labels_what_its_discriminator_takes_for_unlabelled(tmp_path, guarded, units):
    values = {
        **SMALL,
        "units": units,
        "learner": {"name": "vaal", "epochs": 1, "batch_size": 2, "side": 32, "width": 4},
        "methods": ["vaal"],
        "initial": {"rule": "units"},
        "budget": {"initial": 4, "per_cycle": 2, "cycles": 2},
    }
    identity = run_experiment(parse_config(values), tmp_path / "store", tmp_path)
    (run,) = wb.open_store(tmp_path / "store").runs(identity)
    assert len({one.split("/")[-1] for one in guarded}) <= 6
    for cycle in run.cycles:
        assert list(cycle.networks) == ["network", "discriminator"]
        assert set(cycle.extras["terms"]) == {
            "cross_entropy", "reconstruction", "kl", "adversarial", "discriminator",
        }  # fmt: skip
        numbers = cycle.units.set_index("unit_id")["unlabelled_probability"]
        assert numbers.between(0, 1).all()
        assert (cycle.units.groupby("image_id")["unlabelled_probability"].nunique() == 1).all()
    first = run.cycle(0)
    numbers = first.units.set_index("unit_id")["unlabelled_probability"]
    assert sorted(numbers[first.selected]) == sorted(numbers)[-2:]
    assert wb.whatif(first).ids.tolist() == first.selected.tolist()
