"""An experiment goes on with the data that it was started on, and with no other."""

import os
import shutil

import cv2
import pytest

import workbench as wb
from tests.datasets.makers import CARD, write_camvid, write_folder
from workbench.datasets import digest as digests
from workbench.datasets import open_dataset
from workbench.datasets.digest import dataset_digest
from workbench.datasets.survey import survey
from workbench.datasets.synthetic import Synthetic
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.engine.rescan import rescan
from workbench.errors import DatasetError, shown

CAMVID = {
    "dataset": {"name": "camvid"},
    "methods": ["random"],
    "budget": {"initial": 4, "per_cycle": 4, "cycles": 1},
}


@pytest.fixture
def data(tmp_path):
    """Write a CamVid whose images have all one size in bytes."""
    write_camvid(tmp_path / "A" / "camvid", suffix=".bmp", size=(32, 48))
    return tmp_path / "A"


@pytest.fixture
def started(small, data, tmp_path):
    config = resolve(small(**CAMVID)).config
    run_experiment(config, tmp_path / "runs", data)
    return config


def _content(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _change_a_pixel(path):
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    image[3, 5] = (image[3, 5] + 1) % 11
    assert cv2.imwrite(str(path), image)


def test_other_pixels_in_files_of_the_same_names_and_sizes_are_refused(started, data, tmp_path):
    other = tmp_path / "B"
    shutil.copytree(data, other)
    _change_a_pixel(other / "camvid" / "train" / "0006R0_f00960.bmp")
    before = _content(tmp_path / "runs")
    sentences = set()
    for run in (run_experiment, lambda config, store, place: forecast(config, place, store)):
        with pytest.raises(DatasetError) as error:
            run(started, tmp_path / "runs", other)
        sentences.add(str(error.value))
    (sentence,) = sentences
    for part in ("/B/camvid", f"{str(data)[-20:]})", "0006R0_f00960.bmp"):
        assert part in sentence
    assert len(sentence) <= 300
    assert _content(tmp_path / "runs") == before, "nothing is written, and the data do not move"

    _change_a_pixel(data / "camvid" / "val" / "0006R0_f00930.bmp")
    run = f"{started.id}/random-s0"
    with pytest.raises(DatasetError, match=r"0006R0_f00930\.bmp"):
        rescan(tmp_path / "runs", run, ["margin"])


def test_the_same_data_elsewhere_are_accepted(started, data, tmp_path):
    other = tmp_path / "B"
    shutil.copytree(data, other)
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
    forecast(started, other, tmp_path / "runs")
    run_experiment(started, tmp_path / "runs", other)
    assert wb.open_store(tmp_path / "runs").experiment(started.id).data_dir == other


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("folder", ["", "annot"])
def test_a_pixel_of_any_png_outside_the_sample_changes_the_digest(
    tmp_path, monkeypatch, split, folder
):
    monkeypatch.setattr(digests, "_SAMPLE_BYTES", 1)
    write_camvid(tmp_path / "camvid", {"train": 6, "val": 4}, size=(64, 96))
    paths = sorted((tmp_path / "camvid" / f"{split}{folder}").iterdir())
    before, _ = _digest(tmp_path)
    for path in paths:
        original = path.read_bytes()
        _change_a_pixel(path)
        found, seen = _digest(tmp_path)
        assert digests.difference(before, found, seen) == f"the file {shown(path, 50)} is another"
        path.write_bytes(original)
    found, seen = _digest(tmp_path)
    assert digests.difference(before, found, seen) is None


def _digest(data_dir, component="camvid"):
    dataset = open_dataset(component, data_dir)
    seen = survey(dataset, ["val"])
    return dataset_digest(dataset, seen), seen


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("classes: [road, bus, tree]\n", "classes or label ids"),
        ("ids: [0, 2, 1]\n", "classes or label ids"),
        ("void: 254\n", "classes or label ids"),
        (r"sequence: '(?P<sequence>.+)_(?P<frame>\d+)'", "street_000.png is another"),
        ("palette: [[1, 1, 1], [0, 0, 142], [107, 142, 35]]\n", None),
        ("source: found in a drawer\n", None),
    ],
)
def test_a_card_that_gives_masks_another_meaning_is_other_data(tmp_path, change, words):
    write_folder(tmp_path / "folder")
    before, _ = _digest(tmp_path, "folder")
    key = change.partition(":")[0]
    kept = "".join(line for line in CARD.splitlines(True) if not line.startswith(key))
    (tmp_path / "folder" / "dataset.yaml").write_text(kept + change)
    found, seen = _digest(tmp_path, "folder")
    told = digests.difference(before, found, seen)
    assert told is None if words is None else words in told


def test_colours_are_the_meaning_of_masks_of_colours(tmp_path):
    write_folder(tmp_path / "folder", CARD + "masks: colours\n")
    before, _ = _digest(tmp_path, "folder")
    (tmp_path / "folder" / "dataset.yaml").write_text(
        CARD.replace("35]", "36]") + "masks: colours\n"
    )
    found, seen = _digest(tmp_path, "folder")
    assert "classes or label ids" in digests.difference(before, found, seen)


def test_a_renamed_image_is_named(tmp_path):
    write_camvid(tmp_path / "camvid")
    before, _ = _digest(tmp_path)
    for folder in ("train", "trainannot"):
        path = tmp_path / "camvid" / folder / "0006R0_f00960.png"
        path.rename(path.with_stem("0006R0_f00961"))
    found, seen = _digest(tmp_path)
    assert "0006R0_f00961.png is another" in digests.difference(before, found, seen)


def test_scenes_that_are_drawn_otherwise_are_refused(small, tmp_path, monkeypatch):
    config = small(methods=["random"], budget=CAMVID["budget"])
    run_experiment(config, tmp_path / "runs", tmp_path)
    run_experiment(config, tmp_path / "runs", tmp_path)
    plain = Synthetic.read_image
    monkeypatch.setattr(Synthetic, "read_image", lambda *args: 255 - plain(*args))
    with pytest.raises(DatasetError, match=r"the image 's000_f0\d' is another"):
        run_experiment(config, tmp_path / "runs", tmp_path)


def test_a_dataset_without_files_is_read_without_its_masks(tmp_path, monkeypatch):
    def no_mask(*_):
        raise AssertionError("a mask was read outside the label source")

    monkeypatch.setattr(Synthetic, "read_mask", no_mask)
    assert _digest(tmp_path, "synthetic:12,4")[0]["splits"]["val"]["content"]
