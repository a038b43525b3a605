"""Files of a dataset are decoded once: the same results, whatever happens to the folder."""

import os
import shutil
import threading
from contextlib import nullcontext
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import workbench as wb
from tests.engine.test_experiment import write_folder
from workbench.datasets import file_index, open_dataset
from workbench.datasets.decoded import IMAGES, MASKS, Decoded
from workbench.datasets.folder import Folder
from workbench.datasets.survey import survey
from workbench.engine import decoded
from workbench.engine.decoded import (
    DecodePart,
    decode_once,
    decoded_splits,
    missing_bytes,
    require_room,
)
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.engine.workers import Link
from workbench.errors import DatasetError, StoppedError, StoreError
from workbench.pool.source import MaskLabels
from workbench.store import layout
from workbench.store.export import metrics_csv, selections_csv
from workbench.store.verification import verify
from workbench.types import image_numbers


@pytest.fixture
def config(small, tmp_path):
    write_folder(tmp_path / "folder")
    return small(
        dataset="folder",
        methods=["entropy"],
        units="grid:2x2",
        budget={"initial": 4, "per_cycle": 2, "cycles": 2},
    )


def exported(store):
    opened = wb.open_store(store)
    return metrics_csv(opened), selections_csv(opened)


def folders(store):
    return sorted(path for path in layout.decoded(store).iterdir() if path.is_dir())


def splits_of(config, store, data):
    plan = resolve(config)
    dataset = open_dataset(plan.config.dataset, data, plan.config.pool)
    return plan, dataset, decoded_splits(store, plan, dataset, survey(dataset, ["val"]))


def not_decoded(monkeypatch):
    def no(self, split, key):
        raise AssertionError(f"{key} of {split} was decoded")

    monkeypatch.setattr(Folder, "read_image", no)
    monkeypatch.setattr(Folder, "read_mask", no)


def test_a_run_with_and_without_gives_the_same_export(config, tmp_path):
    run_experiment(config, tmp_path / "with", tmp_path)
    run_experiment(config, tmp_path / "without", tmp_path, decoded=False)
    assert exported(tmp_path / "with") == exported(tmp_path / "without")
    assert len(folders(tmp_path / "with")) == 2
    assert not [p for p in layout.decoded(tmp_path / "without").glob("*") if p.is_dir()]


def test_a_run_decodes_nothing_itself(config, tmp_path, monkeypatch):
    plan, dataset, splits = splits_of(config, tmp_path / "store", tmp_path)
    decode_once(plan, tmp_path, dataset, splits, 1, lambda event: None)
    shutil.move(tmp_path / "store" / ".decoded", tmp_path / "decoded")
    events = []
    with monkeypatch.context() as patch:
        patch.setattr(
            decoded,
            "_decode",
            lambda *args: shutil.copytree(
                tmp_path / "decoded", tmp_path / "store" / ".decoded", dirs_exist_ok=True
            ),
        )
        not_decoded(patch)
        run_experiment(config, tmp_path / "store", tmp_path, on_event=events.append)
    counts = [event for event in events if event["event"] == "decode"]
    assert all(event["total"] == 6 for event in counts)
    assert events.index(counts[-1]) < [e["event"] for e in events].index("experiment")


def test_worker_processes_write_what_one_process_writes(config, tmp_path, monkeypatch):
    for place, jobs, worth in (("one", 1, 0), ("few", 2, 2**40), ("many", 2, 0)):
        monkeypatch.setattr(decoded, "_WORTH_PROCESSES", worth)
        plan, dataset, splits = splits_of(config, tmp_path / place, tmp_path)
        if place == "many":
            not_decoded(monkeypatch)  # in this process
        events = []
        decode_once(plan, tmp_path, dataset, splits, jobs, events.append)
        assert events[-1] == {"event": "decode", "done": 6, "total": 6}
    one, *others = (
        {
            p.relative_to(tmp_path / place): p.read_bytes()
            for p in (tmp_path / place).rglob("*.*")
            if p.parent.parent.name == ".decoded"
        }
        for place in ("one", "few", "many")
    )
    assert len(one) == 8
    assert all(other == one for other in others)


def test_a_file_with_another_time_is_decoded_again_and_the_old_folder_goes(config, tmp_path):
    store = tmp_path / "store"
    run_experiment(config, store, tmp_path)
    before = folders(store)
    os.utime(tmp_path / "folder" / "images" / "val" / "1.png", ns=(5, 5))
    shutil.rmtree(next((store / "experiments").iterdir()) / "runs")
    run_experiment(config, store, tmp_path)
    after = folders(store)
    assert len(after) == 2
    assert len(set(before) & set(after)) == 1, "that of the other split stays"


