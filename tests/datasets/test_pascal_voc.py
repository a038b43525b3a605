"""PASCAL VOC 2012 with SBD: which images are in the pool, whose mask counts, what is missing."""

import numpy as np
import pytest
from PIL import Image

from tests.datasets.fakes import pascal_voc
from workbench.datasets import check_dataset, open_dataset
from workbench.datasets.pascal_voc import CARD
from workbench.errors import DatasetError
from workbench.types import IGNORE

OWN = ["2007_000032", "2007_000033", "2007_000034"]
VAL = ["2008_000000", "2008_000001"]
MORE = ["2009_000000", "2009_000001", "2009_000002"]


@pytest.fixture
def root(tmp_path):
    return pascal_voc.make(tmp_path / "pascal_voc", images=6)


def _open(root, **options):
    return open_dataset({"name": "pascal_voc", "root": str(root), **options}, root)


def _voc(root):
    return root / "VOCdevkit" / "VOC2012"


def _sbd(root):
    return root / "benchmark_RELEASE" / "dataset"


def test_the_pool_is_voc_train_and_both_lists_of_sbd_without_voc_val(root):
    dataset = _open(root)
    assert dataset.keys("train") == OWN + MORE
    assert dataset.keys("val") == VAL
    assert VAL[0] in (_sbd(root) / "val.txt").read_text().split()  # so it was taken out
    assert _open(root, sbd=False).keys("train") == OWN


def test_the_counts_of_the_card_are_the_known_ones(root):
    assert _open(root).card.splits == {"train": 10_582, "val": 1_449}
    assert _open(root, sbd=False).card.splits == {"train": 1_464, "val": 1_449}
    (warning,) = [text for text in check_dataset(_open(root)).warnings if "split 'train'" in text]
    assert "has 6 images; the card has 10582, so an archive may be half extracted" in warning


def test_the_palette_is_that_of_the_development_kit():
    assert CARD.palette == tuple(map(tuple, pascal_voc.colour_map()[:21].tolist()))


def test_voc_wins_where_both_have_a_mask_and_sbd_has_no_void(root):
    dataset = _open(root)
    for key in (*OWN, *VAL):
        raw = np.asarray(Image.open(_voc(root) / "SegmentationClass" / f"{key}.png"))
        assert (raw == 255).any()
        split = "train" if key in OWN else "val"
        np.testing.assert_array_equal(dataset.mask(split, key), raw)
    assert (_sbd(root) / "cls" / f"{OWN[0]}.mat").is_file()
    for key in MORE:
        mask = dataset.mask("train", key)
        assert IGNORE not in mask
        assert mask.any()


def test_pngs_of_sbd_give_the_same_pool_and_masks(root, tmp_path):
    other = pascal_voc.make(tmp_path / "other", images=6, added="png")
    one, two = _open(root), _open(other)
    assert one.keys("train") == two.keys("train")
    for key in one.keys("train"):
        np.testing.assert_array_equal(one.mask("train", key), two.mask("train", key))
    check_dataset(two)


@pytest.mark.parametrize("inside", ["VOCdevkit", "VOCdevkit/VOC2012"])
def test_folders_further_in_are_roots_too(tmp_path, inside):
    root = pascal_voc.make(tmp_path / "pascal_voc", images=6, added="png")
    assert _open(root / inside).keys("train") == OWN + MORE


def test_a_wrong_root_is_told_and_the_right_one_named(root, tmp_path_factory):
    for wrong in (root.parent, _voc(root) / "JPEGImages"):
        with pytest.raises(
            DatasetError, match=r"is not the folder of pascal_voc; .*pascal_voc does: name"
        ):
            _open(wrong)
    lone = tmp_path_factory.mktemp("lone") / "a" / "b" / "c" / "d"
    (lone / "holiday").mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"is not the folder of pascal_voc; put the dataset"):
        _open(lone)


def test_without_sbd_the_sentence_says_what_to_add_or_to_set(tmp_path):
    root = pascal_voc.make(tmp_path / "pascal_voc", images=6, added="")
    with pytest.raises(DatasetError, match=r"neither .*cls nor .*sbd: false for VOC's own 1,464"):
        _open(root)
    check_dataset(_open(root, sbd=False))


