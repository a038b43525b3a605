"""What is wrong with files on disk is said in one sentence that names the file."""

import cv2
import numpy as np
import pytest

from tests.datasets.makers import write_camvid
from workbench.datasets import check_dataset, open_dataset
from workbench.errors import DatasetError

KEY = "0006R0_f00960"


@pytest.fixture
def root(tmp_path):
    write_camvid(tmp_path / "camvid")
    return tmp_path / "camvid"


def _first_fault(root):
    dataset = open_dataset({"name": "camvid", "root": str(root)}, root)
    with pytest.raises(DatasetError) as error:
        check_dataset(dataset)
    sentence = str(error.value)
    assert KEY in sentence
    assert sentence.count("\n") == 0
    return sentence


def test_image_without_mask(root):
    (root / "trainannot" / f"{KEY}.png").unlink()
    assert "has no mask" in _first_fault(root)


def test_no_folder_of_masks(root):
    for path in (root / "trainannot").iterdir():
        path.unlink()
    (root / "trainannot").rmdir()
    dataset = open_dataset({"name": "camvid", "root": str(root)}, root)
    with pytest.raises(DatasetError, match=r"has no mask.*trainannot"):
        check_dataset(dataset)


def test_sizes_that_differ(root):
    cv2.imwrite(str(root / "trainannot" / f"{KEY}.png"), np.zeros((12, 17), np.uint8))
    sentence = _first_fault(root)
    assert "12×17" in sentence
    assert "12×16" in sentence


def test_label_id_that_the_card_lacks(root):
    mask = np.zeros((12, 16), np.uint8)
    mask[3, 5] = mask[7, 7] = 12
    cv2.imwrite(str(root / "trainannot" / f"{KEY}.png"), mask)
    sentence = _first_fault(root)
    assert "label id 12 (first at row 3, column 5; 2 such pixels)" in sentence


@pytest.mark.parametrize("raw", [254, 255])
def test_raw_ids_that_we_use_ourselves_are_no_exception(root, raw):
    cv2.imwrite(str(root / "trainannot" / f"{KEY}.png"), np.full((12, 16), raw, np.uint8))
    assert f"label id {raw}" in _first_fault(root)


def test_wide_ids(root):
    cv2.imwrite(str(root / "trainannot" / f"{KEY}.png"), np.full((12, 16), 300, np.uint16))
    assert "ids from 300 to 300" in _first_fault(root)
    cv2.imwrite(str(root / "trainannot" / f"{KEY}.png"), np.full((12, 16), 3, np.uint16))
    check_dataset(open_dataset({"name": "camvid", "root": str(root)}, root))


def test_colours_where_ids_are_wanted(root):
    cv2.imwrite(str(root / "trainannot" / f"{KEY}.png"), np.zeros((12, 16, 3), np.uint8))
    assert "holds colours" in _first_fault(root)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("keep", [0.0, 0.5, 0.97])
def test_broken_image_file(tmp_path, suffix, keep, capfd):
    write_camvid(tmp_path, {"train": 3, "val": 1}, suffix=suffix, size=(48, 64))
    path = tmp_path / "train" / f"{KEY}{suffix}"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    sentence = _first_fault(tmp_path)
    assert "cannot be decoded" in sentence
    assert capfd.readouterr().err == ""  # nor do the decoders write to it themselves


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.8])
def test_broken_mask_file(root, keep):
    path = root / "trainannot" / f"{KEY}.png"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    assert "cannot be decoded" in _first_fault(root)


def test_text_instead_of_an_image(root):
    (root / "train" / f"{KEY}.png").write_text("404 not found")
    assert "cannot be decoded" in _first_fault(root)


def test_two_files_for_one_image(root):
    data = (root / "train" / f"{KEY}.png").read_bytes()
    (root / "train" / f"{KEY}.jpg").write_bytes(data)
    with pytest.raises(DatasetError, match=rf"both {KEY}.jpg and {KEY}.png"):
        open_dataset({"name": "camvid", "root": str(root)}, root)


def test_file_that_vanishes_while_open(root):
    dataset = open_dataset({"name": "camvid", "root": str(root)}, root)
    (root / "train" / f"{KEY}.png").unlink()
    for read in (dataset.image, dataset.size):
        with pytest.raises(DatasetError, match="not there any more"):
            read("train", KEY)


def test_hidden_and_foreign_files_are_passed_over(root):
    (root / "train" / "Thumbs.db").write_text("x")
    (root / "train" / ".hidden.png").write_text("x")
    assert len(open_dataset({"name": "camvid", "root": str(root)}, root).keys("train")) == 4


def test_an_orientation_tag_does_not_turn_the_image(tmp_path):
    from PIL import Image

    write_camvid(tmp_path, {"train": 2, "val": 1}, suffix=".jpg")
    tag = Image.Exif()
    tag[0x0112] = 6  # turned by 90°
    Image.new("RGB", (16, 12)).save(tmp_path / "train" / f"{KEY}.jpg", exif=tag)
    dataset = open_dataset({"name": "camvid", "root": str(tmp_path)}, tmp_path)
    assert dataset.image("train", KEY).shape == (12, 16, 3)
    check_dataset(dataset)
