"""``list``, ``show`` and ``export`` on a store with finished and cut-off runs."""

import csv
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, assert_one_sentence
from tests.store.sample import write_shrunk_store
from workbench.store import open_store


@pytest.fixture(scope="module")
def experiment_id(sample_store: Path) -> str:
    return open_store(sample_store).experiments()[0].id


def test_list_tells_experiments_and_runs_with_their_state(
    cli: Invoke, sample_store: Path, experiment_id: str
) -> None:
    result = cli("list", "--store", sample_store)
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [experiment_id, "interrupted"] in [line[:2] for line in lines]
    states = {line[0]: line[1] for line in lines if line and line[0].startswith(experiment_id)}
    assert states[f"{experiment_id}/random-s0"] == "done"
    assert states[f"{experiment_id}/k_center-s1"] == "interrupted"
    assert len(states) == 1 + 6


def test_list_of_an_empty_store_says_how_to_fill_it(cli: Invoke, tmp_path: Path) -> None:
    result = cli("list", "--store", tmp_path)
    assert result.exit_code == 0
    assert "workbench demo" in result.stdout


@pytest.mark.parametrize("command", [["list"], ["show", "x"], ["export", "--out", "out"]])
def test_a_store_that_is_not_there_is_a_sentence(cli: Invoke, command: list[str]) -> None:
    assert_one_sentence(cli(*command, "--store", "nowhere"), "nowhere", "--store")
    assert not Path("nowhere").exists()


def test_the_store_can_be_named_in_the_environment(
    cli: Invoke, sample_store: Path, monkeypatch: pytest.MonkeyPatch, experiment_id: str
) -> None:
    monkeypatch.setenv("WORKBENCH_STORE", str(sample_store))
    assert experiment_id in cli("list").stdout


def test_show_experiment_has_the_result_table(
    cli: Invoke, sample_store: Path, experiment_id: str
) -> None:
    text = cli("show", experiment_id, "--store", sample_store).stdout
    assert re.search(r"mean ± standard deviation over 2 seeds", text)
    row = re.search(r"^entropy((?: +[\d.]+ ± [\d.]+){3})$", text, flags=re.MULTILINE)
    assert row is not None
    runs = [r for r in open_store(sample_store).runs() if r.method.name == "entropy"]
    mean = sum(100 * run.cycle(2).metrics.miou for run in runs) / len(runs)
    assert f"{mean:.1f} ±" in row.group(1)
    for measure in ("Coverage radius", "Same-sequence share"):
        assert measure in text


def test_show_run_has_a_row_a_cycle_and_an_iou_a_class(
    cli: Invoke, sample_store: Path, experiment_id: str
) -> None:
    text = cli("show", f"{experiment_id}/random-s0", "--store", sample_store).stdout
    metrics = open_store(sample_store).run(f"{experiment_id}/random-s0").cycle(2).metrics
    assert f"{100 * metrics.miou:.1f} %" in text
    # absent in the split: no number; no class is about objects: no column
    assert re.search(r"^class +IoU +Dice +Boundary IoU$", text, flags=re.MULTILINE)
    assert re.search(r"^car +– +– +–$", text, flags=re.MULTILINE)
    road = [f"{100 * metrics.of_classes(name)[0]:.1f} %" for name in ("iou", "dice")]
    assert re.search(rf"^road +{road[0]} +{road[1]} +", text, flags=re.MULTILINE)
    assert f"{100 * metrics.value('frequency_weighted_iou'):.1f} %" in text
    assert "object F1" not in text


def test_show_experiment_has_the_metric_that_is_asked_for(
    cli: Invoke, sample_store: Path, experiment_id: str
) -> None:
    runs = open_store(sample_store).runs(experiment_id)
    found = [r.cycle(2).metrics for r in runs if r.method.name == "random"]
    for metric, values, title in (
        ("mean_dice", [m.value("mean_dice") for m in found], "Mean Dice in %"),
        ("boundary_iou:sky", [m.of_classes("boundary_iou")[2] for m in found], "IoU of sky in %"),
    ):
        text = cli("show", experiment_id, "--metric", metric, "--store", sample_store).stdout
        assert title in text
        mean = 100 * sum(values) / len(values)
        assert re.search(rf"^random .* {mean:.1f} ± [\d.]+$", text, flags=re.MULTILINE)
    absent = cli("show", experiment_id, "--metric", "iou:car", "--store", sample_store).stdout
    assert "IoU of car was measured in no cycle." in absent
    wrong = cli("show", experiment_id, "--metric", "mean_dise", "--store", sample_store)
    assert_one_sentence(wrong, "mean_dise", "mean_dice")


