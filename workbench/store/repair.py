"""Brings the runs of a store back to their last whole prefix.

Nothing is deleted: what is damaged, and what rests on it, moves to ``set-aside/<time>/`` of the
store. The damage itself moves last, so that a repair that was killed can be run again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from workbench.errors import StoreLockedError
from workbench.naming import only_id
from workbench.store import files, layout, locks, schema
from workbench.store.examination import of_experiment
from workbench.store.findings import Findings, of_store
from workbench.store.integrity import Damage
from workbench.store.reader import open_store


@dataclass(frozen=True)
class Repair:
    """What a repair found and did, or would do.

    Attributes:
        damages: what is damaged, the file and what is wrong with it.
        moved: paths below the store that are set aside.
        folder: the folder that they are in now; ``None`` if nothing is moved.
        again: run id ► numbers of the cycles that the same ``workbench run`` trains again.
        written: paths below the store that are written again from what is whole.
    """

    damages: tuple[Damage, ...]
    moved: tuple[Path, ...]
    folder: Path | None
    again: Mapping[str, tuple[int, ...]]
    written: tuple[Path, ...]


def repair(store: Path, name: str | None = None, *, dry_run: bool = False) -> Repair:
    """Set aside what is damaged in a store, so that the same ``workbench run`` goes on.

    Args:
        store: the store's folder.
        name: id of an experiment or of a run, or the only start of one; everything if not given.
        dry_run: change nothing.

    Raises:
        StoreError: if there is no such store, experiment or run, or a file cannot be moved.
        StoreLockedError: if a run of it goes on.
        StoreVersionError: if another version of this package wrote a record of it.
    """
    if name is not None:
        open_store(store)
    found = of_store(store) if name is None else Findings()
    folders, only = _chosen(store, name)
    wanted = [lock for folder in folders for lock in _locks(folder)]
    wrong = tuple(lock.path for lock in wanted if locks.is_no_lock(lock.path))
    blocked = tuple(Damage(path, "is no file that can be locked") for path in wrong)
    with ExitStack() as held:
        for lock in wanted:
            if lock.path not in wrong:
                _hold(lock, held, dry_run=dry_run)
        found = found + Findings(blocked, moves=wrong)
        for folder in folders:
            found = found + of_experiment(folder, only)
        aside = _new_folder(store) if found.moves or found.replaced else None
        if not dry_run:
            _carry_out(store, aside, found)
    below = [path.relative_to(store) for path in (*found.replaced, *found.moves)]
    written = tuple(path.relative_to(store) for path in found.written)
    return Repair(found.damages, tuple(below), aside, found.again, written)


def _chosen(store: Path, name: str | None) -> tuple[list[Path], str | None]:
    """Return the folders of experiments to look at, and the only run's name if one was given."""
    experiments = _folders(layout.experiments(store))
    if name is None:
        return list(experiments.values()), None
    wanted, _, run = name.partition("/")
    experiment = experiments[only_id("experiment", wanted, list(experiments))]
    if not run:
        return [experiment], None
    return [experiment], only_id("run", run, list(_folders(experiment / "runs")))


def _folders(parent: Path) -> dict[str, Path]:
    entries = sorted(parent.iterdir()) if parent.is_dir() else []
    return {entry.name: entry for entry in entries if entry.is_dir()}


def _locks(experiment: Path) -> Iterator[locks.Lock]:
    """Yield the locks of everything that may write into an experiment."""
    name = experiment.name
    yield locks.Lock(experiment / layout.EXPERIMENT_LOCK, f"Experiment {name}")
    for run, folder in _folders(experiment / "runs").items():
        yield locks.Lock(folder / layout.RUN_LOCK, f"Run {name}/{run}")
    for lock in sorted((experiment / "shared").glob("*.lock")):
        yield locks.Lock(lock, f"Cycle 0 ({lock.stem}) of experiment {name}")


def _hold(lock: locks.Lock, held: ExitStack, *, dry_run: bool) -> None:
    if not dry_run:
        held.enter_context(lock)
    elif locks.is_held(lock.path):
        raise StoreLockedError(f"{lock.what} is in use; wait until it ends or stop it.")


def _new_folder(store: Path) -> Path:
    """Return the path of a folder that does not exist yet, named after the time (UTC)."""
    name = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    tries = (layout.set_aside(store, name + (f"-{n}" if n else "")) for n in count())
    return next(path for path in tries if not path.exists())


def _carry_out(store: Path, aside: Path | None, found: Findings) -> None:
    if aside is not None:
        files.make_folder(aside)
        told = [{"path": one.path.relative_to(store), "found": one.found} for one in found.damages]
        values = schema.record("repair", created=time.time(), damages=told)
        files.write_bytes(aside / layout.REPAIR, schema.to_bytes(values))
        for path in found.replaced:
            _move(store, aside, path)
    for path, data in found.written.items():
        files.make_folder(path.parent)
        files.write_bytes(path, data)
    if aside is not None:
        for path in found.moves:
            _move(store, aside, path)


def _move(store: Path, folder: Path, path: Path) -> None:
    target = folder / path.relative_to(store)
    files.make_folder(target.parent)
    with files.disk_errors(path):
        path.rename(target)
    files.sync_folder(target.parent)
    files.sync_folder(path.parent)
