"""The read side of a store: its experiments and their runs. It never creates or changes a file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from workbench.errors import StoreError, unknown_name
from workbench.store import contents, damage, files, index, layout, locks, schema, seen
from workbench.store.cycle import Cycle
from workbench.store.experiment import ExperimentRecord, Run
from workbench.store.projections import Projection, projection_running, read_projection


def open_store(path: str | Path) -> Store:
    """Open a run store for reading.

    Args:
        path: its folder, which may still be empty.

    Raises:
        StoreError: if there is no such folder, or it holds something else.
        StoreVersionError: if another version of this package made it.
    """
    return Store(Path(path))


class Store:
    """A run store, read-only. Opening it reads a single small file.

    Args:
        path: the store's folder.

    Attributes:
        path: the store's folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not files.is_folder(path):
            raise StoreError(
                f"There is no run store at {files.shown(path)}; name an existing one with --store, "
                "or make one with `workbench demo` or `workbench run`."
            )
        try:
            contents.read(path / layout.STORE, contents.Store)
        except FileNotFoundError:
            # the record of a store that is being made may have been written between the two reads
            if not layout.is_fresh(path) and not files.is_there(path / layout.STORE):
                if files.is_folder(layout.experiments(path)):
                    raise schema.damaged(path / layout.STORE, "is gone") from None
                raise StoreError(
                    f"The folder {files.shown(path)} is not a run store (it has no "
                    f"{layout.STORE}); name the --store that `workbench run` was given, or a new "
                    "one for a run."
                ) from None

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def experiments(self) -> list[ExperimentRecord]:
        """Return every experiment, the newest first.

        One whose record cannot be read is left out with a warning.
        """
        folders = [layout.experiments(self.path) / name for name in self.experiment_ids()]
        found = [record for _, record in damage.readable(folders, ExperimentRecord)]
        return sorted(found, key=lambda record: (-record.created, record.id))

    def experiment_ids(self) -> list[str]:
        """Return the id of every experiment, also of those whose record cannot be read."""
        return [f.name for f in files.entries(layout.experiments(self.path)) if _is_experiment(f)]

    def experiment(self, experiment_id: str) -> ExperimentRecord:
        """Return one experiment.

        Raises:
            StoreError: if there is none of that id; it suggests the nearest existing id. If its
                record is damaged or gone; the error names it.
        """
        folder = layout.experiment(self.path, experiment_id)
        if not _is_experiment(folder):
            names = [record.id for record in self.experiments()]
            raise StoreError(str(unknown_name(f"experiment in {self.path}", experiment_id, names)))
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
            StoreError: if there is none of that id; it suggests the nearest existing id.
        """
        layout.run(self.path, run_id)
        return self.experiment(run_id.partition("/")[0]).run(run_id)

    def metrics(self, experiment_id: str | None = None) -> pd.DataFrame:
        """Return every published cycle's metrics from the index, one row per cycle.

        Args:
            experiment_id: one experiment, or all.

        Returns:
            Columns experiment, run, method, seed, cycle, labelled_units, labelled_pixels,
            labelled_clicks (NaN where not counted), pool_units, pool_pixels, miou, pixel_accuracy
            (fractions), iou (a list of C values, NaN where absent); sorted by run and cycle.
        """
        return index.metrics(self.path, self.runs(experiment_id))

    def points(self, runs: Sequence[Run]) -> list[list[seen.Point]]:
        """Return mIoU and labelled units of each run's published cycles, by number.

        As many cycles in a few ms as ``run.cycles`` opens in seconds: what this process or the
        index has seen is not opened again (:mod:`workbench.store.seen`).

        Args:
            runs: runs of this store.
        """
        return [found for found, _ in seen.POINTS.look(self.path, runs)]

    def revisions(self, runs: Sequence[Run]) -> list[str]:
        """Return ``run.revision`` of each of many runs, as quickly as :meth:`points`."""
        about = {run.experiment.path: run.experiment for run in runs}
        references = {path: _references(record) for path, record in about.items()}
        looks = zip(runs, seen.REVISIONS.look(self.path, runs), strict=True)
        return [
            "-".join([run.id, *cycles, *reports, *references[run.experiment.path]])
            for run, (cycles, reports) in looks
        ]

    def projection(self, key: str) -> Projection | None:
        """Return a stored projection, or ``None`` if it was not computed yet.

        Args:
            key: the key of a ``workbench.projection.ProjectionRequest``.
        """
        return read_projection(self.path, key)

    def projection_running(self, key: str) -> bool:
        """Whether a process computes this projection now."""
        return projection_running(self.path, key)


def _is_experiment(folder: Path) -> bool:
    """Whether a folder holds an experiment's record, or what is only there beside one."""
    if files.is_there(folder / layout.EXPERIMENT) or files.is_there(folder / "runs"):
        return True
    made = files.is_there(folder / layout.POOL)  # is written shortly before the record
    return made and not locks.is_held(folder / layout.EXPERIMENT_LOCK)


def _references(record: ExperimentRecord) -> list[str]:
    return [f"{name}-s{seed}" for name, seed in record.referenced]


def run_of(cycle: Cycle) -> Run:
    """Return the run of a cycle.

    Raises:
        StoreError: if the cycle is a shared cycle 0 that was opened without a run, or the
            experiment's record is damaged or gone.
    """
    origin = cycle.origin
    if origin.run is None:
        raise StoreError(
            f"{cycle!r} was opened without its run; open it with store.run(run_id).cycle(0)."
        )
    folder = layout.experiment(origin.store, origin.experiment)
    try:
        changed = files.stamp(folder / layout.EXPERIMENT)
    except OSError:
        return ExperimentRecord(folder).run(origin.run)  # raises what is wrong with it
    return _record(folder, changed).run(origin.run)


@lru_cache(maxsize=4)
def _record(folder: Path, changed: tuple[int, int, int]) -> ExperimentRecord:  # noqa: ARG001 - cache key
    """Open an experiment once as long as its record stays the same: reading a pool takes long."""
    return ExperimentRecord(folder)
