"""The read side: a store, its experiments, their runs. It never creates or changes anything."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.config import ExperimentConfig, Method, parse_config
from workbench.errors import StoreError, unknown_name
from workbench.geometry import Geometry
from workbench.naming import run_id as name_run
from workbench.store import layout, locks, pools, schema
from workbench.store.cycle import Cycle
from workbench.store.events import read_events
from workbench.store.projections import Projection, projection_running, read_projection
from workbench.store.records import RunStatus
from workbench.types import DatasetCard


def open_store(path: str | Path) -> Store:
    """Open a run store for reading.

    Args:
        path: its folder; it may still be empty.

    Raises:
        StoreError: if there is no such folder, or it holds something else.
        StoreVersionError: if a newer version of this package made it.
    """
    return Store(Path(path))


class Store:
    """A run store, read-only. Making one reads a single small file.

    Args:
        path: the store's folder.

    Attributes:
        path: the store's folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise StoreError(
                f"There is no run store at {path}; name an existing one with --store, or make one "
                "with `workbench demo` or `workbench run`."
            )
        try:
            schema.read(path / layout.STORE, "store")
        except FileNotFoundError:
            # a store in the making may have got its record between the two looks
            if not layout.is_fresh(path) and not (path / layout.STORE).exists():
                raise StoreError(
                    f"The folder {path} is not a run store (it has no {layout.STORE}); name the "
                    "folder that was given to `workbench run` as --store."
                ) from None

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def experiments(self) -> list[ExperimentRecord]:
        """Return every experiment, the newest first."""
        found = [
            ExperimentRecord(entry)
            for entry in sorted(layout.experiments(self.path).glob("*"))
            if (entry / layout.EXPERIMENT).exists()
        ]
        return sorted(found, key=lambda record: (-record.created, record.id))

    def experiment(self, experiment_id: str) -> ExperimentRecord:
        """Return one experiment.

        Raises:
            StoreError: if there is none of that id, with the nearest known one.
        """
        folder = layout.experiment(self.path, experiment_id)
        if not (folder / layout.EXPERIMENT).exists():
            known = [record.id for record in self.experiments()]
            raise StoreError(str(unknown_name(f"experiment in {self.path}", experiment_id, known)))
        return ExperimentRecord(folder)

    def runs(self, experiment_id: str | None = None) -> list[Run]:
        """Return the runs of one experiment, or of all."""
        if experiment_id is not None:
            return self.experiment(experiment_id).runs()
        return [run for record in self.experiments() for run in record.runs()]

    def run(self, run_id: str) -> Run:
        """Return one run.

        Args:
            run_id: ``<experiment id>/<method>-s<seed>``.

        Raises:
            StoreError: if there is none of that id, with the nearest known one.
        """
        layout.run(self.path, run_id)
        runs = self.experiment(run_id.partition("/")[0]).runs()
        for run in runs:
            if run.id == run_id:
                return run
        raise StoreError(str(unknown_name("run", run_id, [run.id for run in runs])))

    def metrics(self, experiment_id: str | None = None) -> pd.DataFrame:
        """Return every published cycle's metrics, one row a cycle, quickly.

        Args:
            experiment_id: one experiment, or all.

        Returns:
            Columns experiment, run, method, seed, cycle, labelled_units, labelled_pixels,
            labelled_clicks (NaN where not counted), pool_units, pool_pixels, miou, pixel_accuracy
            (fractions), iou (a list of C values, NaN where absent); sorted by run and cycle.
        """
        from workbench.store.index import metrics

        return metrics(self, experiment_id)

    def projection(self, key: str) -> Projection | None:
        """Return a stored projection, or ``None`` if it was not computed yet.

        Args:
            key: everything it depends on; ``workbench.projection`` makes it.
        """
        return read_projection(self.path, key)

    def projection_running(self, key: str) -> bool:
        """Tell whether a job computes this projection right now."""
        return projection_running(self.path, key)


