"""The dry run tells what the experiment then does."""

from pathlib import Path

import workbench as wb
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.scoring.request import FEATURE_GRID
from workbench.store.estimate import FEATURE_RATIO


def test_the_forecast_is_what_happens(small, tmp_path):
    config = small(learner={"name": "supervised", "epochs": 2, "batch_size": 4, "view": "unit"})
    estimate = forecast(config, tmp_path)
    assert list(tmp_path.iterdir()) == []  # nothing was started

    steps = {}

    def count(event):
        if event["event"] == "progress" and event["phase"] == "train":
            steps[event["run"], event["cycle"]] = event["total"]

    identity = run_experiment(config, tmp_path / "store", tmp_path, on_event=count)
    assert estimate.trainings == len(steps) == 1 + 3 * 2
    assert estimate.training_steps == sum(steps.values())

    experiment = wb.open_store(tmp_path / "store").experiment(identity)
    weights = [f.stat().st_size for f in experiment.path.rglob("*.safetensors")]
    header = 8 * 1024  # of a safetensors file: names and shapes, not in the forecast
    assert (
        estimate.bytes["weights"]
        <= sum(weights)
        < estimate.bytes["weights"] + len(weights) * header
    )
    assert estimate.bytes["total"] == sum(v for k, v in estimate.bytes.items() if k != "total")


def test_the_forecast_of_an_experiment_that_grows_names_what_is_done_again(small, tmp_path):
    budget = {"initial": 8, "per_cycle": 4, "cycles": 2}
    for keep, trainings, again in (("all", 1, 0), ("none", 2, 1)):
        begun = small(methods=["random"], budget=budget, keep={"weights": keep})
        store = tmp_path / keep
        run_experiment(begun, store, tmp_path)
        finished = forecast(begun, tmp_path, store)
        assert (finished.trainings, finished.bytes["total"]) == (0, 0)
        grown = forecast(
            small(
                methods=["random", {"name": "ratio", "score": "bvsb_ratio"}],
                budget=budget,
                keep={"weights": keep},
            ),
            tmp_path,
            store,
        )
        assert (grown.trainings, grown.trained_again) == (trainings, again)
        assert grown.scanned_again == 1  # the shared cycle 0 holds no such score
        assert (
            grown.bytes["predictions"]
            == forecast(
                small(methods=[{"name": "ratio", "score": "bvsb_ratio"}], budget=budget), tmp_path
            ).bytes["predictions"]
            / 2
        ), "of its own cycle 1, and none of the shared one"
        longer = forecast(
            small(methods=["random"], budget={**budget, "cycles": 4}, keep={"weights": keep}),
            tmp_path,
            store,
        )
        assert (longer.trainings, longer.scanned_again) == (2, 0)


def test_whole_images_are_counted_once(small, tmp_path):
    config = small(learner={"name": "supervised", "epochs": 2, "batch_size": 4, "view": "image"})
    estimate = forecast(config, Path(tmp_path))
    # two images to start with, then four units a cycle, each at most an image of its own
    per_training = [2 * 1, 2 * 2, 2 * 3]
    assert estimate.training_steps == per_training[0] + 3 * (per_training[1] + per_training[2])


def test_units_scored_alone_leave_no_feature_maps(small, tmp_path):
    cycles = 1 + 3 * 2
    found = forecast(small(), tmp_path).bytes["features"]
    images = small().dataset.options["train"]
    channels = round(found / (cycles * images * FEATURE_GRID**2 * 2 * FEATURE_RATIO))
    assert channels == 16, "of the network's backbone"
    assert forecast(small(scan={"view": "unit"}), tmp_path).bytes["features"] == 0


def test_report_points_are_trainings_and_their_weights_are_counted(small, tmp_path):
    plain = forecast(small(), tmp_path)
    report = {"at": [8, 12, 999], "learner": {"epochs": 4}, "model": {"width": 8}}
    found = forecast(small(report=report), tmp_path)
    assert (found.reports, found.beyond) == (1 + 3, 1)  # at cycle 0 one for all three methods
    assert found.trainings == plain.trainings + 4
    assert found.training_steps > plain.training_steps
    assert found.bytes["reports"] > found.bytes["weights"] / plain.trainings * 4
    kept = forecast(small(report=report, keep={"reports": "none"}), tmp_path)
    assert kept.bytes["reports"] == 0
    own = {"name": "own", "score": "entropy", "report": {"learner": {"lr": 0.5}}}
    more = forecast(small(report=report, methods=["random", own]), tmp_path)
    assert more.reports == 2 + 2


def test_nothing_is_timed_unless_it_is_asked_for(small, tmp_path):
    assert forecast(small(), tmp_path).time is None
