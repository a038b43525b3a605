"""References, networks trained on the whole pool, in every export that tells results."""

import csv
import io

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.exporters.test_mlflow import runs_in
from tests.figures.test_references import VALUES
from workbench.exporters import EXPORTERS, Chosen, export
from workbench.exporters._mlflow_tracked import tracked_reference
from workbench.metrics import OVERALL, PER_CLASS
from workbench.store import export_csv, open_store
from workbench.store.export import METRICS, metrics_csv, references_csv

IDS = ["supervised-s0", "supervised-s1", "wider-s5"]


@pytest.fixture(scope="module")
def store(shared):
    return open_store(shared.trained(VALUES).store)


@pytest.fixture(scope="module")
def references(store):
    return Chosen(store, tuple(store.runs())).references()


def same(number, text):
    """Whether a cell reads back as a number; empty is NaN."""
    return np.isnan(number) if text == "" else number == float(text)


def test_the_csv_file_has_a_line_for_each_with_every_metric(store, references, tmp_path):
    paths = export_csv(store, tmp_path)
    assert [path.name for path in paths] == ["metrics.csv", "selections.csv", "references.csv"]
    text = (tmp_path / "references.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [f"{row['reference']}-s{row['seed']}" for row in rows] == IDS
    assert list(rows[0])[:8] == ["experiment", "reference", "seed", *METRICS[4:], "iou_road"]
    for row, one in zip(rows, references, strict=True):
        measured = one.report.metrics
        assert row["experiment"] == one.experiment.id
        assert int(row["labelled_units"]) == measured.pool_units
        assert int(row["labelled_pixels"]) == one.experiment.geometry.pixels
        assert all(same(measured.value(name), row[name]) for name in OVERALL)
        for metric in PER_CLASS:
            values = dict(
                zip(one.experiment.card.classes, measured.of_classes(metric), strict=True)
            )
            assert all(same(value, row[f"{metric}_{name}"]) for name, value in values.items())


def test_it_is_told_of_the_experiments_of_some_runs_alone(store, shared):
    run = store.runs()[0]
    assert references_csv(store, [run]) == references_csv(store)
    without = open_store(shared.trained({**VALUES, "references": []}).store)
    assert references_csv(without) is None
    assert metrics_csv(without) == metrics_csv(store)


def test_tensorboard_shows_each_as_a_level_line(store, references, tmp_path):
    found = export(EXPORTERS.bind("tensorboard:images=0"), store, store.runs()[:1], tmp_path)
    folders = [path.parent.relative_to(tmp_path).as_posix() for path in found.paths[1:]]
    assert folders == [f"{references[0].experiment.id}/references/{name}" for name in IDS]
    for one, path in zip(references, found.paths[1:], strict=True):
        reader = EventAccumulator(str(path.parent))
        reader.Reload()
        points = [(point.step, point.value) for point in reader.Scalars("metrics/miou")]
        assert points == [(step, pytest.approx(one.report.metrics.miou)) for step in (0, 1)]
        losses = [point.value for point in reader.Scalars("train/loss")]
        assert losses == pytest.approx(one.report.extras["losses"])


def test_mlflow_is_given_how_each_was_trained(references):
    one = tracked_reference(references[-1])
    assert (one.name, one.state) == ("references/wider-s5", "FINISHED")
    assert one.id == one.tags["workbench.run"] == f"{one.experiment.id}/references/wider-s5"
    assert (one.tags["workbench.reference"], one.tags["workbench.seed"]) == ("wider", "5")
    assert one.parameters["reference.model.width"] == "6"
    assert one.parameters["reference.name"] == "wider"
    assert not {"methods", "references", "seeds"} & one.parameters.keys()
    (first, last) = [point for point in one.points() if "metrics/miou" in point.values]
    assert (first.step, last.step) == (0, 1)
    assert first.values == last.values


@pytest.mark.slow
def test_mlflow_keeps_each_once(store, references, tmp_path):
    for _ in range(2):
        found = export(EXPORTERS.bind("mlflow:images=0"), store, store.runs()[:1], tmp_path)
    assert len(found.notes) == 4
    client, runs = runs_in(tmp_path)
    assert sorted(runs) == ["random-s0", *(f"references/{name}" for name in IDS)]
    run = runs["references/wider-s5"]
    history = client.get_metric_history(run.info.run_id, "metrics/miou")
    assert [(m.step, m.value) for m in history] == [
        (step, references[-1].report.metrics.miou) for step in (0, 1)
    ]
