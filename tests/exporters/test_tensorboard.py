"""TensorBoard's own reader finds what the store holds, once, also after a second export."""

import io
import math

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from workbench.errors import StoreError
from workbench.exporters import EXPORTERS, export
from workbench.store import files, open_store


def written(run, out, spec="tensorboard"):
    """Export a run twice; return what TensorBoard reads of its folder."""
    store = open_store(run.path.parents[3])
    for _ in range(2):
        found = export(EXPORTERS.bind(spec), store, [run], out)
    (path,) = found.paths
    assert path.parent == out / run.experiment.id / run.path.name
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    reader = EventAccumulator(str(path.parent), size_guidance={"scalars": 0, "images": 0})
    reader.Reload()
    return reader


@pytest.fixture(scope="module")
def trained(shared):
    return shared.trained()


@pytest.fixture(scope="module")
def reader(trained, tmp_path_factory):
    return written(trained.run("entropy"), tmp_path_factory.mktemp("tb"), "tensorboard:images=2")


def test_metrics_have_the_cycle_as_their_step(reader, trained):
    cycles = trained.run("entropy").cycles
    points = reader.Scalars("metrics/miou")
    assert [point.step for point in points] == [cycle.number for cycle in cycles]
    assert [point.wall_time for point in points] == [cycle.created for cycle in cycles]
    expected = [cycle.metrics.miou for cycle in cycles]
    assert [point.value for point in points] == pytest.approx(expected, rel=1e-6)
    units = [point.value for point in reader.Scalars("labelled/units")]
    assert units == [cycle.metrics.labelled_units for cycle in cycles]
    for name, value in zip(
        trained.experiment.card.classes, cycles[-1].metrics.iou.tolist(), strict=True
    ):
        last = (
            [p.value for p in reader.Scalars(f"iou/{name}") if p.step == 2]
            if has(reader, f"iou/{name}")
            else []
        )
        assert last == ([] if math.isnan(value) else [pytest.approx(value, rel=1e-6)])


def has(reader, tag):
    return tag in reader.Tags()["scalars"]


def test_losses_and_rates_have_the_epoch_counted_on_as_their_step(reader, trained):
    cycles = trained.run("entropy").cycles
    losses = [value for cycle in cycles for value in cycle.extras["losses"]]
    points = reader.Scalars("train/loss")
    assert [point.step for point in points] == list(range(1, len(losses) + 1))
    assert [point.value for point in points] == pytest.approx(losses, rel=1e-6)
    rates = [point.value for point in reader.Scalars("rate/network")]
    assert len(rates) == len(losses)
    assert 0 < rates[0] <= 0.01 + 1e-8


def test_pictures_are_those_of_the_store_in_fixed_colours(reader, trained):
    run = trained.run("entropy")
    tags = reader.Tags()["images"]
    images = {tag.partition("/")[2] for tag in tags}
    assert len(images) == 2
    assert {tag.partition("/")[0] for tag in tags} == {"prediction", "entropy", "margin"}
    image = sorted(images)[0]
    palette = np.array(run.experiment.card.palette, np.uint8)
    for event, cycle in zip(reader.Images(f"prediction/{image}"), run.cycles, strict=True):
        assert event.step == cycle.number
        drawn = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))
        assert (drawn == palette[cycle.prediction(image)]).all()


def test_a_run_without_a_cycle_is_left_out_and_said_so(shared, tmp_path):
    store = open_store(shared.sample(running=True))
    runs = store.runs()
    found = export(EXPORTERS.bind("tensorboard:images=0"), store, runs, tmp_path)
    assert len(found.paths) == len(runs)
    with pytest.raises(StoreError, match="No cycle of these runs is published yet"):
        export(EXPORTERS.bind("tensorboard"), store, [], tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_an_interrupted_export_leaves_the_old_file_and_no_half_one(trained, tmp_path, monkeypatch):
    run = trained.run("random")
    written(run, tmp_path)
    (path,) = tmp_path.rglob("events*")
    before = path.read_bytes()

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(EXPORTERS.bind("tensorboard:images=0"), open_store(trained.store), [run], tmp_path)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]
    assert path.read_bytes() == before
