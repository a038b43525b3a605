"""The paths of a store. Names that users give (image ids, scores) never become paths.

::

    STORE/
      store.json                         the store's own record
      index.sqlite                       the index; can always be rebuilt
      projections/<hash>/                projection.json  points.parquet: an embedding in the plane
      launches/<name>/                   process.json  experiment.yaml  log.txt: a started process
      set-aside/<time>/                  what repairs moved there, with repair.json: why
      .decoded/                          pictures of datasets, decoded once; may be deleted
      experiments/<experiment id>/
        experiment.json  pool.parquet    config, dataset card; every unit of the pool
        unit_maps.npz                    where units follow the content of images
        experiment.lock
        shared/<cycle-0 key>/            a cycle 0 that several runs point to
        untrained/<cycle-0 key>/<embedding key>/   vectors by the network before training:
            untrained.json  unit_ids.npy  vectors.npy
        references/<name>-s<seed>/0000/  a network trained on the whole pool, as a report:
            report.json  networks/<name>.safetensors
        runs/<method>-s<seed>/
          run.json  status.json  events.jsonl  run.lock
          training/0001/                 state of a training while it lasts
          cycles/0000/                   one published cycle
            cycle.json                   its manifest, renamed in last: with it the cycle exists
            units.parquet  labelled.npy  rasters.parquet
            embeddings/<embedding key>/  unit_ids.npy  vectors.npy
            rasters/<number>/            zarr arrays: score maps, predictions, feature maps
            networks/<name>.safetensors
            supplements/<number>/        added later: cycle.json, units, embeddings …
          selections/0000/               the selection of that cycle, once it is published
            selection.json  selection.parquet
            labels.json  labels.parquet  its labels, once they are there
          state/0001/                    what is read next of the last cycle, which does not keep it
            state.json  units.parquet  embeddings/<embedding key>/  networks/<name>.safetensors
          reports/0000/                  the network that a report point measured at that cycle
            report.json  networks/<name>.safetensors
"""

from __future__ import annotations

import re
from pathlib import Path

from workbench.errors import StoreError
from workbench.store import files
from workbench.store.files import ASIDE

STORE = "store.json"
STORE_LOCK = "store.lock"
INDEX = "index.sqlite"
EXPERIMENT = "experiment.json"
POOL = "pool.parquet"
UNIT_MAPS = "unit_maps.npz"
EXPERIMENT_LOCK = "experiment.lock"
RUN = "run.json"
RUN_LOCK = "run.lock"
STATUS = "status.json"
EVENTS = "events.jsonl"
CYCLE = "cycle.json"
UNITS = "units.parquet"
LABELLED = "labelled.npy"
EMBEDDINGS = "embeddings"
VECTORS = "vectors.npy"
VECTOR_IDS = "unit_ids.npy"
RASTER_TABLE = "rasters.parquet"
RASTERS = "rasters"
NETWORKS = "networks"
SUPPLEMENTS = "supplements"
UNTRAINED = "untrained.json"
SELECTION = "selection.json"
PICKS = "selection.parquet"
LABELS = "labels.json"
REPORT = "report.json"
STATE = "state.json"
LABEL_TABLE = "labels.parquet"
PROJECTION = "projection.json"
PROCESS = "process.json"
POINTS = "points.parquet"
REPAIR = "repair.json"

_NAME = re.compile(r"[A-Za-z0-9_.+@-]+")
_NUMBER = re.compile(r"[0-9]{4,6}", re.ASCII)


def safe(name: str, what: str) -> str:
    """Return a name that may be part of a path.

    Args:
        name: the name.
        what: what it names, for the error, e.g. ``"The run"``.

    Raises:
        StoreError: if it holds other characters or starts with a dot.
    """
    if not _NAME.fullmatch(name) or name.startswith("."):
        raise StoreError(
            f"{what} {name!r} cannot be part of a path; wanted letters, digits and _ . + @ - only, "
            "not starting with a dot."
        )
    return name


def is_fresh(store: Path) -> bool:
    """Whether a folder is empty except for the files of a store that is being made."""
    return all(  # a file that its writer has renamed since is not a folder either
        entry.name.startswith((ASIDE, "store.")) and not entry.is_dir() for entry in store.iterdir()
    )


def experiments(store: Path) -> Path:
    """Return the folder of all experiments."""
    return store / "experiments"


def experiment(store: Path, experiment_id: str) -> Path:
    """Return an experiment's folder."""
    return experiments(store) / safe(experiment_id, "The experiment id")


