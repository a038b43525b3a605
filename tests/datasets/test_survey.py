"""All files are looked at before anything is read: splits that are missing or overlap, links."""

import os
import shutil

import cv2
import numpy as np
import pytest

from tests.datasets.makers import write_camvid, write_folder
from workbench.datasets import check_dataset, open_dataset
from workbench.datasets.survey import survey
from workbench.errors import DatasetError


@pytest.fixture
def root(tmp_path):
    write_camvid(tmp_path / "camvid", {"train": 4, "val": 2, "test": 1})
    return tmp_path / "camvid"


def _survey(root, splits=("val",)):
    return survey(open_dataset("camvid", root.parent), splits)


def test_the_facts_are_those_of_the_files(root):
    seen = _survey(root, ["test", "val", "test"])
    assert list(seen.splits) == ["train", "test", "val"]
    assert seen.remarks == ()
    for split, images in seen.splits.items():
        assert list(images) == sorted(images)
        for key, files in images.items():
            wanted = [root / split / f"{key}.png", root / f"{split}annot" / f"{key}.png"]
            assert [file.path for file in files] == wanted
            for file in files:
                assert file.size == file.path.stat().st_size
                assert file.tail == file.path.read_bytes()[-64:]


def test_a_survey_decodes_nothing(root, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", None)
    dataset = open_dataset("camvid", root.parent)
    monkeypatch.setattr(dataset, "mask", None)
    monkeypatch.setattr(dataset, "read_mask", None)
    survey(dataset, ["val"])


def test_only_the_splits_that_are_used_are_looked_at(root):
    shutil.rmtree(root / "testannot")
    _survey(root)
    with pytest.raises(DatasetError, match="has no mask"):
        _survey(root, ["val", "test"])
    with pytest.raises(DatasetError, match="has no mask"):
        check_dataset(open_dataset("camvid", root.parent))


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_file_of_the_pool_in_another_split_is_refused(root, link):
    link(root / "train" / "0006R0_f00930.png", root / "val" / "again.png")
    shutil.copy(root / "trainannot" / "0006R0_f00930.png", root / "valannot" / "again.png")
    for look in (_survey, lambda root: check_dataset(open_dataset("camvid", root.parent))):
        with pytest.raises(DatasetError, match=r"again.png is in the pool \(split 'train'\)"):
            look(root)


def test_the_content_of_the_pool_in_another_split_is_told(root):
    for folder in ("", "annot"):
        for number in (0, 1):
            source = root / f"train{folder}" / f"0006R0_f{930 + 30 * number:05d}.png"
            shutil.copy(source, root / f"val{folder}" / f"copy_{number}.png")
    (remark,) = _survey(root).remarks
    assert remark.startswith("2 images of the split 'val' have the content of images of the pool")
    assert "'copy_0' first" in remark
    assert remark in check_dataset(open_dataset("camvid", root.parent)).warnings


def test_other_content_of_the_same_size_and_end_is_none(tmp_path):
    write_folder(tmp_path / "folder")
    for number, split in enumerate(("train", "val")):
        path = tmp_path / "folder" / "images" / split / "street_000.png"
        image = np.zeros((12, 16, 3), np.uint8)
        image[-1, 0] = number  # a BMP begins with the last row and ends with the first
        path.unlink()
        assert cv2.imwrite(str(path.with_suffix(".bmp")), image)
    seen = survey(open_dataset("folder", tmp_path), ["val"])
    first, second = (seen.splits[split]["street_000"][0] for split in ("train", "val"))
    assert (first.size, first.tail) == (second.size, second.tail)
    assert seen.remarks == ()


def test_each_file_is_compared_once_however_many_are_alike(root, monkeypatch):
    image = root / "train" / "0006R0_f00930.png"
    for split, count in (("train", 20), ("val", 15)):
        for number in range(count):
            shutil.copy(image, root / split / f"same_{number}.png")
            shutil.copy(root / "trainannot" / image.name, root / f"{split}annot/same_{number}.png")
    dataset = open_dataset("camvid", root.parent)
    read = []
    monkeypatch.setattr(dataset, "content", lambda path: read.append(path) or path.read_bytes())
    (remark,) = survey(dataset, ["val"]).remarks
    assert remark.startswith("15 images")
    assert len(read) == len(set(read)) == 21 + 15


def test_a_root_behind_a_link_is_the_users_own(root, tmp_path):
    (tmp_path / "linked").symlink_to(root)
    dataset = open_dataset({"name": "camvid", "root": str(tmp_path / "linked")}, tmp_path)
    check_dataset(dataset)


def test_an_image_that_changes_its_size_while_it_is_read_is_refused(root):
    dataset = open_dataset("camvid", root.parent)
    survey(dataset, ["val"])
    path = root / "train" / "0006R0_f00930.png"
    cv2.imwrite(str(path), np.zeros((12, 17, 3), np.uint8))
    with pytest.raises(DatasetError, match="was of another size when the dataset was opened"):
        dataset.image("train", "0006R0_f00930")


def test_the_digest_of_every_byte(root, tmp_path):
    digest = check_dataset(open_dataset("camvid", root.parent)).digest
    shutil.copytree(root, tmp_path / "B" / "camvid")
    copied = open_dataset("camvid", tmp_path / "B")
    assert check_dataset(copied).digest == digest
    path = tmp_path / "B" / "camvid" / "testannot" / "0006R0_f00930.png"
    path.write_bytes(path.read_bytes() + b"\0")
    assert check_dataset(copied).digest != digest
    drawn = {"name": "synthetic", "train": 2, "val": 1, "seed": 4}
    one, other = (check_dataset(open_dataset(drawn | {"seed": s}, tmp_path)) for s in (4, 5))
    assert one.digest != other.digest
    assert one.digest == check_dataset(open_dataset(drawn, tmp_path)).digest


def test_the_splits_that_are_measured_on_can_be_named(root):
    shutil.rmtree(root / "val")
    dataset = open_dataset("camvid", root.parent)
    with pytest.raises(DatasetError, match="no split 'val'"):
        check_dataset(dataset)
    assert check_dataset(dataset, measured=["test"]).splits == {"train": 4, "test": 1}
