"""What is wrong with a copy of a published dataset is told apart, in one sentence each."""

import shutil

import cv2
import numpy as np
import pytest

from tests.datasets.fakes import FAKES
from workbench.datasets import check_dataset, open_dataset
from workbench.errors import DatasetError

NAMES = ("cityscapes", "a2d2", "bdd100k")

PARTS = {
    "cityscapes": ("leftImg8bit", "gtFine"),
    "a2d2": ("camera_lidar_semantic",),
    "bdd100k": ("images/10k", "labels/sem_seg/masks"),
}

SIDES = {  # a folder of images and the folder of their masks
    "cityscapes": ("leftImg8bit/train/aachen", "gtFine/train/aachen"),
    "a2d2": tuple(
        f"camera_lidar_semantic/20180807_145028/{kind}/cam_front_center"
        for kind in ("camera", "label")
    ),
    "bdd100k": ("images/10k/train", "labels/sem_seg/masks/train"),
}

IMAGES = {"cityscapes": "*.png", "a2d2": "*.png", "bdd100k": "*.jpg"}
MASKS = {"cityscapes": "*_labelIds.png", "a2d2": "*.png", "bdd100k": "*.png"}


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def root(name, tmp_path):
    return FAKES[name](tmp_path / "data" / name)


def opened(name, root):
    return open_dataset({"name": name, "root": str(root)}, root)


def fault(name, root, measured=("val",)):
    with pytest.raises(DatasetError) as error:
        check_dataset(opened(name, root), measured=measured)
    sentence = str(error.value)
    assert "\n" not in sentence
    return sentence


def first_of(name, root, side):
    folder = root / SIDES[name][side]
    return sorted(folder.glob((IMAGES, MASKS)[side][name]))[0]


def test_a_folder_beside_the_right_one_is_told_where_the_right_one_is(name, root):
    for wrong in (root.parent, root / PARTS[name][0].split("/")[0]):
        with pytest.raises(DatasetError, match="name that folder") as error:
            opened(name, wrong)
        assert str(root) in str(error.value)
        assert f"data/README.md#{name}" in str(error.value)


def test_a_folder_of_something_else_is_told_by_what_it_holds(name, tmp_path):
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").touch()
    with pytest.raises(DatasetError, match=r"It holds beach.jpg: name another folder"):
        opened(name, tmp_path / "holiday")


def test_archives_that_are_not_unpacked_are_told_as_such(name, tmp_path):
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "part_1.zip").touch()
    (tmp_path / "packed" / "part_2.tar.gz").touch()
    with pytest.raises(DatasetError, match=r"not unpacked \(part_1.zip and part_2.tar.gz\)"):
        opened(name, tmp_path / "packed")


def test_an_archive_that_is_missing_is_named(name, root):
    for part in PARTS[name][1:]:
        shutil.rmtree(root / part)
        with pytest.raises(DatasetError, match=f"and no {part}/; unpack "):
            opened(name, root)


def test_a_split_that_is_missing_is_named(name, root):
    folder = {
        "cityscapes": "leftImg8bit/val",
        "a2d2": "camera_lidar_semantic/20180925_112730",
        "bdd100k": "images/10k/val",
    }[name]
    shutil.rmtree(root / folder)
    assert "no split 'val'" in fault(name, root)
    assert check_dataset(opened(name, root), measured=()).splits["train"] == 4


def test_masks_that_are_missing_are_counted(name, root):
    first_of(name, root, 1).unlink()
    sentence = fault(name, root)
    assert "has no mask, as 1 of 4 images of 'train'" in sentence
    shutil.rmtree(root / SIDES[name][1])
    assert "a folder that is not there" in fault(name, root)


def test_images_that_are_missing_are_counted(name, root):
    first_of(name, root, 0).unlink()
    report = check_dataset(opened(name, root))
    text = " ".join(report.warnings)
    wanted = opened(name, root).card.splits["train"]
    assert f"'train' has 3 images; the card has {wanted}, so an archive may be half" in text
    assert "1 masks of the split 'train' belong to no image" in text


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("left", [0, 0.6])
def test_a_file_that_was_cut_short_is_named(name, root, side, left):
    path = first_of(name, root, side)
    content = path.read_bytes()
    path.write_bytes(content[: int(left * len(content))])
    sentence = fault(name, root)
    assert "cannot be decoded" in sentence
    assert path.name[-20:] in sentence


def test_images_and_masks_that_are_swapped_are_told(name, root):
    images, masks = (sorted((root / side).glob("*")) for side in SIDES[name])
    folders = [root / side for side in SIDES[name]]
    if name == "a2d2":  # both are colours: their names tell
        for folder, aside in zip(folders, ("a", "b"), strict=True):
            folder.rename(root / aside)
        for folder, aside in zip(folders, ("b", "a"), strict=True):
            (root / aside).rename(folder)
    else:
        pairs = [m for m in masks if m.match(MASKS[name])]
        for image, mask in zip([i for i in images if i.match(IMAGES[name])], pairs, strict=True):
            image.rename(root / "aside")
            mask.rename(image)
            (root / "aside").rename(mask)
    with pytest.raises(DatasetError, match="may be swapped"):
        check_dataset(opened(name, root))


def test_masks_of_the_other_kind_are_told(name, root):
    mask = first_of(name, root, 1)
    pixels = cv2.imread(str(mask))
    cv2.imwrite(str(mask), pixels[..., 0] if name == "a2d2" else pixels)
    wanted = {
        "cityscapes": r"holds colours.*wanted one class id a pixel, as \*_gtFine_labelIds.png",
        "a2d2": "holds ids; wanted the colours of the release, as label/",
        "bdd100k": "holds colours.*wanted one class id a pixel, as labels/sem_seg/masks/",
    }[name]
    with pytest.raises(DatasetError, match=wanted):
        check_dataset(opened(name, root))


def test_another_resolution_of_the_masks_is_an_error_and_of_all_a_remark(name, root):
    mask = first_of(name, root, 1)
    cv2.imwrite(str(mask), cv2.imread(str(mask), cv2.IMREAD_UNCHANGED)[::2, ::2])
    assert "12×16 (height×width) and its image" in fault(name, root)
    other = FAKES[name](root.parent / "other", size=(16, 48))
    text = " ".join(check_dataset(opened(name, other)).warnings)
    assert "Some images are (16, 48) (height, width); the card has" in text


def test_nothing_can_be_measured_on_a_split_without_labels(root, name):
    if name == "a2d2":
        assert opened(name, root).unlabelled == ()
        return
    dataset = opened(name, root)
    assert dataset.splits == ("train", "val")
    assert dataset.unlabelled == ("test",)
    assert dataset.image("test", dataset.keys("test")[0]).shape == (24, 32, 3)
    assert "has images and no labels, so nothing can be measured on it" in fault(
        name, root, measured=("test",)
    )
    report = check_dataset(dataset)
    assert (report.splits["test"], report.unlabelled, report.sizes["test"]) == (
        2,
        ("test",),
        ((24, 32),),
    )
    path = sorted((root / PARTS[name][0] / "test").rglob("*.*"))[0]
    path.write_bytes(path.read_bytes()[:50])
    assert "cannot be decoded" in fault(name, root)


def test_a_whole_copy_is_read_without_a_fault(name, root):
    dataset = opened(name, root)
    report = check_dataset(dataset)
    assert report.splits["train"] == 4
    assert all(dataset.read_mask("train", key).dtype == np.uint8 for key in dataset.keys("train"))
    assert not any("belong to no image" in warning for warning in report.warnings)
