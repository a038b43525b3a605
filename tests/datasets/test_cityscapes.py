"""Cityscapes in the layout of its archives."""

import json

import cv2
import numpy as np
import pytest

from tests.datasets.fakes import cityscapes as fake
from workbench.datasets import check_dataset, open_dataset
from workbench.datasets.cityscapes import CARD, CITIES
from workbench.datasets.cityscapes_labels import LABELS
from workbench.errors import DatasetError
from workbench.types import IGNORE, Frame

KEY = "aachen_000000_000019"

_SIZE = '{"imgHeight": 24, "imgWidth": 32, '

TRAIN_IDS = {  # label id ► training id, as cityscapesScripts publishes them
    7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9, 23: 10, 24: 11, 25: 12,
    26: 13, 27: 14, 28: 15, 31: 16, 32: 17, 33: 18,
}  # fmt: skip


@pytest.fixture
def root(tmp_path):
    return fake.make(tmp_path / "cityscapes")


def opened(root, **settings):
    return open_dataset({"name": "cityscapes", **settings}, root.parent)


def polygons_of(root):
    return root / "gtFine" / "train" / "aachen" / f"{KEY}_gtFine_polygons.json"


def test_the_card_has_the_published_splits_and_classes():
    assert CARD.splits == {"train": 2975, "val": 500, "test": 1525}
    assert [len(cities) for cities in CITIES.values()] == [18, 3, 6]
    assert {x.id: x.train_id for x in LABELS if x.train_id != IGNORE} == TRAIN_IDS
    assert [x.id for x in LABELS] == [*range(34), -1]
    for name, (label_id, colour) in fake.LABELS.items():
        assert (label_id, colour) in {(x.id, x.colour) for x in LABELS if x.name == name}


def test_label_ids_become_training_ids(root):
    dataset = opened(root)
    raw = cv2.imread(str(polygons_of(root)).replace("polygons.json", "labelIds.png"), -1)
    wanted = np.full(raw.shape, IGNORE, np.uint8)
    for label_id, train_id in TRAIN_IDS.items():
        wanted[raw == label_id] = train_id
    np.testing.assert_array_equal(dataset.mask("train", KEY), wanted)
    assert {18, 1} <= set(np.unique(raw))  # a group of poles, the own car: void


def test_keys_name_city_sequence_and_frame(root):
    dataset = opened(root)
    assert dataset.keys("val") == ["frankfurt_000000_000019", "frankfurt_000000_000049"]
    assert dataset.frame("train", KEY) == Frame("aachen_000000", 19)
    assert dataset.frame("train", "zurich_000000_000049") == Frame("zurich_000000", 49)
    assert check_dataset(dataset).sequences == {"train": 2, "val": 1, "test": 1}


def test_cities_that_are_missing_are_named(root):
    text = " ".join(check_dataset(opened(root)).warnings)
    assert "All images of bochum, bremen, cologne, darmstadt and 12 more are missing" in text
    assert "All images of lindau and munster are missing in the split 'val'" in text


@pytest.mark.parametrize("label_id", [34, 255])
def test_an_id_that_is_none_of_the_34_is_refused(root, label_id):
    path = str(polygons_of(root)).replace("polygons.json", "labelIds.png")
    ids = cv2.imread(path, -1)
    ids[0, 0] = label_id
    cv2.imwrite(path, ids)
    with pytest.raises(DatasetError, match=f"label id {label_id}") as error:
        opened(root).mask("train", KEY)
    assert ("labelTrainIds" in str(error.value)) == (label_id == 255)


def test_another_rendering_instead_of_label_ids_is_named(root):
    for path in (root / "gtFine" / "train").rglob("*_labelIds.png"):
        path.rename(str(path).replace("labelIds", "labelTrainIds"))
    with pytest.raises(DatasetError, match=r"as 4 of 4 images.*_gtFine_labelIds.png") as error:
        check_dataset(opened(root))
    assert "where there is" in str(error.value)


def test_outlines_are_the_polygons_of_the_19_classes(root):
    outlines = opened(root).outlines("train", KEY)
    drawn = json.loads(polygons_of(root).read_text())["objects"]
    kept = [
        one for one in drawn if one["label"] not in ("polegroup", "license plate", "ego vehicle")
    ]
    assert [x.class_id for x in outlines] == [10, 2, 8, 0, 1, 11, 13]  # persongroup: person
    for outline, one in zip(outlines, kept, strict=True):
        np.testing.assert_array_equal(outline.vertices[:, ::-1], one["polygon"])


def test_outlines_follow_the_size_of_the_images(root):
    whole = opened(root).outlines("train", KEY)
    half = opened(root, resize=[12, 16]).outlines("train", KEY)
    for one, other in zip(whole, half, strict=True):
        assert one.class_id == other.class_id
        np.testing.assert_allclose(other.vertices, np.clip(one.vertices / 2 - 0.25, 0, [11, 15]))


def test_objects_that_were_deleted_and_places_beyond_the_border_do_not_count(root):
    path = polygons_of(root)
    content = json.loads(path.read_text())
    content["objects"] = [
        {"label": "car", "polygon": [[-3, 1], [40, 1], [40, 30]]},
        {"label": "car", "polygon": [[1, 1], [4, 1], [4, 3]], "deleted": 1},
    ]
    path.write_text(json.dumps(content))
    (outline,) = opened(root).outlines("train", KEY)
    assert outline.vertices.tolist() == [[1, 0], [1, 31], [23, 31]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "does not hold polygons"),
        ("[]", "does not hold polygons"),
        (_SIZE + '"objects": [{"label": "car"}]}', "not hold polygons"),
        (_SIZE + '"objects": [{"label": "car", "polygon": [[1, "x"]]}]}', "not hold polygons"),
        (_SIZE + '"objects": [{"label": "car", "polygon": []}]}', "not hold polygons"),
        (_SIZE + '"objects": [{"label": "yeti", "polygon": [[1, 2]]}]}', "label 'yeti'"),
        ('{"imgHeight": 48, "imgWidth": 64, "objects": []}', "48×64 .* the image is 24×32"),
    ],
)
def test_a_file_of_polygons_that_is_none_is_named(root, content, message):
    polygons_of(root).write_text(content)
    with pytest.raises(DatasetError, match=message) as error:
        check_dataset(opened(root))
    assert "_gtFine_polygons.json" in str(error.value)


def test_all_images_of_a_split_have_polygons_or_none_has(root):
    with_polygons = opened(root).label_rule()
    polygons_of(root).unlink()
    with pytest.raises(DatasetError, match="has no polygons, as 1 images of 'train', and others"):
        check_dataset(opened(root))
    for path in (root / "gtFine" / "train").rglob("*.json"):
        path.unlink()
    dataset = opened(root)
    assert dataset.outlines("train", KEY) is None
    assert dataset.label_rule() != with_polygons  # clicks are counted otherwise
    assert [
        len(dataset.facts("train", KEY)),
        len(dataset.facts("val", dataset.keys("val")[0])),
    ] == [
        2,
        3,
    ]
    check_dataset(dataset)


def test_a_pool_of_altered_copies_has_no_outlines(root):
    pool = {"name": "augmented", "images": 4, "copies": 3, "original": True}
    dataset = open_dataset({"name": "cityscapes"}, root.parent, pool)
    assert {dataset.outlines("train", key) for key in dataset.keys("train")} == {None}
    assert dataset.outlines("val", dataset.keys("val")[0])
    assert dataset.unlabelled == ("test",)
