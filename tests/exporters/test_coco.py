"""pycocotools reads back what the store holds: queried units with their pixels, predictions."""

import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from tests.experiments import SMALL
from workbench.errors import StoreError
from workbench.exporters import EXPORTERS, export
from workbench.store import open_store
from workbench.types import image_numbers, local_numbers


def written(trained, out, spec="coco", method="entropy"):
    """Export a run twice; return what pycocotools reads of its files."""
    run = trained.run(method)
    store = open_store(trained.store)
    first = export(EXPORTERS.bind(spec), store, [run], out)
    content = [path.read_bytes() for path in first.paths]
    found = export(EXPORTERS.bind(spec), store, [run], out)
    assert [path.read_bytes() for path in found.paths] == content
    assert sorted(path.name for path in (out / run.experiment.id).iterdir()) == sorted(
        path.name for path in found.paths
    )
    return run, [COCO(str(path)) for path in found.paths], found


@pytest.fixture(scope="module")
def trained(shared):
    return shared.trained()


@pytest.fixture(scope="module")
def read(trained, tmp_path_factory):
    return written(trained, tmp_path_factory.mktemp("coco"))


def test_every_queried_unit_is_an_annotation_with_its_pixels(read):
    run, (selections, _), _ = read
    geometry = run.experiment.geometry
    found = selections.loadAnns(selections.getAnnIds())
    expected = [(c.number, row) for c in run.cycles for row in c.selection.to_dict("records")]
    assert len(found) == len(expected) > 0
    for annotation, (cycle, row) in zip(found, expected, strict=True):
        assert annotation["cycle"] == cycle
        assert (annotation["method"], annotation["seed"]) == ("entropy", 0)
        for name in ("rank", "unit_id", "reason", "score"):
            assert annotation[name] == row[name]
        (image,) = selections.loadImgs(annotation["image_id"])
        number = image_numbers([row["unit_id"]])[0]
        assert image["file_name"] == f"{row['image_id']}.png"
        assert [image["height"], image["width"]] == geometry.sizes[number].tolist()
        inside = geometry.layout(number).pixels(local_numbers([row["unit_id"]]))
        np.testing.assert_array_equal(selections.annToMask(annotation), inside)
        assert annotation["area"] == inside.sum()
        height, width = row["y1"] - row["y0"], row["x1"] - row["x0"]
        assert annotation["bbox"] == [row["x0"], row["y0"], width, height]


def test_predictions_of_the_last_cycle_come_back_pixel_by_pixel(read):
    run, (_, predictions), found = read
    cycle = run.cycles[-1]
    assert found.paths[1].name == f"entropy-s0-predictions-cycle-{cycle.number:04d}.json"
    names = [one["name"] for one in predictions.loadCats(predictions.getCatIds())]
    assert names == list(run.experiment.card.classes)
    assert cycle.predicted_image_ids
    for image_id in cycle.predicted_image_ids:
        number = run.experiment.geometry.image_ids.index(image_id)
        ids = np.full(run.experiment.geometry.sizes[number], 255)
        for one in predictions.loadAnns(predictions.getAnnIds(imgIds=[number + 1])):
            ids[predictions.annToMask(one) == 1] = one["category_id"] - 1
        np.testing.assert_array_equal(ids, cycle.prediction(image_id))


def test_pycocotools_takes_selections_as_results_of_their_own_images(read, tmp_path):
    _, (selections, _), _ = read
    scored = [one for one in selections.dataset["annotations"] if "score" in one]
    results = selections.loadRes(json.loads(json.dumps(scored)))
    assert len(results.getAnnIds()) == len(scored)


def test_units_of_any_shape_and_another_cycle_and_ending(shared, tmp_path):
    values = {**SMALL, "name": "coco", "methods": ["random"], "units": "superpixel:segments=12"}
    run, (selections, _), found = written(
        shared.trained(values), tmp_path, "coco:cycle=0,ending=.jpg", "random"
    )
    assert found.paths[1].name == "random-s0-predictions-cycle-0000.json"
    geometry = run.experiment.geometry
    shapes = []
    for one in selections.loadAnns(selections.getAnnIds()):
        mask = selections.annToMask(one)
        number = image_numbers([one["unit_id"]])[0]
        inside = geometry.layout(number).pixels(local_numbers([one["unit_id"]]))
        np.testing.assert_array_equal(mask, inside)
        shapes.append(one["area"] < one["bbox"][2] * one["bbox"][3])
    assert any(shapes)
    assert all(one["file_name"].endswith(".jpg") for one in selections.dataset["images"])


def test_what_is_not_there_is_told(trained, shared, tmp_path):
    store = open_store(trained.store)
    found = export(EXPORTERS.bind("coco:cycle=77"), store, [trained.run("entropy")], tmp_path)
    assert len(found.paths) == 1
    assert "keeps no predictions of cycle 77" in found.notes[0]
    with pytest.raises(StoreError, match="nothing to export"):
        export(EXPORTERS.bind("coco"), store, [], tmp_path)