def run(store: Path, run_id: str) -> Path:
    """Return a run's folder.

    Args:
        store: the store.
        run_id: ``<experiment id>/<method>-s<seed>``.

    Raises:
        StoreError: if it is not a run id.
    """
    experiment_id, separator, name = run_id.partition("/")
    if not separator:
        raise StoreError(
            f"{run_id!r} is not a run id; wanted <experiment id>/<method>-s<seed>, as in "
            "`workbench list`."
        )
    return experiment(store, experiment_id) / "runs" / safe(name, "The run")


def cycle(run_folder: Path, number: int) -> Path:
    """Return the folder of a run's cycle."""
    return run_folder / "cycles" / f"{number:04d}"


def selection(run_folder: Path, number: int) -> Path:
    """Return the folder of a run's selection from one of its cycles."""
    return run_folder / "selections" / f"{number:04d}"


def states(run_folder: Path) -> Path:
    """Return the folder of what a run goes on from, where its cycles do not keep it."""
    return run_folder / "state"


def state(run_folder: Path, number: int) -> Path:
    """Return the folder of what a run goes on from after one of its cycles."""
    return states(run_folder) / f"{number:04d}"


def reports(run_folder: Path) -> Path:
    """Return the folder of what a run's report points measured."""
    return run_folder / "reports"


def report(run_folder: Path, number: int) -> Path:
    """Return the folder of the network that was measured at a run's cycle."""
    return reports(run_folder) / f"{number:04d}"


def reference(experiment_folder: Path, name: str, seed: int) -> Path:
    """Return the folder of what a reference of an experiment measured with a seed."""
    return experiment_folder / "references" / safe(f"{name}-s{seed}", "The reference") / "0000"


def numbered(parent: Path, manifest: str = "") -> dict[int, Path]:
    """Return the folders ``0000``, ``0001`` … in a folder: number ► folder, ascending.

    Args:
        parent: the folder that they lie in; anything else in it is no part of the store.
        manifest: only those that hold this file; left out: all.
    """
    entries = [e for e in files.entries(parent) if _NUMBER.fullmatch(e.name)]
    found = {int(e.name): e for e in entries if e.name == f"{int(e.name):04d}"}
    return {n: e for n, e in sorted(found.items()) if not manifest or files.is_there(e / manifest)}


def is_followed(selection_folder: Path) -> bool:
    """Whether the cycle after the one of a selection is published."""
    following = cycle(selection_folder.parents[1], int(selection_folder.name) + 1)
    return files.is_there(following / CYCLE)


def network(cycle_folder: Path, name: str) -> Path:
    """Return the file of a network's weights."""
    return cycle_folder / NETWORKS / f"{safe(name, 'The network')}.safetensors"


def embedding(cycle_folder: Path, key: str) -> Path:
    """Return the folder of a cycle's vectors."""
    return cycle_folder / EMBEDDINGS / safe(key, "The embedding")


def shared(experiment_folder: Path, key: str) -> Path:
    """Return the folder of a shared cycle 0."""
    return experiment_folder / "shared" / safe(key, "The cycle-0 key")


def untrained(experiment_folder: Path, key: str, embedding_key: str) -> Path:
    """Return the folder of the vectors by the network of a cycle 0 before training."""
    folder = experiment_folder / "untrained" / safe(key, "The cycle-0 key")
    return folder / safe(embedding_key, "The embedding")


def choice(experiment_folder: Path, key: str) -> Path:
    """Return the record of the initial set that was chosen for the cycle 0s with a key."""
    return experiment_folder / "choices" / f"{safe(key, 'The cycle-0 key')}.json"


def training(folder: Path, name: str) -> Path:
    """Return the folder of the state of a training while it lasts.

    Args:
        folder: of a run, or of an experiment.
        name: a cycle's number, or the key of a shared cycle 0.
    """
    return folder / "training" / safe(name, "The training")


def experiment_of(cycle_folder: Path) -> Path:
    """Return the folder of the experiment that a cycle, shared or a run's, lies in."""
    return next(f for f in cycle_folder.parents if f.name in {"shared", "runs"}).parent


def store_of(experiment_folder: Path) -> Path:
    """Return the folder of the store that an experiment lies in."""
    return experiment_folder.parent.parent


def launches(store: Path) -> Path:
    """Return the folder of the processes that were started for a store."""
    return store / "launches"


def projections(store: Path) -> Path:
    """Return the folder of stored projections."""
    return store / "projections"


def decoded(store: Path) -> Path:
    """Return the folder of what was read from the files of datasets; it may be deleted."""
    return store / ".decoded"


def set_aside(store: Path, name: str) -> Path:
    """Return the folder that one repair moves to what it sets aside."""
    return store / "set-aside" / name
