"""CamVid in the SegNet layout."""

import numpy as np
import pytest

from tests.datasets.makers import write_camvid
from workbench.datasets import check_dataset, open_dataset
from workbench.errors import DatasetError
from workbench.types import IGNORE, Frame


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".PNG"])
def test_images_may_have_any_usual_ending(tmp_path, suffix):
    written = write_camvid(tmp_path / "camvid", suffix=suffix)
    dataset = open_dataset("camvid", tmp_path)
    assert dataset.keys("train") == sorted(written)
    image = dataset.image("train", "0006R0_f00930")
    assert image.shape == (12, 16, 3)
    if suffix.lower() == ".png":  # the others lose detail
        np.testing.assert_array_equal(image, written["0006R0_f00930"][0])


def test_void_is_ignored_and_classes_keep_their_ids(tmp_path):
    written = write_camvid(tmp_path / "camvid")
    dataset = open_dataset("camvid", tmp_path)
    for key, (_, raw) in written.items():
        np.testing.assert_array_equal(
            dataset.mask("train", key), np.where(raw == 11, IGNORE, raw).astype(np.uint8)
        )


@pytest.mark.parametrize(
    ("key", "frame"),
    [
        ("0006R0_f00930", Frame("0006R0", 930)),
        ("0016E5_00390", Frame("0016E5", 390)),
        ("0001TP_006690", Frame("0001TP", 6690)),
        ("Seq05VD_f00000", Frame("Seq05VD", 0)),
        ("holiday", None),
    ],
)
def test_file_names_carry_sequence_and_frame(tmp_path, key, frame):
    write_camvid(tmp_path / "camvid")
    assert open_dataset("camvid", tmp_path).frame("train", key) == frame


def test_a_root_of_ones_own_is_read(tmp_path):
    write_camvid(tmp_path / "elsewhere")
    dataset = open_dataset({"name": "camvid", "root": str(tmp_path / "elsewhere")}, tmp_path)
    assert len(dataset.keys("train")) == 4


def test_other_counts_and_sizes_than_the_cards_are_only_mentioned(tmp_path):
    write_camvid(tmp_path / "camvid")
    report = check_dataset(open_dataset("camvid", tmp_path))
    assert report.splits == {"train": 4, "val": 2}
    assert report.sequences == {"train": 1, "val": 1}
    assert report.sizes == {"train": ((12, 16),), "val": ((12, 16),)}
    text = " ".join(report.warnings)
    assert "'train' has 4 images; the card has 367" in text
    assert "'test' is not there" in text
    assert "(12, 16)" in text


def test_a_mask_without_image_is_only_mentioned(tmp_path):
    write_camvid(tmp_path / "camvid")
    (tmp_path / "camvid" / "train" / "0006R0_f00930.png").unlink()
    report = check_dataset(open_dataset("camvid", tmp_path))
    assert any("1 masks of the split 'train'" in w for w in report.warnings)


def test_missing_root_names_the_path_and_the_help(tmp_path):
    with pytest.raises(DatasetError) as error:
        open_dataset("camvid", tmp_path)
    assert str(tmp_path / "camvid") in str(error.value)
    assert "data/README.md#camvid" in str(error.value)


def test_empty_root_file_as_root_and_missing_split_are_told_apart(tmp_path):
    (tmp_path / "camvid").mkdir()
    with pytest.raises(DatasetError, match="which is empty"):
        open_dataset("camvid", tmp_path)
    (tmp_path / "camvid" / "val").mkdir()
    with pytest.raises(DatasetError, match=r"no split 'train'.*there is val"):
        open_dataset("camvid", tmp_path)
    (tmp_path / "camvid" / "train").mkdir()
    with pytest.raises(DatasetError, match="holds no images"):
        open_dataset("camvid", tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(DatasetError, match="is a file"):
        open_dataset({"name": "camvid", "root": str(tmp_path / "file")}, tmp_path)
