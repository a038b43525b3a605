"""The read side of an experiment and its runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.config import ExperimentConfig, Method, parse_config
from workbench.errors import StoreError, WorkbenchError, unknown_name
from workbench.geometry import Geometry
from workbench.naming import run_id as name_run
from workbench.store import (
    contents,
    damage,
    files,
    layout,
    locks,
    pools,
    run_files,
    schema,
    selections,
)
from workbench.store.cards import card_from
from workbench.store.cycle import Cycle
from workbench.store.events import read_events
from workbench.store.records import Labels, Origin, RunStatus, Selection
from workbench.store.references import HasReferences
from workbench.store.report import Report
from workbench.store.run_files import run_record
from workbench.store.sealed import SealedFolder
from workbench.store.state import State


class ExperimentRecord(HasReferences):
    """One experiment: its resolved config, dataset card, pool and runs.

    Attributes:
        path: its folder.
        id: name and digest of the config.
        name: the config's name.
        config: the resolved config.
        card: the dataset's classes and colours.
        created: seconds since 1970 (UTC).
        data_dir: the folder that its dataset was read from.
        dataset_digest: the content digest of its dataset, as :mod:`workbench.datasets.digest` makes
            it; ``None`` if it was made without one.
        versions: versions of Python and of the libraries at its creation.
        compute: precision and threads, as resolved; each cycle records its own device.
        revision: changes with the record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path / layout.EXPERIMENT
        try:
            data = schema.read_bytes(self._file)
        except FileNotFoundError:
            raise _experiment_gone(self._file) from None
        values = contents.parse(data, self._file, contents.Experiment)
        if values.id != path.name:
            raise schema.damaged(self._file, f"is the record of {values.id:.60}")
        self.id = values.id
        with _fitting(self._file):
            self.config: ExperimentConfig = parse_config(values.config, files.shown(path))
            self.card = card_from(values.card)
            self._methods = [Method(**method) for method in values.methods]
        self.name = self.config.name
        self.created = values.created
        self.data_dir = Path(values.data_dir)
        self.dataset_digest: dict[str, Any] | None = (
            values.dataset_digest.model_dump() if values.dataset_digest else None
        )
        self.versions: dict[str, str] = dict(values.versions)
        self.compute: dict[str, Any] = dict(values.compute)
        self.revision = hashlib.sha256(data).hexdigest()[:16]
        self._sealed = SealedFolder(path, values.files, self._file)

    def __repr__(self) -> str:
        return f"ExperimentRecord({self.id})"

    @cached_property
    def geometry(self) -> Geometry:
        """The geometry of its pool: the place of each unit."""
        return pools.read(self._sealed, self.config.units)

    @cached_property
    def pool(self) -> pd.DataFrame:
        """Every unit: unit_id, image_id, image_number, y0, x0, y1, x1, area, sequence, frame.

        Windows may be millions; ``geometry.places(ids)`` gives the rows of some of them.
        """
        return self.geometry.places(self.geometry.unit_ids)

    @property
    def methods(self) -> list[Method]:
        """The methods compared, complete, in the config's order."""
        return list(self._methods)

    @property
    def running(self) -> bool:
        """Whether a process runs this experiment."""
        return locks.is_held(self.path / layout.EXPERIMENT_LOCK)

    @property
    def pid(self) -> int | None:
        """The id of the process that runs it, if there is one."""
        return locks.holder_pid(self.path / layout.EXPERIMENT_LOCK)

    def has_shared(self, key: str) -> bool:
        """Whether a shared cycle 0 is published."""
        return files.is_there(layout.shared(self.path, key) / layout.CYCLE)

    def has_choice(self, key: str) -> bool:
        """Whether the choice of one of several initial sets is stored."""
        return files.is_there(layout.choice(self.path, key))

    def shared(self, key: str) -> Cycle:
        """Return a published shared cycle 0.

        Raises:
            StoreError: if it is not there, or its manifest is damaged.
        """
        origin = Origin(layout.store_of(self.path), self.id, shared=key)
        return Cycle(
            layout.shared(self.path, key),
            origin,
            embedding=self.config.embedding.key,
            classes=len(self.card.classes),
        )

    def runs(self) -> list[Run]:
        """Return its runs, method by method, with those that have not started.

        Stored runs that the config no longer lists come last, with ``listed`` False. A run whose
        record is damaged is left out with a warning.
        """
        runs = [Run(self, method, seed) for method, seed in self._listed()]
        listed = {run.path.name for run in runs}
        begun = [run.path for run in runs]
        others = [p for p in files.entries(self.path / "runs") if p.name not in listed]
        others = [p for p in others if files.is_there(p / layout.RUN)]
        found = dict(damage.readable([*begun, *others], run_record))
        return [run for run in runs if run.path in found] + [
            run for _, run in damage.readable([p for p in others if p in found], self._unlisted)
        ]

    def run(self, run_id: str) -> Run:
        """Return one run.

        Raises:
            StoreError: if there is no run of that id; it suggests the nearest existing id. If its
                record is damaged; the error names it.
        """
        name = run_id.partition("/")[2]
        path = self.path / "runs" / layout.safe(name, "The run")
        found = run_record(path)
        for method, seed in self._listed():
            if name_run(self.id, method.name, seed) == run_id:
                return Run(self, method, seed)
        if found is not None and run_id == f"{self.id}/{name}":
            return self._unlisted(path)
        with damage.collected():
            names = [run.id for run in self.runs()]
        raise StoreError(str(unknown_name("run", run_id, names)))

    def _listed(self) -> list[tuple[Method, int]]:
        """Return method and seed of each run that its config lists."""
        seeds = self.config.seeds
        return [(method, seed) for method in self._methods for seed in method.seeds_of(seeds)]

    def _unlisted(self, path: Path) -> Run:
        values, file = contents.published(path / layout.RUN, contents.Run), path / layout.RUN
        with _fitting(file):
            method = Method(**values.rests_on.method)
        run = Run(self, method, values.seed, listed=False)
        if run.path != path:
            raise schema.damaged(file, f"is the record of {values.id:.60}")
        return run