@pytest.mark.parametrize(
    ("lost", "sentence"),
    [
        (
            "JPEGImages/2009_000001.jpg",
            r"1 of the 6 images .*'2009_000001' first: .*half extracted",
        ),
        ("SegmentationClass/2007_000033.png", r"1 of the 3 masks of train.txt .*half extracted"),
    ],
)
def test_a_half_extracted_archive_of_voc(root, lost, sentence):
    (_voc(root) / lost).unlink()
    with pytest.raises(DatasetError, match=sentence):
        _open(root)


def test_a_half_extracted_archive_of_sbd(root):
    (_sbd(root) / "cls" / f"{MORE[2]}.mat").unlink()
    with pytest.raises(DatasetError, match=r"1 of the 5 masks that train.txt and val.txt of SBD"):
        _open(root)
    (_sbd(root) / "val.txt").unlink()
    with pytest.raises(DatasetError, match=r"val.txt is not there any more|half extracted"):
        _open(root)


def test_missing_splits(root):
    lists = _voc(root) / "ImageSets" / "Segmentation"
    (lists / "val.txt").rename(lists / "val.bak")
    with pytest.raises(DatasetError, match=r"no list .*val.txt, without which images of VOC's val"):
        _open(root)
    with pytest.raises(DatasetError, match=r"no split 'val'.*there is train"):
        check_dataset(_open(root, sbd=False))
    (lists / "train.txt").unlink()
    (lists / "val.bak").rename(lists / "val.txt")
    with pytest.raises(DatasetError, match=r"no split 'train'.*there is val"):
        _open(root)
    (lists / "train.txt").write_text("\n")
    with pytest.raises(DatasetError, match=r"train.txt names nothing"):
        _open(root)


def test_swapped_folders_and_swapped_files(root):
    photos, masks = _voc(root) / "JPEGImages", _voc(root) / "SegmentationClass"
    photos.rename(photos.with_name("x"))
    masks.rename(photos)
    photos.with_name("x").rename(masks)
    with pytest.raises(DatasetError, match=r"JPEGImages holds masks .*SegmentationClass images"):
        _open(root)


def test_swapped_files(root):
    for key in OWN + MORE + VAL:  # the endings are right, the content is not
        photo, mask = (
            _voc(root) / place
            for place in (f"JPEGImages/{key}.jpg", f"SegmentationClass/{key}.png")
        )
        if mask.exists():
            photo.rename(photo.with_suffix(".x"))
            mask.rename(photo)
            photo.with_suffix(".x").rename(mask)
    with pytest.raises(DatasetError, match=r"holds colours: images and masks are swapped"):
        check_dataset(_open(root))


@pytest.mark.parametrize("content", [b"", b"404 not found", b"cut"])
def test_a_broken_file_of_sbd_is_named(root, content):
    path = _sbd(root) / "cls" / f"{MORE[0]}.mat"
    path.write_bytes(path.read_bytes()[:300] if content == b"cut" else content)
    with pytest.raises(DatasetError, match=rf"{MORE[0]}.mat cannot be decoded as a mask of SBD"):
        check_dataset(_open(root))


def test_a_mask_of_sbd_of_another_size_or_with_other_ids(root):
    from scipy.io import savemat

    path = _sbd(root) / "cls" / f"{MORE[0]}.mat"
    savemat(path, {"GTcls": {"Segmentation": np.zeros((5, 5), np.uint8)}})
    with pytest.raises(DatasetError, match="is 5×5"):
        check_dataset(_open(root))
    shape = _open(root).size("train", MORE[0])
    savemat(path, {"GTcls": {"Segmentation": np.full(shape, 21, np.uint8)}})
    with pytest.raises(DatasetError, match="label id 21"):
        check_dataset(_open(root))
    savemat(path, {"GTcls": {"Boundaries": np.zeros(shape, np.uint8)}})
    with pytest.raises(DatasetError, match="its field Segmentation"):
        check_dataset(_open(root))
