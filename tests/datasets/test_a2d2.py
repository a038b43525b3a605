"""A2D2 in the layout of its archive."""

import json

import cv2
import numpy as np
import pytest

from tests.datasets.fakes import a2d2 as fake
from workbench.datasets import check_dataset, open_dataset
from workbench.datasets.a2d2 import RECORDINGS, VALIDATION, card
from workbench.datasets.a2d2_labels import CATEGORIES, VOID
from workbench.errors import ConfigError, DatasetError
from workbench.types import IGNORE, Frame

KEY = "20180807145028_camera_frontcenter_000000091"


@pytest.fixture
def root(tmp_path):
    return fake.make(tmp_path / "a2d2", size=(24, 40))


def opened(root, **settings):
    return open_dataset({"name": "a2d2", **settings}, root.parent)


def label_of(root):
    folder = root / "camera_lidar_semantic" / "20180807_145028" / "label" / "cam_front_center"
    return folder / f"{KEY.replace('_camera_', '_label_')}.png"


def test_the_card_has_the_papers_splits():
    assert card("cityscapes").splits == {"train": 40_135, "val": 1_142}
    assert len(set(RECORDINGS)) == 23
    assert tuple(sorted(RECORDINGS)) == RECORDINGS
    assert VALIDATION in RECORDINGS


def test_the_38_categories_have_the_colours_of_the_class_list():
    assert len(CATEGORIES) == 38
    found = {}
    for category in CATEGORIES:
        alone = len(category.colours) == 1
        for number, digits in enumerate(category.colours, start=1):
            found[f"#{digits}"] = category.name if alone else f"{category.name} {number}"
    assert found == fake.CLASS_LIST


def test_14_of_the_19_classes_of_cityscapes_occur():
    classes = card("cityscapes").classes
    assert len(classes) == 19
    without = set(classes) - {category.cityscapes for category in CATEGORIES}
    assert without == {"wall", "terrain", "rider", "bus", "train"}
    released = card("released").classes
    assert len(released) == len(set(released)) == 19
    assert {category.released for category in CATEGORIES} == set(released)
    assert sum(category.cityscapes == VOID for category in CATEGORIES) == 7


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (
            "cityscapes",
            {"Car 3": "car", "Tractor": "truck", "Curbstone": "sidewalk", "Ego car": None},
        ),
        (
            "released",
            {"Car 3": "car", "Tractor": "other", "Curbstone": "curbstone", "Ego car": "other"},
        ),
    ],
)
def test_colours_become_classes(root, classes, names):
    dataset = opened(root, classes=classes)
    mask = dataset.mask("train", KEY)
    raw = cv2.imread(str(label_of(root)))[..., ::-1]
    digits = {name: code for code, name in fake.CLASS_LIST.items()}
    for name, class_name in names.items():
        where = (raw == list(bytes.fromhex(digits[name][1:]))).all(axis=-1)
        wanted = IGNORE if class_name is None else dataset.card.classes.index(class_name)
        assert where.any()
        assert set(mask[where]) == {wanted}


def test_the_two_tables_are_different_data(root):
    rules = [opened(root, classes=classes).label_rule() for classes in ("cityscapes", "released")]
    assert rules[0] != rules[1]
    json.dumps(rules)
    with pytest.raises(ConfigError, match="classes"):
        opened(root, classes="audi")


def test_the_recording_of_validation_is_no_part_of_the_pool(root):
    dataset = opened(root)
    assert {key[:14] for key in dataset.keys("val")} == {VALIDATION.replace("_", "")}
    assert {key[:14] for key in dataset.keys("train")} == {"20180807145028", "20181008095521"}


def test_a_sequence_is_what_one_camera_filmed_in_one_recording(root):
    dataset = opened(root)
    assert dataset.frame("train", KEY) == Frame("20180807_145028_frontcenter", 91)
    side = "20181008095521_camera_sideleft_000000111"
    assert dataset.frame("train", side) == Frame("20181008_095521_sideleft", 111)
    assert check_dataset(dataset).sequences == {"train": 2, "val": 1}


def test_recordings_that_are_missing_are_named(root):
    text = " ".join(check_dataset(opened(root)).warnings)
    assert "All images of 20180810_142822, 20180925_101535, 20180925_124435" in text
    assert "and 16 more are missing in the split 'train'" in text


def test_a_photograph_under_the_name_of_a_label_is_told(root):
    photo = np.random.default_rng(0).integers(0, 256, (24, 40, 3), dtype=np.uint8)
    cv2.imwrite(str(label_of(root)), photo)
    with pytest.raises(DatasetError, match=r"colour \(.*not in class_list.json.*photograph"):
        check_dataset(opened(root))


def test_another_class_list_is_refused(root):
    path = root / "camera_lidar_semantic" / "class_list.json"
    for content in ({"#ff0000": "Car"}, {**fake.CLASS_LIST, "#010203": "Boat"}, [1]):
        path.write_text(json.dumps(content))
        with pytest.raises(DatasetError, match=r"class_list.json.* lists \d+ colours"):
            opened(root)
    path.unlink()
    check_dataset(opened(root))