class ExperimentRecord:
    """One experiment: its resolved config, dataset card, pool and runs.

    Attributes:
        path: its folder.
        id: name and digest of the config.
        name: the config's name.
        config: the resolved config.
        card: the dataset's classes and colours.
        created: seconds since 1970 (UTC).
        data_dir: where its dataset was read.
        versions: versions of Python and the libraries that made it.
        compute: device, precision and threads, as resolved.
        revision: changes with the record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        data = (path / layout.EXPERIMENT).read_bytes()
        values = schema.parse(data, path / layout.EXPERIMENT, "experiment")
        self.id = str(values["id"])
        self.config: ExperimentConfig = parse_config(values["config"], str(path))
        self.name = self.config.name
        self.card = card_from(values["card"])
        self.created = float(values["created"])
        self.data_dir = Path(values["data_dir"])
        self.versions: dict[str, str] = dict(values["versions"])
        self.compute: dict[str, Any] = dict(values["compute"])
        self.revision = hashlib.sha256(data).hexdigest()[:16]
        self._methods = [Method(**method) for method in values["methods"]]

    def __repr__(self) -> str:
        return f"ExperimentRecord({self.id})"

    @cached_property
    def geometry(self) -> Geometry:
        """Where its units lie: for some of them, or for the whole pool without listing it."""
        return pools.read(self.path, self.config.units)

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
        """Whether a process works on this experiment."""
        return locks.is_held(self.path / layout.EXPERIMENT_LOCK)

    @property
    def pid(self) -> int | None:
        """The process that works on it, if there is one."""
        return locks.holder_pid(self.path / layout.EXPERIMENT_LOCK)

    def has_shared(self, key: str) -> bool:
        """Whether a shared cycle 0 is published."""
        return (layout.shared(self.path, key) / layout.CYCLE).exists()

    def runs(self) -> list[Run]:
        """Return its runs, method by method; those that have not started too."""
        return [Run(self, method, seed) for method in self._methods for seed in self.config.seeds]


class Run:
    """One method with one seed.

    Attributes:
        experiment: the experiment it belongs to.
        method: the method's definition.
        seed: the seed.
        id: ``<experiment id>/<method>-s<seed>``.
        path: its folder, which exists once the run has started.
    """

    def __init__(self, experiment: ExperimentRecord, method: Method, seed: int) -> None:
        self.experiment = experiment
        self.method = method
        self.seed = seed
        self.id = name_run(experiment.id, method.name, seed)
        self.path = experiment.path / "runs" / self.id.partition("/")[2]
        self._opened: dict[int, Cycle] = {}

    def __repr__(self) -> str:
        return f"Run({self.id})"

    @property
    def status(self) -> RunStatus:
        """Where the run stands now."""
        cycles = self.experiment.config.budget.cycles
        try:
            values = schema.read(self.path / layout.STATUS, "status")
        except FileNotFoundError:
            return RunStatus("pending", cycles=cycles)
        fields = {name: values[name] for name in RunStatus.__dataclass_fields__}
        if fields["state"] == "running" and not locks.is_held(self.path / layout.RUN_LOCK):
            # the process may have ended, properly, between the two looks
            again = schema.read(self.path / layout.STATUS, "status")["state"]
            fields["state"] = "interrupted" if again == "running" else again
        return RunStatus(**fields)

    @property
    def cycles(self) -> list[Cycle]:
        """The published cycles, by number."""
        return [self.cycle(number) for number in self.cycle_numbers]

    @property
    def cycle_numbers(self) -> list[int]:
        """Numbers of the published cycles."""
        folders = (self.path / "cycles").glob("[0-9]*")
        return sorted(int(f.name) for f in folders if (f / layout.CYCLE).exists())

    def cycle(self, number: int) -> Cycle:
        """Return a published cycle.

        Raises:
            StoreError: if it is not published.
        """
        if number not in self._opened:
            folder = layout.cycle(self.path, number)
            if not (folder / layout.CYCLE).exists():
                done = ", ".join(map(str, self.cycle_numbers)) or "none"
                raise StoreError(f"Run {self.id} has no cycle {number}; published so far: {done}.")
            self._opened[number] = open_cycle(folder, self)
        return self._opened[number]

    @property
    def revision(self) -> str:
        """Changes with every cycle that is published."""
        return "-".join([self.id, *(cycle.revision for cycle in self.cycles)])

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the run's events with number ``n`` above ``after``."""
        return read_events(self.path / layout.EVENTS, after)


def open_cycle(folder: Path, run: Run) -> Cycle:
    """Open a run's cycle, whose tables and maps may lie in a shared cycle 0."""
    key = schema.read(folder / layout.CYCLE, "cycle").get("shared")
    return Cycle(folder, run, layout.shared(run.experiment.path, key) if key else None)


def card_to(card: DatasetCard) -> dict[str, Any]:
    """Return a dataset card JSON-ready."""
    return {
        "name": card.name,
        "classes": list(card.classes),
        "palette": [list(map(int, colour)) for colour in card.palette],
        "void_id": int(card.void_id),
        "splits": dict(card.splits),
        "source": card.source,
        "image_size": list(map(int, card.image_size)) if card.image_size else None,
    }


def card_from(values: dict[str, Any]) -> DatasetCard:
    """Read a dataset card."""
    size = values["image_size"]
    return DatasetCard(
        name=values["name"],
        classes=tuple(values["classes"]),
        palette=tuple((int(r), int(g), int(b)) for r, g, b in values["palette"]),
        void_id=values["void_id"],
        splits=values["splits"],
        source=values["source"],
        image_size=(int(size[0]), int(size[1])) if size else None,
    )
