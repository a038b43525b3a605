"""What each kind of record holds: every field's type and range, checked in one place.

A digest tells that a record is as it was written; these types tell that it can be used. Whatever
does not fit is a ``StoreError`` that names the file, the field and the advice.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    ConfigDict,
    Field,
    ValidationError,
)

from workbench.errors import shown
from workbench.store import files, schema, stamps
from workbench.store.fields import (
    Card,
    Content,
    Count,
    DatasetDigest,
    Files,
    Index,
    Labelled,
    Map,
    Network,
    Plain,
    Pool,
    Score,
    Split,
    Tap,
    Time,
)
from workbench.store.records import RunState

_KEPT = 4096
"""Records of published folders that stay in memory; one of a cycle takes about 10 KB. A run of a
thousand cycles has three for each."""

_KEPT_OF_RUNS = 10_000
"""Likewise records and states of runs, which take about 2 KB each."""


class Sealed(Content):
    """A record that lists files: those of its folder, or of an experiment's pool."""

    files: Files


class Store(Content):
    """``store.json``."""

    kind = "store"
    created: Time


class Experiment(Sealed):
    """``experiment.json``."""

    kind = "experiment"
    id: str
    config: Plain
    card: Card
    methods: list[Plain]
    created: Time
    data_dir: str
    compute: Plain
    versions: dict[str, str]
    dataset_digest: DatasetDigest | None


class Definition(Content):
    """What a run's results rest on; beside the method whatever the engine recorded."""

    model_config = ConfigDict(extra="allow")
    method: Plain


class Run(Content):
    """``run.json``."""

    kind = "run"
    id: str
    seed: Annotated[int, Field(ge=-(2**63), lt=2**64)]
    rests_on: Definition
    created: Time


class Status(Content):
    """``status.json``."""

    kind = "status"
    state: RunState
    cycle: Index
    cycles: Index
    phase: str
    done: Count
    total: Count
    heartbeat: Time
    message: str
    pid: Annotated[int, Field(ge=0, lt=2**63)] | None


class Published(Sealed):
    """The manifest of a folder that is published once and never changes."""

    created: Time
    revision: str


class Pointer(Published):
    """``cycle.json`` of a run's cycle 0 that points to a shared one."""

    kind = "cycle"
    number: Index
    shared: str


class Cycle(Published):
    """``cycle.json`` of a cycle with tables of its own, and of a shared cycle 0."""

    kind = "cycle"
    number: Index
    shared: None
    scores: list[Score]
    unit_scores: list[str]
    maps: list[Map]
    embeddings: list[str]
    features: Tap
    untrained: str | None
    networks: dict[str, Network]
    scan: str | None
    splits: Annotated[dict[str, Split], Field(min_length=1)]
    labelled: Labelled
    pool: Pool
    device: str
    extras: Plain


CYCLES: tuple[type[Pointer], type[Cycle]] = (Pointer, Cycle)
"""What a cycle's manifest may hold."""


class Supplement(Published):
    """``cycle.json`` of what was added to a cycle later."""

    kind = "supplement"
    scores: list[Score]
    unit_scores: list[str]
    maps: list[Map]
    embeddings: list[str]


class Selection(Published):
    """``selection.json``."""

    kind = "selection"


class Labels(Published):
    """``labels.json``."""

    kind = "labels"


class Report(Published):
    """``report.json``: a network that a report point measured at a cycle of a run."""

    kind = "report"
    number: Index
    learner: Plain
    model: Plain
    networks: Annotated[dict[str, Network], Field(min_length=1, max_length=1)]
    splits: Annotated[dict[str, Split], Field(min_length=1)]
    labelled: Labelled
    pool: Pool
    device: str
    extras: Plain


class State(Published):
    """``state.json``: what a run goes on from, and its last cycle does not keep."""

    kind = "state"
    number: Index
    unit_scores: list[str]
    embeddings: list[str]
    networks: dict[str, Network]


class Untrained(Published):
    """``untrained.json``."""

    kind = "untrained embeddings"


class Projection(Published):
    """``projection.json``."""

    kind = "projection"
    key: str
    parameters: Plain


class Process(Sealed):
    """``process.json``: a process that was started for a store."""

    kind = "process"
    pid: Annotated[int, Field(gt=1, lt=2**31)]
    born: str
    command: list[str]
    started: Time
    jobs: Annotated[int, Field(ge=1, le=2**31)]
    data: str | None


