"""Decoded once: equal to decoding bit for bit, whatever becomes of the folder."""

import os
import shutil

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.datasets.makers import write_camvid, write_folder
from workbench.datasets import decoding, open_dataset
from workbench.datasets.decoded import IMAGES, MASKS, RECORD, TABLE, Decoded, name_of
from workbench.datasets.decoding import fill, lay_out, seal
from workbench.datasets.survey import survey
from workbench.errors import DatasetError

FILES = (IMAGES, MASKS, TABLE, RECORD)


def decode(dataset, folder, readers=2):
    """Decode every split of a dataset; returns a dataset that reads them."""
    facts = survey(dataset, dataset.splits).splits
    for split in dataset.splits:
        (folder / split).mkdir(parents=True)
        for part in lay_out(folder / split, dataset, split, facts[split]):
            fill(folder / split, dataset, part, readers, lambda done: None)
        seal(folder / split)
    return reading(dataset, folder)


def reading(dataset, folder):
    return Decoded(dataset, {split: folder / split for split in dataset.splits})


def require_equal(found, plain):
    for split in plain.splits:
        assert found.keys(split) == plain.keys(split)
        for key in plain.keys(split):
            for one, other in (
                (found.image(split, key), plain.read_image(split, key)),
                (found.mask(split, key), plain.read_mask(split, key)),
            ):
                assert one.dtype == np.uint8
                np.testing.assert_array_equal(one, other)


def refuse_to_decode(dataset, monkeypatch):
    def no(split, key):
        raise AssertionError(f"{key} of {split} was decoded")

    monkeypatch.setattr(dataset, "read_image", no)
    monkeypatch.setattr(dataset, "read_mask", no)


@pytest.fixture
def unequal(tmp_path):
    write_folder(tmp_path / "data" / "folder", count=5)
    for number, size in enumerate([(9, 31), (40, 7)]):
        for kind in ("images", "masks"):
            path = tmp_path / "data" / "folder" / kind / "train" / f"street_00{number}.png"
            cv2.imwrite(str(path), np.full(size, number, np.uint8))
    return open_dataset("folder", tmp_path / "data")


@pytest.mark.parametrize("images", [1, 2, 512])
def test_images_of_unequal_sizes_equal_decoded_ones(unequal, tmp_path, monkeypatch, images):
    monkeypatch.setattr(decoding, "_PART_IMAGES", images)
    found = decode(unequal, tmp_path / "decoded")
    plain = open_dataset("folder", tmp_path / "data")
    require_equal(found, plain)
    refuse_to_decode(unequal, monkeypatch)
    require_equal(found, plain)


def test_parts_are_cut_by_pixels_too(unequal, tmp_path, monkeypatch):
    facts = survey(unequal, ["val"]).splits["train"]
    monkeypatch.setattr(decoding, "_PART_PIXELS", 9 * 31 + 40 * 7)
    parts = lay_out(tmp_path, unequal, "train", facts)
    assert [(part.first, len(part.files)) for part in parts] == [(0, 2), (2, 2), (4, 1)]
    assert [key for part in parts for key, _ in part.files] == unequal.keys("train")


@pytest.mark.parametrize("resize", [None, [5, 9]])
def test_the_size_of_the_experiment(tmp_path, resize, monkeypatch):
    write_camvid(tmp_path / "camvid", {"train": 4, "val": 2, "test": 1})
    spec = {"name": "camvid", "resize": resize}
    dataset = open_dataset(spec, tmp_path)
    found = decode(dataset, tmp_path / "decoded")
    refuse_to_decode(dataset, monkeypatch)
    require_equal(found, open_dataset(spec, tmp_path))
    pixels = 4 * (45 if resize else 12 * 16)
    assert (tmp_path / "decoded" / "train" / IMAGES).stat().st_size == 3 * pixels
    assert (tmp_path / "decoded" / "train" / MASKS).stat().st_size == pixels