def test_the_folder_may_be_deleted_at_any_time(config, tmp_path):
    run_experiment(config, tmp_path / "whole", tmp_path)
    store = tmp_path / "store"

    def delete(event):
        if event["event"] in {"experiment", "cycle"}:
            shutil.rmtree(layout.decoded(store))
            layout.decoded(store).mkdir()

    run_experiment(config, store, tmp_path, on_event=delete)
    assert folders(store) == []
    assert exported(store) == exported(tmp_path / "whole")
    more = config.model_copy(update={"seeds": (0, 1)})
    run_experiment(more, store, tmp_path)
    assert len(folders(store)) == 2


def test_what_is_stopped_leaves_nothing_that_is_read(config, tmp_path, monkeypatch):
    store = tmp_path / "store"
    plan, dataset, splits = splits_of(config, store, tmp_path)

    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_once(plan, tmp_path, dataset, splits, 1, stop)
    assert folders(store) == []
    with monkeypatch.context() as patch:  # as after a kill: nothing is put away
        patch.setattr(decoded.files, "remove", lambda path: None)
        with pytest.raises(KeyboardInterrupt):
            decode_once(plan, tmp_path, dataset, splits, 1, stop)
    (left,) = folders(store)
    assert left.name.startswith(".aside-")
    assert not any(split.published for split in splits)
    decode_once(plan, tmp_path, dataset, splits, 1, lambda event: None)
    assert folders(store) == sorted(split.folder for split in splits)


def test_two_that_decode_at_once_decode_once(config, tmp_path, monkeypatch):
    parts, plain = [], DecodePart.__call__
    monkeypatch.setattr(
        DecodePart, "__call__", lambda self, link: parts.append(self.part) or plain(self, link)
    )
    errors = []

    def work():
        try:
            plan, dataset, splits = splits_of(config, tmp_path / "store", tmp_path)
            decode_once(plan, tmp_path, dataset, splits, 1, lambda event: None)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(part.split for part in parts) == ["train", "val"]


def test_no_room_is_refused_before_anything_is_written(config, tmp_path, monkeypatch):
    needed = 6 * 32 * 48 * 4
    free = [2 * needed - 1]
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(decoded.shutil, "disk_usage", lambda path: usage._replace(free=free[0]))
    for start in (run_experiment, forecast):
        with pytest.raises(StoreError, match=r"take 36\.0 KiB in .* KiB are free; .*--no-decode-o"):
            start(config, store=tmp_path / "store", data_dir=tmp_path)
    assert not (tmp_path / "store").exists()
    run_experiment(config, tmp_path / "store", tmp_path, decoded=False)
    free[0] = 2 * needed
    forecast(config, tmp_path, tmp_path / "other")


def test_what_changes_while_it_is_read_is_refused_and_the_same_command_runs(
    config, tmp_path, monkeypatch
):
    read = Folder.read_image

    def touched(self, split, key):
        for path in (tmp_path / "folder").rglob("*.png"):
            os.utime(path)
        return read(self, split, key)

    with monkeypatch.context() as change:
        change.setattr(Folder, "read_image", touched)
        with pytest.raises(DatasetError, match=r"changed since .* run the same command again"):
            run_experiment(config, tmp_path / "store", tmp_path)
    run_experiment(config, tmp_path / "store", tmp_path)
    run_experiment(config, tmp_path / "undisturbed", tmp_path)
    assert exported(tmp_path / "store") == exported(tmp_path / "undisturbed")


def test_the_dry_run_tells_the_size(config, tmp_path):
    store = tmp_path / "store"
    told = forecast(config, tmp_path, store).bytes
    without = forecast(config, tmp_path, store, decoded=False).bytes
    assert not store.exists()
    run_experiment(config, store, tmp_path)
    there = sum((f / name).stat().st_size for f in folders(store) for name in (IMAGES, MASKS))
    assert told["decoded pictures"] == there == 6 * 32 * 48 * 4
    assert told["total"] - without["total"] == there
    more = config.model_copy(update={"seeds": (0, 1)})
    assert forecast(more, tmp_path, store).bytes["decoded pictures"] == 0


def test_labels_cannot_leak_through_the_folder(config, tmp_path, monkeypatch):
    reading = []
    plain_mask, plain_read = Decoded.mask, MaskLabels._mask

    def mask(self, split, key):
        assert split != "train" or reading, f"the mask of {key} was read outside the label source"
        return plain_mask(self, split, key)

    def read(self, number):
        reading.append(1)
        try:
            return plain_read(self, number)
        finally:
            reading.pop()

    monkeypatch.setattr(Decoded, "mask", mask)
    monkeypatch.setattr(MaskLabels, "_mask", read)
    run_experiment(config, tmp_path / "store", tmp_path)


def test_a_store_is_whole_with_and_without_it(config, tmp_path):
    store = tmp_path / "store"
    run_experiment(config, store, tmp_path)
    for _ in range(2):
        assert not [one for one in verify(store) if one.damages or one.stray]
        assert [run.status.state for run in wb.open_store(store).runs()] == ["done"]
        shutil.rmtree(layout.decoded(store), ignore_errors=True)