class Chosen(Content):
    """The initial set and the repetition of its training that start a cycle 0."""

    model_config = ConfigDict(extra="allow")
    set: Index
    repeat: Index


class Choice(Content):
    """``choices/<key>.json``."""

    kind = "choice"
    choice: Chosen


C = TypeVar("C", bound=Content)


def parse(data: bytes, path: Path, model: type[C]) -> C:
    """Decode and check a record.

    Args:
        data: the file's content.
        path: the file, for error messages.
        model: what it holds.

    Raises:
        StoreVersionError: if another version of this package wrote it.
        StoreError: if it is damaged, of another kind, or a field does not fit.
    """
    return checked(schema.parse(data, path, model.kind), path, model)


def read(path: Path, model: type[C]) -> C:
    """Read and check a record that may change; see :func:`parse`.

    Raises:
        FileNotFoundError: if there is no such file.
    """
    return parse(schema.read_bytes(path), path, model)


def checked(values: dict[str, Any], path: Path, model: type[C]) -> C:
    """Check the fields of a record whose digest fits."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = shown(".".join(map(str, first["loc"])), 45)
        found = f"holds something else than wanted at {where!r} ({first['msg']:.35})"
        raise schema.damaged(path, found) from None


def fields_of(path: Path, kind: str) -> dict[str, Any]:
    """Read and check a record whose kind is given by name, and return its fields; see :func:`read`.

    Raises:
        FileNotFoundError: if there is no such file.
    """
    found = schema.read(path, kind)
    models = {model.kind: model for model in (Experiment, Run, Status, Choice)}
    if kind == Cycle.kind:
        checked(found, path, Cycle if found.get("shared") is None else Pointer)
    elif kind in models:
        checked(found, path, models[kind])
    return found


def manifest(path: Path, *models: type[C]) -> C:
    """Read and check a manifest; see :func:`read`.

    Args:
        path: its file.
        models: what it holds; of two the first if it points to another folder.
    """
    values = schema.read(path, models[0].kind)
    return checked(values, path, models[-1] if values.get("shared") is None else models[0])


class _Recent:
    """Records of published folders by file and its state on disk; they are read once.

    A published record never changes: one with the same size, time and inode is the same.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[tuple[Any, ...], Content] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, path: Path, models: tuple[type[Content], ...]) -> Content:
        try:
            key = (path, files.stamp(path), models)
        except FileNotFoundError:
            raise
        except OSError:
            return manifest(path, *models)  # raises what is wrong with it
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = manifest(path, *models)
        with self._lock:
            self._found[key] = found
            if len(self._found) > self._most:
                self._found.popitem(last=False)
        return found


_RECENT, _OF_RUNS = _Recent(_KEPT), _Recent(_KEPT_OF_RUNS)


def published(path: Path, model: type[C]) -> C:
    """Read and check a record that never changes once it is there; see :func:`read`."""
    found = (_OF_RUNS if model is Run else _RECENT).read(path, (model,))
    assert isinstance(found, model)
    return found


_SINCE: OrderedDict[Path, tuple[str, float]] = OrderedDict()
"""A status ► its stamp, and since when by our clock."""
_SINCE_LOCK = threading.Lock()


def status(path: Path) -> Status:
    """Read and check the status of a run; one that lay still for a while is read once.

    Two writings within one tick of a file system's clock may leave the same stamp, so one that
    changed a moment ago is read each time; see :func:`read`.
    """
    stamp, now = stamps.of_file(str(path)), time.monotonic()
    with _SINCE_LOCK:
        before, since = _SINCE.get(path, ("", now))
        _SINCE[path] = (stamp, since if stamp == before else now)
        if len(_SINCE) > _KEPT_OF_RUNS:
            _SINCE.popitem(last=False)
    if not stamp or stamp != before or now - since < stamps.SETTLED:
        return read(path, Status)
    found = _OF_RUNS.read(path, (Status,))
    assert isinstance(found, Status)
    return found


def cycle(path: Path) -> Pointer | Cycle:
    """Read a cycle's manifest; see :func:`read`."""
    found = _RECENT.read(path, CYCLES)
    assert isinstance(found, Pointer | Cycle)
    return found
