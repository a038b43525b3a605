"""A table of images and masks: Parquet files or a Hugging Face dataset on disk."""

import builtins

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.datasets.fakes import table
from workbench.datasets import check_dataset, open_dataset
from workbench.datasets.table_rows import ParquetRows
from workbench.errors import DatasetError
from workbench.types import Frame


def _open(root, **options):
    return open_dataset({"name": "table", "root": str(root), **options}, root)


def _rewrite(root, change):
    """Write the table again with each row changed."""
    path = root / "streets.parquet"
    rows = [change(dict(row)) for row in pq.read_table(path).to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=3)


@pytest.fixture
def root(tmp_path):
    return table.make(tmp_path / "table")


@pytest.mark.parametrize("cells", ["path", "struct"])
def test_bytes_paths_and_structs_give_the_same_images(root, tmp_path, cells):
    other = _open(table.make(tmp_path / "other", cells=cells))
    dataset = _open(root)
    assert dataset.splits == other.splits == ("train", "val")
    for split in dataset.splits:
        assert dataset.keys(split) == other.keys(split)
        for key in dataset.keys(split):
            np.testing.assert_array_equal(dataset.image(split, key), other.image(split, key))
            np.testing.assert_array_equal(dataset.mask(split, key), other.mask(split, key))
            assert dataset.frame(split, key) == other.frame(split, key)
    assert check_dataset(dataset).digest == check_dataset(other).digest


def test_a_saved_hugging_face_dataset_gives_the_same_images(root, tmp_path):
    pytest.importorskip("datasets")
    saved, dataset = _open(table.make_saved(tmp_path / "saved")), _open(root)
    for split in dataset.splits:
        assert dataset.keys(split) == saved.keys(split)
        for key in dataset.keys(split):
            np.testing.assert_array_equal(dataset.image(split, key), saved.image(split, key))
            np.testing.assert_array_equal(dataset.mask(split, key), saved.mask(split, key))
    assert check_dataset(dataset).digest == check_dataset(saved).digest
    assert saved.frame("train", "train_003") == dataset.frame("train", "train_003")


def test_what_was_drawn_is_read(root):
    rows = table._rows(4, (24, 32), 0)  # what the fake drew
    dataset = _open(root)
    for row in rows:
        np.testing.assert_array_equal(dataset.image(row["split"], row["id"]), row["image"])
        np.testing.assert_array_equal(dataset.mask(row["split"], row["id"]), row["mask"])
        assert dataset.frame(row["split"], row["id"]) == Frame(row["sequence"], row["frame"])


def test_splits_come_from_file_names_where_there_is_no_column(root):
    rows = pq.read_table(root / "streets.parquet").to_pylist()
    (root / "streets.parquet").unlink()
    (root / "data").mkdir()
    for number, split in enumerate(("train", "train", "val")):
        chosen = [row for row in rows if row["split"] == split][number % 2 :: 2]
        content = pa.Table.from_pylist(chosen).drop_columns(["split", "id", "sequence", "frame"])
        pq.write_table(content, root / "data" / f"{split}-0000{number % 2}-of-00002.parquet")
    dataset = _open(root)
    assert dataset.keys("train") == [f"row_{number:08d}" for number in range(4)]
    assert dataset.frame("train", "row_00000000") is None
    check_dataset(dataset)


def test_other_column_names_and_a_pattern_of_the_card(root):
    def change(row):
        row["photo"], row["annotation"] = row.pop("image"), row.pop("mask")
        row.pop("sequence")
        return row

    _rewrite(root, change)
    with pytest.raises(DatasetError, match=r"no column 'image'; it has split, id, frame, photo, a"):
        _open(root)
    with (root / "dataset.yaml").open("a") as card:
        card.write(r"sequence: '(?P<sequence>[a-z]+)_(?P<frame>\d+)'" + "\n")
    dataset = _open(root, image="photo", mask="annotation")
    assert dataset.frame("train", "train_003") == Frame("train", 3)
    assert dataset.card.name == "table"


def test_a_row_group_is_read_once_while_it_is_held(root, monkeypatch):
    read = []
    one = pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_group",
        lambda self, group, columns: read.append((group, *columns)) or one(self, group, columns),
    )
    dataset = _open(root)
    for _ in range(2):
        for key in dataset.keys("train"):
            dataset.read_image("train", key)
    assert sorted(read) == [(0, "image"), (1, "image")]
    monkeypatch.setattr("workbench.datasets.table_rows._HELD_BYTES", 0)
    rows = ParquetRows({"streets": root / "streets.parquet"})
    for row in (0, 1, 5, 0):
        rows.cell(row, "image")
    assert read[2:] == [(0, "image"), (1, "image"), (0, "image")]