def test_arrays_are_read_only_and_of_the_file_itself(unequal, tmp_path):
    found = decode(unequal, tmp_path / "decoded")
    key = unequal.keys("train")[0]
    for array in (found.image("train", key), found.mask("train", key)):
        assert not array.flags.writeable
        assert not array.flags.owndata


def test_reading_images_touches_no_masks(unequal, tmp_path, monkeypatch):
    found = decode(unequal, tmp_path / "decoded")
    for name in (MASKS, RECORD):
        (tmp_path / "decoded" / "train" / name).unlink()
    monkeypatch.setattr(unequal, "read_image", None)
    for key in unequal.keys("train"):
        assert found.image("train", key).shape == (*unequal.size("train", key), 3)


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_damage_anywhere_never_changes_a_value(unequal, tmp_path, data):
    whole, folder = tmp_path / "whole", tmp_path / "decoded"
    if not whole.exists():
        decode(unequal, whole)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    path = folder / "train" / data.draw(st.sampled_from(FILES))
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= data.draw(st.integers(1, 255))
    else:
        del content[place:]
    path.write_bytes(content)
    require_equal(reading(unequal, folder), unequal)


def test_what_is_deleted_is_decoded(unequal, tmp_path):
    found = decode(unequal, tmp_path / "decoded")
    first = reading(unequal, tmp_path / "decoded")
    key = unequal.keys("train")[0]
    before = first.image("train", key)
    shutil.rmtree(tmp_path / "decoded")
    require_equal(found, unequal)
    require_equal(first, unequal)
    np.testing.assert_array_equal(before, unequal.read_image("train", key))


def test_files_that_cannot_be_decoded_are_refused_when_they_are_read(tmp_path):
    root = write_folder(tmp_path / "folder")
    raw = np.zeros((12, 16), np.uint8)
    raw[2, 3] = 77
    cv2.imwrite(str(root / "masks" / "train" / "street_001.png"), raw)
    path = root / "images" / "val" / "street_002.png"
    path.write_bytes(path.read_bytes()[:-40])
    dataset = open_dataset("folder", tmp_path)
    found = decode(dataset, tmp_path / "decoded")
    for read, split, key in (("mask", "train", "street_001"), ("image", "val", "street_002")):
        messages = []
        for one in (found, dataset):
            with pytest.raises(DatasetError) as caught:
                getattr(one, read)(split, key)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]
        assert key in messages[0]
    np.testing.assert_array_equal(
        found.image("train", "street_001"), dataset.read_image("train", "street_001")
    )


def test_a_file_that_changes_meanwhile_is_refused(unequal, tmp_path):
    facts = survey(unequal, ["val"]).splits["train"]
    parts = lay_out(tmp_path, unequal, "train", facts)
    path = next(iter(facts.values()))[1].path
    os.utime(path, ns=(0, 1))
    with pytest.raises(DatasetError, match=r"street_000.png changed since"):
        fill(tmp_path, unequal, parts[0], 1, lambda done: None)


def test_the_name_follows_files_size_labels_and_split(tmp_path):
    write_camvid(tmp_path / "camvid")

    def names(spec="camvid", split="train", **other):
        dataset = open_dataset(spec, tmp_path)
        facts = survey(dataset, ["val"]).splits[split]
        return name_of(dataset, {"spec": spec, **other}, split, facts)

    first = names()
    assert names() == first
    assert str(first) == f"{first.of}-{first.state}"
    assert names(split="val") != first
    resized = names({"name": "camvid", "resize": [5, 9]})
    assert resized.of != first.of
    assert names(further=1).of != first.of
    for folder in ("train", "trainannot"):
        before = names()
        os.utime(tmp_path / "camvid" / folder / "0006R0_f00930.png", ns=(7, 7))
        assert names().of == first.of
        assert names().state != before.state


def test_scenes_have_no_name(tmp_path):
    scenes = open_dataset("synthetic:3,1", tmp_path)
    assert name_of(scenes, {}, "train", survey(scenes, ["val"]).splits["train"]) is None
