"""One's own images with a card file."""

import cv2
import numpy as np
import pytest

from tests.datasets.makers import CARD, write_folder
from workbench.datasets import check_dataset, open_dataset
from workbench.errors import DatasetError
from workbench.types import IGNORE, Frame


def _open(root):
    return open_dataset({"name": "folder", "root": str(root)}, root)


def test_split_folders_are_found(tmp_path):
    dataset = _open(write_folder(tmp_path, splits=("val", "train", "night")))
    assert dataset.splits == ("train", "val", "night")
    assert dataset.card.classes == ("road", "car", "tree")
    assert check_dataset(dataset).warnings == ()


def test_the_card_may_name_classes_of_objects(tmp_path):
    card = _open(write_folder(tmp_path, CARD + "objects: [tree, car]\n")).card
    assert (card.objects, card.object_ids) == (("tree", "car"), (1, 2))
    write_folder(tmp_path, CARD + "objects: [trees]\n")
    with pytest.raises(DatasetError, match="objects names 'trees', which is no class"):
        _open(tmp_path)


def test_counts_of_the_card_are_compared(tmp_path):
    dataset = _open(write_folder(tmp_path, CARD + "splits: {train: 9, val: 3}\n"))
    assert check_dataset(dataset).warnings == (
        "The split 'train' has 3 images; the card has 9, so an archive may be half extracted.",
    )


def test_shares_divide_one_folder_in_the_order_of_names(tmp_path):
    card = CARD + "splits: {train: 0.6, val: 0.2, test: 0.2}\n"
    dataset = _open(write_folder(tmp_path, card, splits=("",), count=5))
    assert dataset.keys("train") == ["street_000", "street_001", "street_002"]
    assert dataset.keys("val") == ["street_003"]
    assert dataset.keys("test") == ["street_004"]
    assert check_dataset(dataset).images == 5


def test_lists_divide_one_folder(tmp_path):
    card = CARD + "splits: {train: train.txt, val: val.txt}\n"
    write_folder(tmp_path, card, splits=("",), count=4)
    (tmp_path / "train.txt").write_text("# the pool\nstreet_003.png\n\nstreet_000\n")
    (tmp_path / "val.txt").write_text("street_001\n")
    dataset = _open(tmp_path)
    assert dataset.keys("train") == ["street_000", "street_003"]
    (tmp_path / "val.txt").write_text("street_001\nstreet_009\n")
    with pytest.raises(DatasetError, match=r"Line 2 of .*val.txt names 'street_009'"):
        _open(tmp_path)
    (tmp_path / "val.txt").unlink()
    with pytest.raises(DatasetError, match=r"val.txt, which cannot be read"):
        _open(tmp_path)


def test_raw_ids_and_several_void_ids(tmp_path):
    write_folder(tmp_path, CARD + "ids: [7, 26, 21]\nvoid: [0, 255]\n")
    raw = np.full((12, 16), 7, np.uint8)
    raw[0, :5] = (26, 21, 0, 255, 7)
    for path in (tmp_path / "masks" / "train").iterdir():
        cv2.imwrite(str(path), raw)
    mask = _open(tmp_path).mask("train", "street_000")
    assert mask[0, :6].tolist() == [1, 2, IGNORE, IGNORE, 0, 0]


def test_masks_of_colours(tmp_path):
    write_folder(tmp_path, CARD + "masks: colours\nvoid_colours: [[0, 0, 0]]\n")
    colours = np.array([[128, 64, 128], [0, 0, 142], [107, 142, 35], [0, 0, 0]], np.uint8)
    ids = np.random.default_rng(1).integers(0, 4, (12, 16))
    for path in (tmp_path / "masks").glob("*/*.png"):
        cv2.imwrite(str(path), colours[ids][..., ::-1])
    dataset = _open(tmp_path)
    np.testing.assert_array_equal(
        dataset.mask("train", "street_001"), np.where(ids == 3, IGNORE, ids)
    )
    check_dataset(dataset)
    cv2.imwrite(str(tmp_path / "masks/train/street_001.png"), np.full((12, 16, 3), 9, np.uint8))
    with pytest.raises(DatasetError, match=r"street_001.png holds the colour \(9, 9, 9\)"):
        check_dataset(_open(tmp_path))
    cv2.imwrite(str(tmp_path / "masks/train/street_000.png"), np.zeros((12, 16), np.uint8))
    with pytest.raises(DatasetError, match=r"street_000.png holds ids"):
        check_dataset(_open(tmp_path))


def test_palette_files_are_read_as_ids(tmp_path):
    from PIL import Image

    write_folder(tmp_path)
    ids = np.random.default_rng(1).integers(0, 3, (12, 16)).astype(np.uint8)
    file = Image.fromarray(ids).convert("P")
    file.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    file.putdata(ids.ravel().tolist())
    file.save(tmp_path / "masks" / "train" / "street_000.png")
    np.testing.assert_array_equal(_open(tmp_path).mask("train", "street_000"), ids)


