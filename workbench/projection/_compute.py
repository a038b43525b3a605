"""The request, the status and the computation of one projection."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.errors import ConfigError, ScoreError, WorkbenchError
from workbench.projection import PROJECTIONS, ProjectionEntry
from workbench.registry import Bound
from workbench.seeding import seed_of
from workbench.store import (
    Cycle,
    Projection,
    Store,
    files,
    layout,
    open_store,
    projection_lock,
    run_of,
    write_projection,
)
from workbench.types import UnitIds

LIMIT = 20_000
"""Most units that are projected and drawn; a larger pool is sampled."""

_FEWEST = 3
"""Fewest units that can be projected."""

State = Literal["missing", "running", "done", "failed"]


@dataclass(frozen=True)
class ProjectionRequest:
    """The request of one projection.

    Attributes:
        key: everything that the points depend on, as text.
        method: the projection method with its settings.
        seed: seed of the projection.
        unit_ids: (N,) the units to project, ascending.
        total: number of units of the pool; more than N if they were sampled.
    """

    key: str
    method: Bound[ProjectionEntry]
    seed: int
    unit_ids: UnitIds
    total: int


@dataclass(frozen=True)
class ProjectionStatus:
    """The status of a projection.

    Attributes:
        state: ``missing`` if it was never started, or its process was killed.
        stage: the step that its process computes now, in words.
        since: when the process started, seconds since 1970 (UTC); 0 if it does not run.
        message: what went wrong.
    """

    state: State
    stage: str = ""
    since: float = 0.0
    message: str = ""


def request(
    cycle: Cycle, method: str = "pca", seed: int = 0, *, limit: int = LIMIT
) -> ProjectionRequest:
    """Return the request of a projection of a cycle's pool.

    Args:
        cycle: a published cycle with embeddings.
        method: spec of ``PROJECTIONS``, e.g. ``umap:n_neighbors=30``.
        seed: the seed of the projection; another seed gives other points of the same pool.
        limit: most units that are projected.

    Raises:
        ConfigError: for an unknown method, or fewer than three units.
        NotStoredError: if the cycle holds no embeddings.
    """
    bound = PROJECTIONS.bind(method)
    embeddings = cycle.embeddings
    total = len(embeddings.unit_ids)
    if total < _FEWEST:
        raise ConfigError(
            f"{cycle!r} holds {total} embedded units; a projection needs at least {_FEWEST}."
        )
    rows = _sample(cycle, limit) if total > limit else np.arange(total)
    vectors = np.ascontiguousarray(embeddings.vectors[rows])
    ids = np.asarray(embeddings.unit_ids[rows], np.int64)
    content = hashlib.sha256(vectors.tobytes() + ids.tobytes()).hexdigest()[:32]
    key = f"{content}/{vectors.shape[1]}/{bound.key}/seed={seed}"
    return ProjectionRequest(key, bound, seed, ids, total)


def status(store: Store, wanted: ProjectionRequest) -> ProjectionStatus:
    """Report whether a projection is stored, running, failed or missing."""
    if store.projection(wanted.key) is not None:
        return ProjectionStatus("done")
    record = _read_record(store.path, wanted.key)
    if store.projection_running(wanted.key):
        return ProjectionStatus("running", record.get("stage", ""), record.get("since", 0.0))
    if record.get("message"):
        return ProjectionStatus("failed", message=record["message"])
    return ProjectionStatus("missing")


def compute(path: Path, run_id: str, cycle: int, method: str, seed: int = 0) -> Projection:
    """Compute a projection and store it; return the stored projection if there is one.

    Raises:
        WorkbenchError: if there is no such run, cycle or method, the cycle holds no embeddings, or
            another process computes the same projection. An error of the computation is recorded
            for :func:`status`.
    """
    store = open_store(path)
    opened = store.run(run_id).cycle(cycle)
    wanted = request(opened, method, seed)
    if (there := store.projection(wanted.key)) is not None:
        return there
    report = partial(_write_record, path, wanted.key)
    with projection_lock(path, wanted.key):
        started = time.time()
        try:
            report(stage="reading the embeddings", since=started)
            vectors = _vectors(opened, wanted)
            title = wanted.method.entry.title
            report(stage=f"computing {title} of {len(vectors):,} units", since=started)
            projection = _projection(wanted, vectors)
        except BaseException as error:
            reason = str(error) if isinstance(error, WorkbenchError) else f"A fault: {error!r}"
            report(message=reason)
            raise
        write_projection(path, projection)
        _record_path(path, wanted.key).unlink(missing_ok=True)
    return projection


def _projection(wanted: ProjectionRequest, vectors: np.ndarray[Any, Any]) -> Projection:
    points = wanted.method.call(vectors, wanted.seed) if vectors.std(axis=0).any() else None
    if points is None:  # all vectors are equal, so all points are
        points = np.zeros((len(vectors), 2))
    parameters = {
        "method": wanted.method.name,
        "title": wanted.method.entry.title,
        "settings": dict(wanted.method.options),
        "seed": wanted.seed,
        "units": len(wanted.unit_ids),
        "total": wanted.total,
    }
    return Projection(wanted.key, wanted.unit_ids, points, parameters)


def _vectors(cycle: Cycle, wanted: ProjectionRequest) -> np.ndarray[Any, Any]:
    embeddings = cycle.embeddings
    rows = np.searchsorted(embeddings.unit_ids, wanted.unit_ids)
    vectors = np.asarray(embeddings.vectors[rows], np.float64)
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        raise ScoreError(
            f"The embedding of unit {wanted.unit_ids[bad][0]} in {cycle!r} is not finite; its "
            "network is broken, so there is nothing to project."
        )
    return vectors


def _sample(cycle: Cycle, limit: int) -> np.ndarray[Any, Any]:
    """Return rows of units, even over the sequences; labelled and selected units are always in."""
    embeddings = cycle.embeddings
    places = run_of(cycle).experiment.geometry.places(embeddings.unit_ids)
    sequences = places["sequence"].astype(str).to_numpy()
    fixed = np.isin(embeddings.unit_ids, np.concatenate([cycle.labelled, cycle.selected]))
    free = np.flatnonzero(~fixed)
    rng = np.random.default_rng(seed_of(0, "projection sample"))
    shuffled = pd.Series(rng.permutation(free))
    # a unit's position within its sequence, as a share: the smallest shares are the same share of
    # every sequence
    groups = shuffled.groupby(sequences[shuffled.to_numpy()])
    share = (groups.cumcount() + 0.5) / groups.transform("size")
    room = max(limit - int(fixed.sum()), 0)
    taken = shuffled.to_numpy()[np.argsort(share.to_numpy(), kind="stable")[:room]]
    return np.sort(np.concatenate([np.flatnonzero(fixed), taken]))


def _record_path(store: Path, key: str) -> Path:
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return layout.projections(store) / f"{name}.json"


def _write_record(store: Path, key: str, **facts: Any) -> None:
    files.write_bytes(_record_path(store, key), json.dumps(facts).encode(), durable=False)


def _read_record(store: Path, key: str) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        values = json.loads(_record_path(store, key).read_bytes())
        if isinstance(values, dict):
            return values
    return {}
