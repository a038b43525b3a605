"""The pool of an experiment: shared by all runs, part of its id, and nothing else is labelled."""

import pytest

import workbench as wb
from workbench.datasets import open_dataset
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.errors import BudgetError, DatasetError

SCENES = {"name": "synthetic", "train": 40, "val": 2, "height": 32, "width": 48, "frames": 10}
VIDEO = {"name": "video", "images": 12, "consecutive": 2, "seed": 3}
BUDGET = {"initial": 8, "per_cycle": 4, "cycles": 2}


@pytest.fixture
def videos(small):
    def make(**changes):
        return small(**{"dataset": SCENES, "pool": VIDEO, "budget": BUDGET, **changes})

    return make


def test_every_run_of_an_experiment_labels_images_of_its_pool_alone(videos, tmp_path):
    config = videos(methods=["random", "entropy"])
    run_experiment(config, tmp_path / "runs", tmp_path)
    keys = open_dataset(SCENES, tmp_path, VIDEO).keys("train")
    (experiment,) = wb.open_store(tmp_path / "runs").experiments()
    assert list(experiment.geometry.image_ids) == keys
    assert len(keys) == 12
    for run in experiment.runs():
        labelled = run.cycle(0).selection["image_id"]
        assert set(labelled) <= set(keys)
    assert forecast(config, tmp_path).pool_images == 12


def test_copies_of_an_augmented_pool_are_labelled_and_scanned_as_images_are(videos, tmp_path):
    copies = {"name": "augmented", "images": 12, "copies": 2}
    config = videos(
        pool=copies, methods=["entropy"], units="image", budget={**BUDGET, "initial": 4}
    )
    run_experiment(config, tmp_path / "runs", tmp_path)
    (run,) = wb.open_store(tmp_path / "runs").runs()
    assert sum("~" in key for key in run.experiment.geometry.image_ids) == 8
    assert set(run.experiment.pool["sequence"]) == {
        key.partition("~")[0] for key in run.experiment.geometry.image_ids
    }
    assert len(run.cycle(0).selected) == 4


def test_a_budget_is_that_of_the_pool(videos, tmp_path):
    with pytest.raises(BudgetError):
        forecast(videos(budget={**BUDGET, "initial": 48}), tmp_path)


def test_the_pool_is_part_of_the_id_but_for_that_of_all_images(small):
    ids = [
        resolve(small(**parts)).config.id
        for parts in (
            {},
            {"pool": "random:images=5"},
            {"pool": "random:images=6"},
            {"pool": "random:images=5,seed=1"},
        )
    ]
    assert len(set(ids)) == 4
    assert resolve(small(pool="full")).config.id == ids[0]
    assert resolve(small(pool={"name": "random", "images": 5, "seed": 0})).config.id == ids[1]


def test_the_key_of_cycle_zero_rests_on_the_pool(small):
    def key(**parts):
        plan = resolve(small(**parts))
        return plan.cycle_zero_key(plan.methods[0], 0)

    assert key() == key(pool="full") != key(pool="random:images=5")


def test_a_list_may_move_but_another_list_is_refused(videos, tmp_path):
    keys = open_dataset(SCENES, tmp_path).keys("train")
    lists = [tmp_path / name for name in ("a.txt", "moved.txt", "other.txt")]
    for path, chosen in zip(lists, (keys[:12], keys[11::-1], keys[1:13]), strict=True):
        path.write_text("\n".join(chosen), encoding="utf-8")
    configs = [videos(pool={"name": "listed", "file": str(p)}, methods=["random"]) for p in lists]
    assert len({resolve(config).config.id for config in configs}) == 1
    run_experiment(configs[0], tmp_path / "runs", tmp_path)
    run_experiment(configs[1], tmp_path / "runs", tmp_path)
    with pytest.raises(DatasetError, match="is not the one that this experiment was started on"):
        run_experiment(configs[2], tmp_path / "runs", tmp_path)