def test_a_pattern_reads_sequences(tmp_path):
    dataset = _open(write_folder(tmp_path, CARD + r"sequence: '(?P<sequence>.+)_(?P<frame>\d+)'"))
    assert dataset.frame("train", "street_002") == Frame("street", 2)
    assert dataset.frame("train", "other") is None
    assert _open(write_folder(tmp_path)).frame("train", "street_002") is None


def test_a_pattern_takes_no_longer_than_the_name_is_long(tmp_path):
    card = CARD + "sequence: '(?P<sequence>(?:(?:[a-z]+)+)+)(?P<frame>[0-9]+)x'\n"
    write_folder(tmp_path, card)
    for folder in ("images", "masks"):
        path = tmp_path / folder / "train" / "street_000.png"
        path.rename(path.with_stem("a" * 200 + "1"))
    assert _open(tmp_path).frame("train", "a" * 200 + "1") is None
    assert _open(tmp_path).frame("train", "aab12x") == Frame("aab", 12)


@pytest.mark.parametrize("number", ["one", "9" * 19, "٣"])
def test_a_frame_that_is_no_number_is_refused(tmp_path, number):
    dataset = _open(write_folder(tmp_path, CARD + "sequence: '(?P<sequence>.)_(?P<frame>.+)'"))
    assert dataset.frame("train", "a_" + "9" * 18) == Frame("a", 10**18 - 1)
    with pytest.raises(DatasetError, match="where its frame number is looked for"):
        dataset.frame("train", f"a_{number}")


def test_a_split_of_a_card_never_becomes_a_path(tmp_path):
    card = CARD + 'splits: {train: 0.5, "../../..": 0.5}\n'
    dataset = _open(write_folder(tmp_path / "data", card, splits=("",), count=4))
    assert dataset.mask_folder("../../..") == tmp_path / "data" / "masks"
    assert len(dataset.keys("../../..")) == 2


@pytest.mark.parametrize("where", ["/etc/passwd", "../train.txt", "lists/../../train.txt"])
def test_a_list_outside_is_not_read(tmp_path, where):
    (tmp_path / "train.txt").write_text("the content\n")
    card = CARD + f"splits: {{train: {where}, val: val.txt}}\n"
    write_folder(tmp_path / "data", card, splits=("",))
    with pytest.raises(DatasetError, match="lists inside the dataset's folder") as error:
        _open(tmp_path / "data")
    assert "the content" not in str(error.value)
    assert "root:" not in str(error.value)


def test_a_list_behind_a_linked_folder_is_not_read(tmp_path):
    (tmp_path / "train.txt").write_text("the content\n")
    card = CARD + "splits: {train: lists/train.txt, val: val.txt}\n"
    write_folder(tmp_path / "data", card, splits=("",))
    (tmp_path / "data" / "lists").symlink_to(tmp_path)
    with pytest.raises(DatasetError, match="cannot be read") as error:
        _open(tmp_path / "data")
    assert "the content" not in str(error.value)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("classes: [a, b]\n", "palette is missing"),
        ("classes: [a, b]\npalette: [[0, 0, 0]]\n", "1 colours for 2 classes"),
        ("classes: [a, a]\npalette: [[0, 0, 0], [1, 1, 1]]\n", "names a class twice"),
        (CARD + "pallete: 3\n", "'pallete'; did you mean 'palette'"),
        (CARD + "ids: [1, 2]\n", "ids needs 3 different numbers"),
        (CARD + "void: 1\n", "the id 1 is both a class and void"),
        (CARD + "splits: {train: 0.8, val: 10}\n", "mixes counts, shares and list files"),
        (CARD + "splits: {train: 0.8, val: 0.4}\n", "add up to 1"),
        (CARD + "sequence: '(['\n", "not a regular expression"),
        (CARD + "sequence: '(.*)'\n", r"\?P<sequence>"),
        (CARD + "palette: [", "not valid YAML at line"),
        ("just text", "holds str"),
        ("classes: [a, b]\npalette: [[0, 0, 300], [1, 1, 1]]\n", "palette.0.2"),
    ],
)
def test_faults_of_the_card_are_named(tmp_path, card, words):
    with pytest.raises(DatasetError, match=words) as error:
        _open(write_folder(tmp_path, card))
    assert "dataset.yaml" in str(error.value)


def test_missing_parts_are_named(tmp_path):
    write_folder(tmp_path / "a", splits=())
    with pytest.raises(DatasetError, match="no folder images/"):
        _open(tmp_path / "a")
    write_folder(tmp_path / "b", splits=("",))
    with pytest.raises(DatasetError, match="no folder per split"):
        _open(tmp_path / "b")
    write_folder(tmp_path / "c")
    (tmp_path / "c" / "dataset.yaml").unlink()
    with pytest.raises(DatasetError, match=r"no card file .*data/README.md#folder"):
        _open(tmp_path / "c")
