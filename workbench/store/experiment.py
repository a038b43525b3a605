"""The read side of an experiment and its runs."""

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
from workbench.store import layout, locks, pools, schema, selections
from workbench.store.cards import card_from
from workbench.store.cycle import Cycle
from workbench.store.events import read_events
from workbench.store.records import Labels, Origin, RunStatus, Selection


class ExperimentRecord:
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
        data = (path / layout.EXPERIMENT).read_bytes()
        values = schema.parse(data, path / layout.EXPERIMENT, "experiment")
        self.id = str(values["id"])
        self.config: ExperimentConfig = parse_config(values["config"], str(path))
        self.name = self.config.name
        self.card = card_from(values["card"])
        self.created = float(values["created"])
        self.data_dir = Path(values["data_dir"])
        self.dataset_digest: dict[str, Any] | None = values["dataset_digest"]
        self.versions: dict[str, str] = dict(values["versions"])
        self.compute: dict[str, Any] = dict(values["compute"])
        self.revision = hashlib.sha256(data).hexdigest()[:16]
        self._methods = [Method(**method) for method in values["methods"]]

    def __repr__(self) -> str:
        return f"ExperimentRecord({self.id})"

    @cached_property
    def geometry(self) -> Geometry:
        """The geometry of its pool: the place of each unit."""
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
        """Whether a process runs this experiment."""
        return locks.is_held(self.path / layout.EXPERIMENT_LOCK)

    @property
    def pid(self) -> int | None:
        """The id of the process that runs it, if there is one."""
        return locks.holder_pid(self.path / layout.EXPERIMENT_LOCK)

    def has_shared(self, key: str) -> bool:
        """Whether a shared cycle 0 is published."""
        return (layout.shared(self.path, key) / layout.CYCLE).exists()

    def has_choice(self, key: str) -> bool:
        """Whether the choice of one of several initial sets is stored."""
        return layout.choice(self.path, key).exists()

    def shared(self, key: str) -> Cycle:
        """Return a published shared cycle 0."""
        origin = Origin(layout.store_of(self.path), self.id, shared=key)
        return Cycle(layout.shared(self.path, key), origin, embedding=self.config.embedding.key)

    def runs(self) -> list[Run]:
        """Return its runs, method by method, with those that have not started.

        Stored runs that the config no longer lists come last, with ``listed`` False.
        """
        runs = [Run(self, method, seed) for method in self._methods for seed in self.config.seeds]
        listed = {run.path.name for run in runs}
        stored = sorted((self.path / "runs").glob(f"*/{layout.RUN}"))
        return runs + [self._unlisted(one) for one in stored if one.parent.name not in listed]

    def run(self, run_id: str) -> Run:
        """Return one run.

        Raises:
            StoreError: if there is no run of that id; it suggests the nearest existing id.
        """
        runs = self.runs()
        for run in runs:
            if run.id == run_id:
                return run
        raise StoreError(str(unknown_name("run", run_id, [run.id for run in runs])))

    def _unlisted(self, record: Path) -> Run:
        values = schema.read(record, "run")
        method = Method(**values["rests_on"]["method"])
        return Run(self, method, int(values["seed"]), listed=False)


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
            # the process may have ended, properly, between the two reads
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
            self._opened[number] = self._open(folder, number)
        return self._opened[number]

    def _open(self, folder: Path, number: int) -> Cycle:
        """Open a cycle, whose tables and maps may lie in a shared cycle 0."""
        key = schema.read(folder / layout.CYCLE, "cycle").get("shared")
        record, own = self.experiment, self.method.embedding
        return Cycle(
            folder,
            Origin(
                layout.store_of(record.path), record.id, self.id, key, self.method.name, self.seed
            ),
            data=layout.shared(record.path, key) if key else None,
            selection=layout.selection(self.path, number),
            embedding=own.of(record.config.embedding).key if own else record.config.embedding.key,
        )

    def require_gapless(self) -> None:
        """Check that nothing is gone that its published cycles rest on.

        Raises:
            StoreError: if a cycle, a selection or its labels are gone, or the shared cycle 0.
        """
        numbers = self.cycle_numbers
        for number, found in enumerate(numbers):
            cycle = layout.cycle(self.path, number) / layout.CYCLE
            if number != found:
                raise schema.damaged(cycle, "is gone, though later cycles are there")
            labels = layout.selection(self.path, number) / layout.LABELS
            if number < numbers[-1] and not labels.exists():
                raise schema.damaged(labels, "is gone, though later cycles are there")
        key = self.cycle(0).shared_key if numbers else None
        if key is not None and not self.experiment.has_shared(key):
            gone = layout.shared(self.experiment.path, key) / layout.CYCLE
            raise schema.damaged(gone, "is gone, though runs point to it")

    def selection(self, number: int) -> Selection | None:
        """Return the selection of a cycle, labelled or not; ``None`` if none is published."""
        return selections.read_selection(layout.selection(self.path, number))

    def labels(self, number: int) -> Labels | None:
        """Return the labels of a cycle's selection; ``None`` until they are there."""
        return selections.read_labels(layout.selection(self.path, number))

    @property
    def revision(self) -> str:
        """Changes with every cycle and every selection that is published."""
        return "-".join([self.id, *(cycle.revision for cycle in self.cycles)])

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the run's events with number ``n`` above ``after``."""
        return read_events(self.path / layout.EVENTS, after)
