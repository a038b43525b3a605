"""Decodes the files of a dataset once for all runs, into a folder of the store that may be deleted.

Who decodes masks of the training split: worker processes of this module, which hand bytes from file
to file before a run starts. Nothing that scores or selects reads them; the label source alone does.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from workbench.component import Component
from workbench.compute import usable_cores
from workbench.datasets import open_dataset
from workbench.datasets.ahead import READERS
from workbench.datasets.decoded import BYTES_PER_PIXEL, RECORD, Decoded, Name, name_of
from workbench.datasets.decoding import Part, fill, lay_out, seal
from workbench.engine.events import PROGRESS_INTERVAL, Event, OnEvent, stopped
from workbench.engine.stopping import raise_first, stoppable
from workbench.engine.workers import Executor, Link, Task, executor, run_tasks
from workbench.errors import StoreError, shown
from workbench.printable import byte_size
from workbench.store import files, layout
from workbench.store.locks import Lock

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.datasets.survey import Facts, Survey
    from workbench.engine.plan import Plan

_LEAST_FREE = 2**30
"""Bytes that stay free, for the runs; of a small dataset as many as it takes itself."""

_WORTH_PROCESSES = 2**28
"""Decoded bytes from which on worker processes decode: starting them takes a second or two."""

_TOLD_EVERY = 16
"""Images of a part between two reports."""

OPTION = "--no-decode-once"


@dataclass(frozen=True)
class DecodedSplit:
    """A split whose pictures are, or will be, in the store.

    Attributes:
        split: the split.
        name: the name of its folder.
        folder: the folder.
        size: bytes of its images and masks.
        facts: what its files are.
    """

    split: str
    name: Name
    folder: Path
    size: int
    facts: Facts

    @property
    def published(self) -> bool:
        """Whether it is there."""
        return files.is_there(self.folder / RECORD)

    @property
    def outdated(self) -> list[Path]:
        """The folders of the same split with files that have changed since."""
        entries = files.entries(self.folder.parent)
        named = [e for e in entries if e.name.startswith(f"{self.name.of}-") and e.is_dir()]
        return [entry for entry in named if entry != self.folder]


def decoded_splits(
    store: Path, plan: Plan, dataset: SegmentationDataset, seen: Survey
) -> list[DecodedSplit]:
    """Return the splits of a dataset of files, each with its folder; none for a built-in dataset.

    Args:
        store: the store.
        plan: the planned experiment.
        dataset: its dataset.
        seen: what its files are.
    """
    found = []
    for split, facts in seen.splits.items():
        settings = {"dataset": _without(plan.config.dataset, "root")}
        if split == "train":
            settings["pool"] = _without(plan.config.pool, "file")
        if (name := name_of(dataset, settings, split, facts)) is None:
            continue
        pixels = sum(height * width for height, width in (dataset.size(split, k) for k in facts))
        folder = layout.decoded(store) / str(name)
        found.append(DecodedSplit(split, name, folder, pixels * BYTES_PER_PIXEL, facts))
    return found


def _without(component: Component, key: str) -> dict[str, Any]:
    """Return a part of an experiment, JSON-ready, without what names a place on this machine."""
    return {k: v for k, v in component.model_dump(mode="json").items() if k != key}


def missing_bytes(splits: list[DecodedSplit]) -> int:
    """Return the bytes that are still to be written."""
    return sum(split.size for split in splits if not split.published)


def require_room(store: Path, dataset: SegmentationDataset, splits: list[DecodedSplit]) -> None:
    """Check that the decoded pictures fit on the disk.

    Raises:
        StoreError: if they do not.
    """
    needed = missing_bytes(splits)
    if not needed:
        return
    place = next(f for f in (store, *store.absolute().parents) if f.exists())
    stale = sum(_bytes_in(folder) for split in splits for folder in split.outdated)
    free = shutil.disk_usage(place).free + stale
    if free < needed + min(needed, _LEAST_FREE):
        raise StoreError(
            f"Decoded once, the images and masks of {shown(dataset.card.name, 40)} take "
            f"{byte_size(needed)} in {shown(layout.decoded(store), 60)}, and {byte_size(free)} are "
            "free; free "
            f"some, choose another --store, or decode them at each use ({OPTION})."
        )


def decode_once(
    plan: Plan,
    data_dir: Path,
    dataset: SegmentationDataset,
    splits: list[DecodedSplit],
    jobs: int | None,
    on_event: OnEvent,
) -> None:
    """Decode what is not in the store yet.

    Args:
        plan: the planned experiment.
        data_dir: holds one folder per dataset.
        dataset: its dataset.
        splits: from :func:`decoded_splits`.
        jobs: 1: all in this process; else as many worker processes as cores, where that pays.
        on_event: receives ``decode`` events.

    Raises:
        DatasetError: if a file changes meanwhile.
        StoreError: if there is no room.
        StoppedError: if a stop was requested.
    """
    missing = [split for split in splits if not split.published]
    if not missing:
        return
    alone = jobs == 1 or missing_bytes(missing) < _WORTH_PROCESSES
    config = plan.config
    opening = Opening(config.dataset.model_dump_json(), config.pool.model_dump_json(), data_dir)
    tally = _Tally(on_event, sum(len(split.facts) for split in missing))
    with executor(1 if alone else usable_cores(), tally) as where, stoppable(where):
        for split in missing:
            lock = Lock(split.folder.with_suffix(".lock"), f"the decoding of {split.folder.name}")
            lock.acquire(partial(_wait, where, on_event))
            try:
                if split.published:  # another process decoded it meanwhile
                    tally.add(len(split.facts))
                else:
                    _decode(opening, dataset, split, where)
            finally:
                lock.release()


def _wait(where: Executor, on_event: OnEvent, sentence: str) -> None:
    if where.stopping:
        raise stopped()
    on_event({"event": "decode", "text": sentence})


def _decode(
    opening: Opening,
    dataset: SegmentationDataset,
    split: DecodedSplit,
    where: Executor,
) -> None:
    """Decode a split aside and publish it; the caller holds its lock."""
    files.remove_asides(split.folder.parent, of=split.folder.name)
    for folder in split.outdated:
        files.remove(folder)
    aside = files.aside(split.folder)
    files.make_folder(aside)
    try:
        with files.disk_errors(split.folder):
            parts = lay_out(aside, dataset, split.split, split.facts)
        if where.slots == 1:
            address = partial(DecodePart, aside, READERS, opening, opened=dataset)
        else:
            address = partial(DecodePart, aside, 1, opening)
        tasks = [Task(f"{part.split} {part.first}", address(part=part)) for part in parts]
        raise_first(run_tasks(tasks, where, lambda _: True))
        with files.disk_errors(split.folder):
            seal(aside)
            aside.rename(split.folder)
    except BaseException:
        files.remove(aside)
        raise


@dataclass(frozen=True)
class Opening:
    """Opens a dataset.

    Attributes:
        dataset: name and settings of the dataset, as JSON.
        pool: name and settings of the pool scheme, as JSON.
        data_dir: holds one folder per dataset.
    """

    dataset: str
    pool: str
    data_dir: Path


@dataclass(frozen=True)
class DecodePart:
    """Decodes a part of a split; a task of :mod:`workbench.engine.workers`.

    Attributes:
        folder: is filled.
        readers: threads that decode at once.
        opening: opens the dataset in another process.
        opened: the dataset, where it need not be opened in another process.
        part: the images.
    """

    folder: Path
    readers: int
    opening: Opening
    opened: SegmentationDataset | None = None
    part: Part = field(kw_only=True)

    def __call__(self, link: Link) -> None:
        """Execute the task."""
        told = 0

        def report(done: int) -> None:
            nonlocal told
            if link.stopping():
                raise stopped()
            if done - told >= _TOLD_EVERY or done == len(self.part.files):
                link.emit({"event": "decode", "done": done - told})
                told = done

        dataset = self.opened or _opened(self.opening)
        with files.disk_errors(self.folder):
            fill(self.folder, dataset, self.part, self.readers, report)


@lru_cache(maxsize=1)
def _opened(opening: Opening) -> SegmentationDataset:
    """Open a dataset once per worker process."""
    cv2.setNumThreads(1)  # there is a process for each core
    dataset, pool = map(Component.model_validate_json, (opening.dataset, opening.pool))
    return open_dataset(dataset, opening.data_dir, pool)


class _Tally:
    """Adds up what the workers have decoded."""

    def __init__(self, emit: OnEvent, total: int) -> None:
        self._emit, self._total = emit, total
        self._done = 0
        self._last = 0.0

    def __call__(self, event: Event) -> None:
        self.add(event["done"])

    def add(self, images: int) -> None:
        """Count images; emit an event if the last one is some time ago, or all are done."""
        self._done += images
        now = time.monotonic()
        if self._done >= self._total or now - self._last >= PROGRESS_INTERVAL:
            self._last = now
            self._emit({"event": "decode", "done": self._done, "total": self._total})


def with_decoded(dataset: SegmentationDataset, splits: list[DecodedSplit]) -> SegmentationDataset:
    """Return a dataset that reads those splits from the store that are there."""
    folders = {split.split: split.folder for split in splits if split.published}
    return Decoded(dataset, folders) if folders else dataset


def _bytes_in(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in files.entries(folder))