def _experiment_gone(path: Path) -> StoreError:
    return StoreError(
        f"{files.shown(path)} is gone; `workbench run` with the experiment's own file writes it "
        "again and goes on with the runs that are whole."
    )


@contextmanager
def _fitting(path: Path) -> Iterator[None]:
    """Raise what does not fit the settings of this version as a StoreError that names the file."""
    try:
        yield
    except (WorkbenchError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise StoreError(
            f"{files.shown(path)} holds settings that this version does not read ({reason:.90}); "
            "read it with the version that wrote it."
        ) from error


class Run:
    """One method with one seed.

    Attributes:
        experiment: the experiment it belongs to.
        method: the method's definition.
        seed: the seed.
        id: ``<experiment id>/<method>-s<seed>``.
        path: its folder, which exists once the run has started.
        listed: whether the experiment's config still lists it.
    """

    def __init__(
        self, experiment: ExperimentRecord, method: Method, seed: int, *, listed: bool = True
    ) -> None:
        self.experiment = experiment
        self.method = method
        self.seed = seed
        self.listed = listed
        self.id = name_run(experiment.id, method.name, seed)
        self.path = experiment.path.joinpath("runs", self.id.partition("/")[2])
        self._opened: dict[int, Cycle] = {}

    def __repr__(self) -> str:
        return f"Run({self.id})"

    @property
    def status(self) -> RunStatus:
        """Where the run stands now.

        A damaged status is left out with a warning, and what the run holds tells where it stands;
        the next process that runs it writes a new one.
        """
        try:
            found = run_files.status(self.path)
            if found.state == "running" and not locks.is_held(self.path / layout.RUN_LOCK):
                # the process may have ended, properly, between the two reads
                found = run_files.status(self.path)
                if found.state == "running":
                    return replace(found, state="interrupted")
        except FileNotFoundError:
            if not self.published:
                return RunStatus("pending", cycles=self.experiment.config.budget.cycles)
            damage.warn(schema.damaged(self.path / layout.STATUS, "is gone"))
            return self._standing()
        except StoreError as error:
            damage.warn(error)
            return self._standing()
        return found

    def _standing(self) -> RunStatus:
        """Return where the run stands by its lock and its cycles alone."""
        cycles, done = self.experiment.config.budget.cycles, len(self.published)
        running = locks.is_held(self.path / layout.RUN_LOCK)
        return RunStatus("running" if running else "interrupted", max(done - 1, 0), cycles)

    @property
    def cycles(self) -> list[Cycle]:
        """The published cycles, by number.

        One whose manifest is damaged or gone is left out with a warning.
        """
        return [cycle for _, cycle in damage.readable(run_files.numbers(self.path), self.cycle)]

    @property
    def cycle_numbers(self) -> list[int]:
        """Numbers of :attr:`cycles`."""
        return [cycle.number for cycle in self.cycles]

    @property
    def published(self) -> list[int]:
        """Numbers of the published cycles, also of those that cannot be read."""
        return list(layout.numbered(self.path / "cycles", layout.CYCLE))

    def whole(self) -> list[int]:
        """Return the numbers of the published cycles if every one can be read and none is missing.

        Raises:
            StoreError: for the first that is damaged or gone, or whose labels are.
        """
        numbers = [self.cycle(number).number for number in run_files.numbers(self.path)]
        for number in numbers[:-1]:
            labels = layout.selection(self.path, number) / layout.LABELS
            if not files.is_there(labels):
                raise schema.damaged(labels, run_files.GAP)
        return numbers

    def cycle(self, number: int) -> Cycle:
        """Return a published cycle.

        Raises:
            StoreError: if it is not published, or its manifest is damaged or gone.
        """
        if number not in self._opened:
            folder = layout.cycle(self.path, number)
            if number < 0 or not files.is_there(folder / layout.CYCLE):
                if number in run_files.numbers(self.path):
                    raise schema.damaged(folder / layout.CYCLE, run_files.GAP)
                done = ", ".join(map(str, self.published)) or "none"
                raise StoreError(f"Run {self.id} has no cycle {number}; published so far: {done}.")
            self._opened[number] = self._open(folder, number)
        return self._opened[number]

    def _open(self, folder: Path, number: int) -> Cycle:
        """Open a cycle, whose tables and maps may lie in a shared cycle 0."""
        found = contents.cycle(folder / layout.CYCLE)
        if found.number != number:
            raise schema.damaged(folder / layout.CYCLE, f"is the manifest of cycle {found.number}")
        key = found.shared
        record, own = self.experiment, self.method.embedding
        return Cycle(
            folder,
            Origin(
                layout.store_of(record.path), record.id, self.id, key, self.method.name, self.seed
            ),
            data=layout.shared(record.path, key) if key else None,
            selection=layout.selection(self.path, number),
            embedding=own.of(record.config.embedding).key if own else record.config.embedding.key,
            classes=len(record.card.classes),
        )

    @property
    def reports(self) -> list[Report]:
        """What report points measured, by the number of the cycle.

        One that is damaged is left out with a warning.
        """
        return [found for _, found in damage.readable(self.reported, self._report)]

    @property
    def reported(self) -> list[int]:
        """Numbers of the cycles with a published report, also of those that cannot be read."""
        return list(layout.numbered(layout.reports(self.path), layout.REPORT))

    def report(self, number: int) -> Report | None:
        """Return what a report point measured at a cycle; ``None`` if nothing is published.

        Raises:
            StoreError: if it is damaged.
        """
        there = files.is_there(layout.report(self.path, number) / layout.REPORT)
        return self._report(number) if there else None

    def _report(self, number: int) -> Report:
        return Report(layout.report(self.path, number), len(self.experiment.card.classes))

    def state(self, number: int) -> State | None:
        """Return what the run goes on from after a cycle that does not keep it; ``None`` if gone.

        Raises:
            StoreError: if it is damaged.
        """
        path = layout.state(self.path, number)
        return State(path) if files.is_there(path / layout.STATE) else None

    def selection(self, number: int) -> Selection | None:
        """Return the selection of a cycle, labelled or not; ``None`` if none is published."""
        return selections.read_selection(layout.selection(self.path, number))

    def labels(self, number: int) -> Labels | None:
        """Return the labels of a cycle's selection; ``None`` until they are there."""
        return selections.read_labels(layout.selection(self.path, number))

    @property
    def revision(self) -> str:
        """Changes with every cycle, selection, report and reference that is published."""
        readable = damage.readable(self.cycles, lambda cycle: cycle.revision)
        beside = [found.revision for found in self.reports]
        beside += [f"{name}-s{seed}" for name, seed in self.experiment.referenced]
        return "-".join([self.id, *(revision for _, revision in readable), *beside])

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the run's events with number ``n`` above ``after``.

        Damaged ones are left out with a warning.
        """
        if self.published and not files.is_there(self.path / layout.EVENTS):
            damage.warn(schema.damaged(self.path / layout.EVENTS, "is gone"))
        return read_events(self.path / layout.EVENTS, after)