# faults


def test_wrong_root_missing_card_and_half_copied_file(root, tmp_path):
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "holiday.txt").write_text("x")
    with pytest.raises(DatasetError, match="holds no table; wanted Parquet files"):
        _open(tmp_path / "wrong")
    (root / "dataset.yaml").rename(root / "x.yaml")
    with pytest.raises(DatasetError, match="no card file"):
        _open(root)
    (root / "x.yaml").rename(root / "dataset.yaml")
    path = root / "streets.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DatasetError, match=r"streets.parquet cannot be read as Parquet .*half cop"):
        _open(root)


def test_missing_splits(root):
    _rewrite(root, lambda row: row | {"split": "train", "id": f"{row['split']}{row['id']}"})
    with pytest.raises(DatasetError, match=r"no split 'val'.*there is train"):
        check_dataset(_open(root))
    _rewrite(root, lambda row: row | {"split": "validation"})
    with pytest.raises(DatasetError, match=r"no split 'train'.*there is validation"):
        _open(root)


def test_swapped_columns(root):
    with pytest.raises(DatasetError, match=r"row \d/mask .*images and masks are swapped"):
        check_dataset(_open(root, image="mask", mask="image"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"split": None}, "Row 0 .* has None in the column split"),
        ({"id": "a/b"}, "'a/b' in the column id"),
        ({"id": ""}, "'' in the column id"),
        ({"id": "same"}, "has the id 'same' twice in the split 'val'"),
        ({"frame": -1}, "has -1 in the column frame"),
        ({"sequence": "a\n"}, "in the column sequence; wanted the name"),
    ],
)
def test_odd_values_name_row_and_column(root, change, sentence):
    _rewrite(root, lambda row: row | change)
    with pytest.raises(DatasetError, match=sentence):
        _open(root)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (b"", r"row \d/image holds nothing; wanted the bytes"),
        (None, r"row \d/image holds nothing; wanted the bytes"),
        (b"404 not found", r"row \d/image cannot be decoded"),
        (7, r"row \d/image holds a value of the type int"),
    ],
)
def test_cells_that_are_no_images(root, image, sentence):
    _rewrite(root, lambda row: row | {"image": image})
    with pytest.raises(DatasetError, match=sentence):
        check_dataset(_open(root))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("/etc/passwd", "wanted a path inside the table's folder"),
        ("images/../../x.png", "wanted a path inside the table's folder"),
        ("photos/x.png", "there is no folder"),
        ("images/x.png", "is not there any more"),
    ],
)
def test_paths_lead_to_files_inside_the_folder(tmp_path, name, sentence):
    root = table.make(tmp_path / "table", cells="path")
    _rewrite(root, lambda row: row | {"image": name})
    with pytest.raises(DatasetError, match=sentence):
        check_dataset(_open(root))


def test_the_same_row_in_two_splits_is_told_and_the_same_file_refused(root, tmp_path):
    path = root / "streets.parquet"
    first = pq.read_table(path).to_pylist()
    again = [row | {"split": "val", "id": "again"} for row in first if row["id"] == "train_002"]
    pq.write_table(pa.Table.from_pylist(first + again), path)
    (remark,) = [text for text in check_dataset(_open(root)).warnings if "again" in text]
    assert "1 images of the split 'val' have the content of images of the pool" in remark
    other = table.make(tmp_path / "other", cells="path")
    first = pq.read_table(other / "streets.parquet").to_pylist()
    again = [row | {"split": "val", "id": "again"} for row in first if row["id"] == "train_002"]
    pq.write_table(pa.Table.from_pylist(first + again), other / "streets.parquet")
    with pytest.raises(DatasetError, match=r"(again|train_002).png is in the pool"):
        check_dataset(_open(other))


def test_files_of_other_columns_are_named(root):
    content = pq.read_table(root / "streets.parquet").drop_columns(["frame"])
    pq.write_table(content, root / "more.parquet")
    with pytest.raises(DatasetError, match=r"streets.parquet has other columns than more.parquet"):
        _open(root)


def test_without_the_library_the_sentence_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "dataset_dict.json").write_text('{"splits": ["train"]}')
    real = builtins.__import__

    def missing(name, *rest, **more):
        if name == "datasets":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(DatasetError, match=r"pip install 'al-workbench\[huggingface\]'"):
        _open(tmp_path / "saved")


def test_a_saved_dataset_that_is_half_copied(tmp_path):
    pytest.importorskip("datasets")
    root = table.make_saved(tmp_path / "saved")
    next((root / "train").glob("*.arrow")).unlink()
    with pytest.raises(DatasetError, match=r"cannot be read as a dataset .* half copied"):
        _open(root)