def test_a_second_start_opens_no_heads(config, tmp_path, monkeypatch):
    monkeypatch.setattr(file_index, "SETTLED_NS", 0)
    store = tmp_path / "store"
    run_experiment(config, store, tmp_path)
    monkeypatch.setattr("workbench.datasets.files.header_of", None)
    forecast(config, tmp_path, store)


def test_a_mask_that_is_faulty_and_never_asked_for_stops_no_run(small, tmp_path):
    write_folder(tmp_path / "folder")
    budget = {"initial": 1, "per_cycle": 1, "cycles": 2}
    config = small(dataset="folder", methods=["random"], units="image", budget=budget)
    run_experiment(config, tmp_path / "whole", tmp_path)
    (run,) = wb.open_store(tmp_path / "whole").runs()
    labelled = set(image_numbers(run.cycle(1).labelled).tolist())
    left = min({0, 1, 2, 3} - labelled)
    cv2.imwrite(str(tmp_path / f"folder/masks/train/{left}.png"), np.full((32, 48), 9, np.uint8))
    run_experiment(config, tmp_path / "store", tmp_path)
    assert exported(tmp_path / "store") == exported(tmp_path / "whole")


def test_a_broken_image_is_named_when_it_is_read(config, tmp_path):
    path = tmp_path / "folder" / "images" / "val" / "1.png"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DatasetError, match=r"1\.png cannot be decoded"):
        run_experiment(config, tmp_path / "store", tmp_path)


# the numbers


@pytest.mark.parametrize(
    ("free", "sizes", "fits"),
    [
        (600, (100, 200), True),
        (599, (100, 200), False),
        (2**31 + 2**30, (2**31,), True),
        (2**31 + 2**30 - 1, (2**31,), False),
    ],
)
def test_as_much_stays_free_as_is_decoded_and_at_most_a_gibibyte(
    tmp_path, monkeypatch, free, sizes, fits
):
    places = []

    def disk_usage(place):
        places.append(place)
        return SimpleNamespace(free=free)

    monkeypatch.setattr(decoded.shutil, "disk_usage", disk_usage)
    splits = [SimpleNamespace(size=size, published=False, outdated=[]) for size in sizes]
    splits.append(SimpleNamespace(size=2**40, published=True, outdated=[]))
    assert missing_bytes(splits) == sum(sizes)
    dataset = SimpleNamespace(card=SimpleNamespace(name="folder"))
    with nullcontext() if fits else pytest.raises(StoreError, match="decode them at each use"):
        require_room(tmp_path / "not" / "there", dataset, splits)
    assert places == [tmp_path], "the nearest folder that is there"
    require_room(tmp_path, dataset, splits[-1:])
    assert len(places) == 1, "where nothing is missing nothing is asked"


def test_the_bytes_of_what_is_outdated_count_as_free(tmp_path, monkeypatch):
    monkeypatch.setattr(decoded.shutil, "disk_usage", lambda place: SimpleNamespace(free=150))
    (tmp_path / "old").mkdir()
    for name in "ab":
        (tmp_path / "old" / name).write_bytes(b"x" * 25)
    dataset = SimpleNamespace(card=SimpleNamespace(name="folder"))
    split = SimpleNamespace(size=100, published=False, outdated=[tmp_path / "old"])
    require_room(tmp_path, dataset, [split])
    (tmp_path / "old" / "a").write_bytes(b"x" * 24)
    with pytest.raises(StoreError):
        require_room(tmp_path, dataset, [split])


def test_a_part_tells_every_sixteen_images_and_at_its_end(tmp_path, monkeypatch):
    def fill(folder, dataset, part, readers, report):
        assert (dataset, readers) == ("opened", 3)
        for done in range(1, 41):
            report(done)

    monkeypatch.setattr(decoded, "fill", fill)
    part = SimpleNamespace(files=range(40))
    work = DecodePart(tmp_path, 3, None, opened="opened", part=part)
    told = []
    work(Link(told.append, lambda: False))
    assert told == [{"event": "decode", "done": n} for n in (16, 16, 8)]
    with pytest.raises(StoppedError):
        work(Link(told.append, lambda: True))
    assert len(told) == 3


def test_images_are_added_up_and_told_four_times_a_second(monkeypatch):
    told, now = [], [100.0]
    monkeypatch.setattr(decoded.time, "monotonic", lambda: now[0])
    tally = decoded._Tally(told.append, 10)
    for at, done in ((100.0, 2), (100.1, 3), (100.25, 1), (100.3, 3), (100.4, 1)):
        now[0] = at
        tally({"event": "decode", "done": done})
    assert told == [{"event": "decode", "done": n, "total": 10} for n in (2, 6, 10)]