def test_an_id_may_be_short_as_long_as_one_fits(cli: Invoke, sample_store: Path) -> None:
    assert "sample-" in cli("show", "sam", "--store", sample_store).stdout
    assert "random-s0" in cli("show", "sam/random-s0", "--store", sample_store).stdout
    ambiguous = cli("show", "sam/random", "--store", sample_store)
    assert_one_sentence(ambiguous, "2 ids", "random-s0", "random-s1")


def test_an_id_that_is_not_there_names_those_that_are(cli: Invoke, sample_store: Path) -> None:
    assert_one_sentence(cli("show", "smaple", "--store", sample_store), "smaple", "sample-")
    assert_one_sentence(cli("show", "sample/none-s0", "--store", sample_store), "random-s0")


def test_export_writes_both_tables(cli: Invoke, sample_store: Path, tmp_path: Path) -> None:
    result = cli("export", "--store", sample_store, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    with (tmp_path / "out" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * 3 + 2
    assert {"experiment", "method", "seed", "cycle", "miou"} <= rows[0].keys()
    assert (tmp_path / "out" / "selections.csv").exists()
    assert str(tmp_path / "out" / "metrics.csv") in result.stdout
    assert not (tmp_path / "out" / "analysis.csv").exists()


def test_export_writes_the_measures_of_every_query_if_asked(
    cli: Invoke, sample_store: Path, tmp_path: Path
) -> None:
    texts = []
    for name in ("one", "two"):
        result = cli("export", "--analysis", "--store", sample_store, "--out", tmp_path / name)
        assert result.exit_code == 0, result.stderr
        texts.append((tmp_path / name / "analysis.csv").read_text())
    rows = list(csv.DictReader(texts[0].splitlines()))
    assert len(rows) == 5 * 3 + 2
    assert float(rows[0]["coverage_radius"]) > 0
    assert rows[0]["boundary_share"]
    assert texts[0] == texts[1]


def test_runs_that_wait_or_are_no_longer_listed_are_shown_as_such(
    cli: Invoke, tmp_path: Path
) -> None:
    store = write_shrunk_store(tmp_path)
    (record,) = open_store(store).experiments()
    for text in (
        cli("list", "--store", store).stdout,
        cli("show", record.id, "--store", store).stdout,
    ):
        assert re.search(r"/random-s0 +waiting for labels ", text)
        assert re.search(r"/entropy-s0 +done, no longer listed ", text)
    shown = cli("show", f"{record.id}/random-s0", "--store", store).stdout
    assert "waiting for labels: The labels of 4 units" in shown


def test_export_of_one_experiment_or_run_is_its_part_of_the_whole(
    cli: Invoke, sample_store: Path, tmp_path: Path, experiment_id: str
) -> None:
    names = {"all": [], "experiment": [experiment_id[:4]], "run": [f"{experiment_id}/random-s1"]}
    texts = {}
    for out, name in names.items():
        result = cli("export", *name, "--format", "csv", "--store", sample_store, "--out", out)
        assert result.exit_code == 0, result.stderr
        texts[out] = (tmp_path / out / "metrics.csv").read_text().splitlines()
    assert texts["experiment"] == texts["all"]
    part = [line for line in texts["all"] if line.startswith(f"{experiment_id},random,1,")]
    assert texts["run"] == [texts["all"][0], *part]
    assert len(part) == 3


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["nothing"], ["nothing", "sample-"]),
        (["--format", "tensorbord"], ["tensorbord", "tensorboard", "csv"]),
        (["--format", "csv:images=2"], ["images", "analysis"]),
        (["--format", "tensorboard:images=-1"], ["images", "from 0"]),
        (["--format", "mlflow", "--analysis"], ["analysis", "mlflow"]),
    ],
)
def test_export_refuses_wrong_names_and_settings_in_a_sentence(
    cli: Invoke, sample_store: Path, tmp_path: Path, arguments: list[str], parts: list[str]
) -> None:
    result = cli("export", *arguments, "--store", sample_store, "--out", "out")
    assert_one_sentence(result, *parts)
    assert not (tmp_path / "out").exists()
