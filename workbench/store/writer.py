"""The write side, for the engine only: a store, an experiment, a run (see ``docs/store.md``)."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.config import ExperimentConfig, Method, parse_config
from workbench.errors import ConfigError, StoreError, WorkbenchError, shown
from workbench.geometry import Geometry
from workbench.observation import Embeddings
from workbench.reading import resolved
from workbench.store import (
    arrays,
    contents,
    embeddings,
    files,
    layout,
    locks,
    pools,
    report_writer,
    schema,
)
from workbench.store.aside import clear
from workbench.store.cards import card_to
from workbench.store.cycle_writer import CycleWriter
from workbench.store.definition import require_same
from workbench.store.experiment import ExperimentRecord, Run
from workbench.store.reader import open_store
from workbench.store.records import Keep, ScoreInfo
from workbench.store.report_writer import Measurements
from workbench.store.run_writer import RunWriter
from workbench.types import DatasetCard, UnitIds

_LIBRARIES = (
    "al-workbench",
    "torch",
    "torchvision",
    "segmentation-models-pytorch",
    "numpy",
    "zarr",
)


def create_store(path: Path) -> Path:
    """Make a store, or check the existing one.

    Raises:
        StoreError: if it cannot be made, or the folder holds something else.
        StoreVersionError: if another version of this package made it.
    """
    files.make_folder(path)
    if files.is_there(path / layout.STORE):
        contents.read(path / layout.STORE, contents.Store)
        return path
    if not layout.is_fresh(path):
        raise StoreError(
            f"The folder {path} holds other files and is not a run store; choose a --store that is "
            "new, empty or a run store."
        )
    lock = locks.Lock(path / layout.STORE_LOCK, f"The store {path}")
    lock.acquire(waiting=lambda _: None)  # another process may make it now, which takes no time
    try:
        files.remove_asides(path)
        if not files.is_there(path / layout.STORE):
            values = schema.record("store", created=time.time())
            files.write_bytes(path / layout.STORE, schema.to_bytes(values))
    finally:
        lock.release()
    return path


def create_experiment(
    store: Path,
    config: ExperimentConfig,
    *,
    card: DatasetCard,
    pool: Geometry,
    methods: Sequence[Method],
    data_dir: Path,
    dataset_digest: Mapping[str, Any] | None = None,
    compute: Mapping[str, Any] | None = None,
) -> ExperimentWriter:
    """Make an experiment, or update the record of the one with the same id.

    Methods, seeds, cycles, scores and retention may differ from the stored ones; the record then
    holds the new ones. What is published never changes.

    Args:
        store: the store's folder; made if it does not exist.
        config: the resolved config; its id is the experiment's.
        card: the card of the dataset.
        pool: the geometry of the pool.
        methods: the config's methods, complete.
        data_dir: the folder that the dataset is read from now.
        dataset_digest: the content digest of the dataset; that of an existing experiment stays.
        compute: precision and threads, as resolved; those of an existing experiment stay.

    Raises:
        StoreError: if writing fails, or the stored pool is another one.
        ConfigError: if a method was run under the same name with another definition, or the record
            would not be read back equal; nothing of it is written then.
        StoreLockedError: if another process makes or runs it.
    """
    folder = layout.experiment(create_store(store), config.id)
    files.make_folder(folder)
    with _lock(folder, config.id):
        files.remove_asides(folder)
        if files.is_there(folder / layout.EXPERIMENT):
            _same_pool(ExperimentRecord(folder), pool)
            _same_methods(folder, methods)
            _grow(folder, config, methods, data_dir)
            return ExperimentWriter(folder)
        if any((folder / "runs").glob("*/cycles/*")):
            _same_pool_as_runs(folder, pool)
        values = schema.record(
            "experiment",
            id=config.id,
            config=config.plain(),
            card=card_to(card),
            methods=[method.model_dump(mode="json") for method in methods],
            created=time.time(),
            data_dir=str(resolved(data_dir)),
            compute=dict(compute or {}),
            versions=_versions(),
            dataset_digest=dataset_digest,
            files={},
        )
        _require_readable(folder / layout.EXPERIMENT, values)
        written = pools.write(folder, pool)
        values["files"] = {name: files.sealed(folder / name) for name in written}
        files.write_bytes(folder / layout.EXPERIMENT, schema.to_bytes(values))
    return ExperimentWriter(folder)


def open_experiment(store: Path, experiment_id: str) -> ExperimentWriter:
    """Open an existing experiment for writing, e.g. in a worker process."""
    return ExperimentWriter(open_store(store).experiment(experiment_id).path)


class ExperimentWriter:
    """Writes one experiment. Opening it takes no lock.

    Args:
        path: the experiment's folder.

    Attributes:
        path: the experiment's folder.
        record: its read side.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.record = ExperimentRecord(path)

    def lock(self) -> locks.Lock:
        """Return the lock of the process that runs the experiment: ``with x.lock(): …``."""
        return _lock(self.path, self.record.id)

    def run(
        self, method: Method, seed: int, rests_on: Mapping[str, Any] | None = None
    ) -> RunWriter:
        """Return the writer of a run; use it in a ``with`` statement, which locks the run.

        Args:
            method: its complete definition.
            seed: the seed of the run.
            rests_on: what the run's results rest on beside experiment and method, e.g. the
                cycle-0 key. It is recorded; entering a run that was begun with another raises
                ConfigError.
        """
        return RunWriter(self.record, method, seed, rests_on)

    def run_lock(self, run: Run) -> locks.Lock:
        """Return a run's lock, for work on its published cycles; it does not change the status."""
        return locks.Lock(run.path / layout.RUN_LOCK, f"Run {run.id}")

    @contextmanager
    def shared_lock(self, key: str, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
        """Hold the lock of a shared cycle 0; call ``record.has_shared`` only inside.

        Args:
            key: the cycle-0 key.
            waiting: see :meth:`workbench.store.locks.Lock.acquire`.

        Raises:
            StoreLockedError: if another process holds it and ``waiting`` was not given.
        """
        folder = layout.shared(self.path, key)
        lock = locks.Lock(
            folder.with_name(f"{folder.name}.lock"),
            f"Cycle 0 ({key}) of experiment {self.record.id}",
        )
        lock.acquire(waiting)
        try:
            files.remove_asides(folder.parent, of=folder.name)
            yield
        finally:
            lock.release()

    def write_shared(
        self,
        key: str,
        *,
        labelled: UnitIds,
        scores: Sequence[ScoreInfo],
        keep: Keep | None = None,
        untrained: str | None = None,
    ) -> CycleWriter:
        """Return the writer of a shared cycle 0; the caller holds :meth:`shared_lock`.

        Args:
            key: the cycle-0 key.
            labelled: (L,) initial units, in the order of labelling.
            scores: the scores of the scan.
            keep: which parts are stored; everything if not given.
            untrained: the cycle-0 key of the embeddings by the network before training.
        """
        return CycleWriter(
            layout.shared(self.path, key),
            pool=self.record.geometry,
            number=0,
            labelled=labelled,
            scores=scores,
            keep=keep or Keep(),
            untrained=untrained,
            published=lambda: self.record.shared(key),
        )

    def has_untrained(self, key: str, embedding: str) -> bool:
        """Whether the embeddings by the network of a cycle 0 before training are stored."""
        return embeddings.has_untrained(layout.untrained(self.path, key, embedding))

    def training(self, key: str) -> AbstractContextManager[Path]:
        """Return the folder for the state of a shared cycle 0's training; see the run's."""
        return files.scratch(layout.training(self.path, key))

    @contextmanager
    def training_of_reference(self, name: str, seed: int) -> Iterator[Path]:
        """Give the folder for the state of a reference's training; see :meth:`training`.

        What a killed process left of its publication is removed first.
        """
        folder = layout.reference(self.path, name, seed).parent
        files.make_folder(folder)
        clear(folder, layout.REPORT)
        with self.training(f"reference-{folder.name}") as state:
            yield state

    def publish_reference(self, name: str, seed: int, found: Measurements, *, keep: bool) -> None:
        """Publish what a reference, a network trained on all units, measured.

        Args:
            name: the name of the reference.
            seed: its seed.
            found: what was measured.
            keep: whether the weights stay on disk.

        Raises:
            StoreError: if it is published already, or writing fails.
        """
        folder, pool = layout.reference(self.path, name, seed), self.record.geometry
        report_writer.publish(folder, pool, pool.unit_ids, found, keep=keep)

    def choice(self, key: str) -> dict[str, Any] | None:
        """Return the choice among several initial sets; ``None`` if none is stored."""
        path = layout.choice(self.path, key)
        if not files.is_there(path):
            return None
        return contents.published(path, contents.Choice).choice.model_dump()

    def write_choice(self, key: str, choice: Mapping[str, Any]) -> None:
        """Write the choice among several initial sets.

        Args:
            key: the cycle-0 key of the seed that chose; the caller holds its lock.
            choice: the choice, JSON-ready.

        Raises:
            StoreError: if writing fails.
        """
        path = layout.choice(self.path, key)
        files.make_folder(path.parent)
        files.write_bytes(path, schema.to_bytes(schema.record("choice", choice=dict(choice))))

    def untrained(
        self, key: str, embedding: str, labelled: npt.ArrayLike = ()
    ) -> Embeddings | None:
        """Return the embeddings by a cycle 0's network before training; ``None`` if not stored.

        Args:
            key: the cycle-0 key.
            embedding: the embedding's key, which ends in ``-initial``.
            labelled: (L,) units that are labelled now.
        """
        if not self.has_untrained(key, embedding):
            return None
        folder = layout.untrained(self.path, key, embedding)
        return embeddings.read_untrained(folder, np.asarray(labelled, np.int64))

    def write_untrained(self, key: str, embedding: str, vectors: Embeddings) -> None:
        """Write the embeddings by a cycle 0's network before training, for all cycles.

        The caller holds :meth:`shared_lock`.

        Args:
            key: the cycle-0 key.
            embedding: the embedding's key, which ends in ``-initial``.
            vectors: the vectors of every unit of the pool.

        Raises:
            StoreError: if writing fails.
        """
        embeddings.write_untrained(layout.untrained(self.path, key, embedding), vectors)


def _lock(folder: Path, experiment_id: str) -> locks.Lock:
    return locks.Lock(folder / layout.EXPERIMENT_LOCK, f"Experiment {experiment_id}")


def _same_pool(record: ExperimentRecord, pool: Geometry) -> None:
    if not pools.same(record.geometry, pool):
        raise StoreError(
            f"Experiment {record.id} was begun on a pool of {len(record.geometry)} units, the "
            f"dataset now gives {len(pool)}, or others; restore the images it was begun with "
            f"({record.data_dir}) or choose another --store."
        )


def _same_pool_as_runs(folder: Path, pool: Geometry) -> None:
    """Check the pool of an experiment whose record was set aside and whose runs are there."""
    stored = folder / layout.POOL
    if stored.exists() and not pools.same_table(arrays.read_table(stored), pool.table()):
        raise StoreError(
            f"The runs in {folder} were begun on another pool than the dataset now gives; restore "
            "the images they were begun with or choose another --store."
        )


def _same_methods(folder: Path, methods: Sequence[Method]) -> None:
    """Raise ConfigError for a method that was run under its name with another definition."""
    defined = {method.name: method.model_dump(mode="json") for method in methods}
    for run in files.entries(folder / "runs"):
        path = run / layout.RUN
        if files.is_there(path):
            name = contents.published(path, contents.Run).rests_on.method.get("name")
            if name in defined:
                require_same(path, {"method": defined[name]})


def _grow(
    folder: Path, config: ExperimentConfig, methods: Sequence[Method], data_dir: Path
) -> None:
    """Write the experiment's current config, methods and folder of the dataset."""
    values = schema.read(folder / layout.EXPERIMENT, "experiment")
    now = {
        "config": config.plain(),
        "methods": [method.model_dump(mode="json") for method in methods],
        "data_dir": str(resolved(data_dir)),
    }
    if any(values[name] != value for name, value in now.items()):
        _require_readable(folder / layout.EXPERIMENT, {**values, **now})
        files.write_bytes(folder / layout.EXPERIMENT, schema.to_bytes({**values, **now}))


def _require_readable(path: Path, values: dict[str, Any]) -> None:
    """Raise ConfigError unless an experiment's record will be read back equal."""
    try:
        found = contents.parse(schema.to_bytes(values), path, contents.Experiment)
        again = parse_config(found.config, "the experiment").plain()
    except WorkbenchError as error:
        raise _unwritable(shown(error, 150)) from error
    if [again, found.methods] != [values["config"], values["methods"]]:
        raise _unwritable("a number that is not finite, or a value of another type")


def _unwritable(found: str) -> ConfigError:
    return ConfigError(
        "The experiment cannot be stored as it is: its record would be read back otherwise "
        f"({found}); change what it names."
    )


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
