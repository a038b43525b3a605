"""ISIC 2017 and GlaS: their files, splits and faults."""

import shutil

import numpy as np
import pytest
from PIL import Image

from tests.datasets.fakes import glas, isic
from workbench.datasets import check_dataset, open_dataset
from workbench.datasets.glas import CARD, Glas
from workbench.errors import ConfigError, DatasetError
from workbench.metrics import object_f1

WARWICK = "Warwick QU Dataset (Released 2016_07_08)"


def _isic(root):
    return open_dataset({"name": "isic", "root": str(root)}, root)


def _glas(root, **options):
    return open_dataset({"name": "glas", "root": str(root), **options}, root)


@pytest.fixture
def lesions(tmp_path):
    return isic.make(tmp_path / "isic")


@pytest.fixture
def glands(tmp_path):
    return glas.make(tmp_path / "glas")


# ISIC


def test_isic_has_three_splits_and_passes_over_superpixels(lesions):
    dataset = _isic(lesions)
    assert {split: len(dataset.keys(split)) for split in dataset.splits} == {
        "train": 4,
        "val": 2,
        "test": 2,
    }
    assert dataset.keys("train")[0] == "ISIC_0000000"
    assert dataset.card.splits == {"train": 2000, "val": 150, "test": 600}
    assert len(check_dataset(dataset).sizes["train"]) > 1


def test_isic_lesions_are_one_and_nothing_is_void(lesions):
    dataset = _isic(lesions)
    path = lesions / "ISIC-2017_Training_Part1_GroundTruth" / "ISIC_0000001_segmentation.png"
    raw = np.asarray(Image.open(path))
    np.testing.assert_array_equal(dataset.mask("train", "ISIC_0000001"), raw == 255)
    report = check_dataset(dataset)
    assert report.void_share == 0
    path.rename(path.with_name("ISIC_0000001_Segmentation.png"))  # as the challenge's page says
    assert check_dataset(_isic(lesions)).splits == report.splits
    Image.fromarray(np.where(raw == 255, 254, 0).astype(np.uint8)).save(
        path.with_name("ISIC_0000001_Segmentation.png")
    )
    with pytest.raises(DatasetError, match="label id 254"):
        check_dataset(_isic(lesions))


def test_isic_wrong_root(lesions):
    for wrong in (lesions.parent, lesions / "ISIC-2017_Training_Data"):
        with pytest.raises(DatasetError, match=r"not the folder of isic; .*/isic does: name"):
            _isic(wrong)


def test_isic_missing_splits_and_missing_archives(lesions):
    shutil.rmtree(lesions / "ISIC-2017_Test_v2_Data")
    assert any("'test' is not there" in text for text in check_dataset(_isic(lesions)).warnings)
    shutil.rmtree(lesions / "ISIC-2017_Validation_Part1_GroundTruth")
    with pytest.raises(DatasetError, match=r"images of val are there and the folder of their mask"):
        check_dataset(_isic(lesions))
    shutil.rmtree(lesions / "ISIC-2017_Validation_Data")
    with pytest.raises(DatasetError, match=r"no split 'val'.*there is train"):
        check_dataset(_isic(lesions))


@pytest.mark.parametrize(
    ("lost", "archive"),
    [
        ("ISIC-2017_Training_Data/ISIC_0000002.jpg", "1 of 4 masks .* archive of the images"),
        (
            "ISIC-2017_Training_Part1_GroundTruth/ISIC_0000002_segmentation.png",
            "1 of 4 images .* archive of the masks",
        ),
    ],
)
def test_isic_half_extracted(lesions, lost, archive):
    (lesions / lost).unlink()
    with pytest.raises(DatasetError, match=rf"{archive} is half extracted"):
        _isic(lesions)


def test_isic_swapped(lesions):
    photos = lesions / "ISIC-2017_Training_Data"
    masks = lesions / "ISIC-2017_Training_Part1_GroundTruth"
    photos.rename(lesions / "x")
    masks.rename(photos)
    (lesions / "x").rename(masks)
    with pytest.raises(DatasetError, match="images and masks are swapped"):
        _isic(lesions)


# GlaS


def test_glas_holds_out_every_fifth_and_keeps_the_parts_apart(glands):
    dataset = _glas(glands)
    assert {split: dataset.keys(split) for split in dataset.splits} == {
        "train": ["train_1", "train_2", "train_3", "train_4"],
        "val": ["train_5"],
        "testA": ["testA_1", "testA_2", "testA_3"],
        "testB": ["testB_1", "testB_2"],
    }
    assert dataset.card.splits == {"train": 68, "val": 17, "testA": 60, "testB": 20}
    assert dataset.card.objects == ("gland",)


def test_glas_can_keep_all_of_its_85_images_in_the_pool(glands):
    dataset = _glas(glands, held_out_every=0)
    assert dataset.splits == ("train", "testA", "testB")
    assert len(dataset.keys("train")) == 5
    assert dataset.card.splits == CARD.splits == {"train": 85, "testA": 60, "testB": 20}
    with pytest.raises(DatasetError, match=r"no split 'val'.*train, testA, testB"):
        check_dataset(dataset)
    check_dataset(dataset, measured=["testA", "testB"])
    with pytest.raises(ConfigError, match="leaves no image for the pool"):
        _glas(glands, held_out_every=1)


def test_glas_glands_are_one_class_and_stay_reachable_one_by_one(glands):
    dataset = Glas(glands)
    raw = np.asarray(Image.open(glands / WARWICK / "train_3_anno.bmp"))
    assert raw.max() > 2
    np.testing.assert_array_equal(dataset.instances("train", "train_3"), raw)
    np.testing.assert_array_equal(dataset.mask("train", "train_3"), raw > 0)
    assert object_f1(dataset.mask("train", "train_3"), raw > 0) == 1


def test_glas_is_read_from_the_released_folder_too(glands):
    assert _glas(glands / WARWICK).keys("train") == _glas(glands).keys("train")


def test_glas_wrong_root(glands):
    with pytest.raises(DatasetError, match=r"not the folder of glas; .*/glas does: name that"):
        _glas(glands.parent)


def test_archives_that_were_not_unpacked_are_named(tmp_path):
    root = tmp_path / "a" / "b" / "c" / "glas"
    root.mkdir(parents=True)
    (root / "warwick_qu.ZIP").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=r"of glas; unpack the archives .* warwick_qu.ZIP first"):
        _glas(root)


@pytest.mark.parametrize(
    ("lost", "archive"),
    [("train_2.bmp", "archive of the images"), ("train_2_anno.bmp", "archive of the masks")],
)
def test_glas_half_extracted(glands, lost, archive):
    (glands / WARWICK / lost).unlink()
    with pytest.raises(DatasetError, match=rf"1 of \d .*{archive} is half extracted"):
        _glas(glands)


def test_glas_missing_splits(glands):
    for path in (glands / WARWICK).glob("testB_*"):
        path.unlink()
    assert any("'testB' is not there" in text for text in check_dataset(_glas(glands)).warnings)
    for path in (glands / WARWICK).glob("train_*"):
        path.unlink()
    with pytest.raises(DatasetError, match=r"no split 'train'.*there is testA"):
        _glas(glands)


def test_glas_swapped(glands):
    for mask in sorted((glands / WARWICK).glob("*_anno.bmp")):
        image = mask.with_name(mask.name.replace("_anno", ""))
        image.rename(image.with_suffix(".x"))
        mask.rename(image)
        image.with_suffix(".x").rename(mask)
    with pytest.raises(DatasetError, match=r"holds colours: images and masks are swapped"):
        check_dataset(_glas(glands))
