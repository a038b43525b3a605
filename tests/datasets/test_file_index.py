"""Heads and ends of unchanged files are read once; of changed ones again."""

import os
import shutil

import cv2
import numpy as np
import pytest

from tests.datasets.makers import write_camvid
from workbench.datasets import file_index, open_dataset
from workbench.datasets.digest import dataset_digest
from workbench.datasets.file_index import FileIndex
from workbench.datasets.survey import survey
from workbench.errors import DatasetError


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(file_index, "SETTLED_NS", 0)
    write_camvid(tmp_path / "camvid", {"train": 4, "val": 2})
    return tmp_path


def look(data, spec="camvid", index=None):
    """Return index, survey, digest and the names of the files that were opened for their heads."""
    dataset = open_dataset(spec, data)
    index = FileIndex.read(data / "index.npz", dataset.root) if index is None else index
    dataset.look_up(index)
    opened = []
    tree = getattr(dataset, "_original", dataset).tree
    plain = tree.open
    tree.open = lambda path: opened.append(path.parent.name + "/" + path.name) or plain(path)
    seen = survey(dataset, ["val"])
    found = sorted(opened)
    (data / "index.npz").write_bytes(index.to_bytes())
    return index, seen, dataset_digest(dataset, seen), found


@pytest.mark.parametrize("spec", ["camvid", {"name": "camvid", "resize": [5, 9]}])
def test_unchanged_files_are_not_opened_again(data, spec):
    index, seen, digest, opened = look(data, spec)
    assert len(opened) == len(index) == 12
    assert index.grown
    again, same, same_digest, opened = look(data, spec)
    assert opened == []
    assert not again.grown
    assert same == seen
    assert same_digest == digest


def test_a_file_that_changed_is_opened_again(data):
    _, _, digest, _ = look(data)
    path = data / "camvid" / "train" / "0006R0_f00930.png"
    about = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # as large as before
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))  # and said to be as old
    _, _, other, opened = look(data)
    assert opened == ["train/0006R0_f00930.png"]
    assert other != digest


def test_a_file_of_another_size_is_refused_as_without(data):
    look(data)
    cv2.imwrite(str(data / "camvid" / "val" / "0006R0_f00930.png"), np.zeros((5, 6, 3), np.uint8))
    with pytest.raises(DatasetError, match="wanted the same size"):
        look(data)


def test_a_file_that_is_gone_or_led_outside_is_refused_as_without(data):
    look(data)
    path = data / "camvid" / "train" / "0006R0_f00930.png"
    shutil.move(path, data / "elsewhere.png")
    path.symlink_to(data / "elsewhere.png")
    with pytest.raises(DatasetError, match="leads out of the dataset's folder"):
        look(data)


def test_a_file_that_changed_just_now_is_not_kept(data, monkeypatch):
    monkeypatch.setattr(file_index, "SETTLED_NS", 10**12)
    index, _, _, _ = look(data)
    assert len(index) == 0
    assert look(data)[3]


def test_ends_shorter_than_kept_come_back_as_they_are(data):
    index, _, _, _ = look(data)
    path = data / "camvid" / "train" / "0006R0_f00930.png"
    about = path.stat()
    entry = index._entries["train/0006R0_f00930.png"]
    for tail in (b"", b"abc", b"ab\0", b"\0" * 64):
        index._entries = {"a": (len(tail), 1, 2, 3, 4, 5, True, tail)}
        (data / "small.npz").write_bytes(index.to_bytes())
        assert FileIndex.read(data / "small.npz", data)._entries == index._entries
    assert entry[:2] == (about.st_size, about.st_mtime_ns)


@pytest.mark.parametrize("place", range(0, 1400, 97))
def test_a_damaged_index_changes_nothing(data, place):
    _, seen, digest, _ = look(data)
    content = bytearray((data / "index.npz").read_bytes())
    for damage in ("flip", "cut"):
        changed = content[:place] if damage == "cut" else content.copy()
        if damage == "flip":
            changed[place] ^= 255
        (data / "index.npz").write_bytes(changed)
        _, same, same_digest, _ = look(data)
        assert same == seen
        assert same_digest == digest
