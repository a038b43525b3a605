"""The index: every run and every cycle's metrics in one SQLite file, for fast tables.

Its second table has what a look at many runs needs of each cycle, with the stamps of all the
records that this rests on (``store.seen``).

It repeats values of the records: missing, stale, corrupt or on a read-only disk, it is rebuilt from
them. Writers refresh the file; readers copy it into memory, add missing rows to the copy, and never
write.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from workbench.metrics import OVERALL, PER_CLASS
from workbench.store import damage, files, layout, schema, stamps
from workbench.store.cycle import Cycle
from workbench.store.experiment import Run
from workbench.store.integrity import Damage

_VERSION = 5
_TABLE = """
CREATE TABLE IF NOT EXISTS cycles (
  experiment TEXT, run TEXT, method TEXT, seed INTEGER, cycle INTEGER, stamp TEXT, created REAL,
  labelled_units INTEGER, labelled_pixels INTEGER, labelled_clicks INTEGER, pool_units INTEGER,
  pool_pixels INTEGER,
  miou REAL, pixel_accuracy REAL, frequency_weighted_iou REAL, mean_dice REAL,
  mean_boundary_iou REAL, mean_object_f1 REAL, iou TEXT, dice TEXT, boundary_iou TEXT,
  object_f1 TEXT, digest TEXT, PRIMARY KEY (run, cycle)
)
"""
_SEEN = """
CREATE TABLE IF NOT EXISTS seen (
  run TEXT, cycle INTEGER, shared TEXT, stamp TEXT, whole_stamp TEXT, miou REAL,
  labelled_units INTEGER, revision TEXT, digest TEXT, PRIMARY KEY (run, cycle)
)
"""
_TABLES = (_TABLE, _SEEN)
_COLUMNS = [
    "experiment",
    "run",
    "method",
    "seed",
    "cycle",
    "labelled_units",
    "labelled_pixels",
    "labelled_clicks",
    "pool_units",
    "pool_pixels",
    *OVERALL,
    *PER_CLASS,
]


class SeenRow(NamedTuple):
    """A row of the table ``seen``.

    Attributes:
        run: the run's id.
        cycle: the cycle's number.
        shared: the key of the shared cycle 0 that it points to.
        stamp: of its manifest (:func:`workbench.store.stamps.of_cycle`).
        whole_stamp: of that and of what was published after it (``stamps.of_whole_cycle``).
        miou: on the reported split, a fraction; NaN if nothing was measured.
        labelled_units: units labelled before its selection.
        revision: the cycle's revision.
    """

    run: str
    cycle: int
    shared: str | None
    stamp: str
    whole_stamp: str
    miou: float
    labelled_units: int
    revision: str


def update(run: Run) -> None:
    """Add a run's published cycles to the store's index; ignore errors, as readers add them too."""
    path = layout.store_of(run.experiment.path) / layout.INDEX
    try:
        if path.is_symlink():  # nothing outside the store is written
            path.unlink()
        if path.exists() and not path.is_file():
            return
        with contextlib.closing(_connect(path)) as database:
            _refresh(database, [run])
            _refresh_seen(database, run)
    except OSError:
        return
    except sqlite3.DatabaseError as error:
        if not isinstance(error, sqlite3.OperationalError):  # corrupt: the next writer rebuilds it
            path.unlink(missing_ok=True)


def metrics(store: Path, runs: Sequence[Run]) -> pd.DataFrame:
    """Return every published cycle's metrics, one row per cycle.

    Args:
        store: the store's folder.
        runs: the runs whose cycles are listed.

    Returns:
        Columns experiment, run, method, seed, cycle, labelled_units, labelled_pixels,
        labelled_clicks (NaN where clicks were not counted), pool_units, pool_pixels, those of
        ``workbench.metrics.OVERALL`` (fractions, NaN where not measured) and of ``PER_CLASS``
        (each a list of C fractions, NaN where absent); sorted by run and cycle.
    """
    with contextlib.closing(_in_memory(store / layout.INDEX)) as database:
        _refresh(database, runs)
        table = pd.read_sql_query(f"SELECT {', '.join(_COLUMNS)} FROM cycles", database)
    table = table[table["run"].isin([run.id for run in runs])]
    table = table.astype(dict.fromkeys(OVERALL, float))  # one without a number holds None
    for name in PER_CLASS:
        table[name] = [_decode(text) for text in table[name]]
    return table.sort_values(["run", "cycle"], ignore_index=True)


def seen(store: Path, runs: Collection[str]) -> dict[str, list[SeenRow]]:
    """Return the rows of the table ``seen`` by run; none if the index cannot be read.

    A row that is not as it was written is left out.

    Args:
        store: the store's folder.
        runs: ids of runs.
    """
    path, found = store / layout.INDEX, dict[str, list[SeenRow]]()
    with contextlib.suppress(sqlite3.Error, OSError):
        if not path.is_file():  # SQLite would wait for a FIFO
            return {}
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=1.0)) as database:
            rows = (
                database.execute("SELECT * FROM seen").fetchall() if _is_current(database) else []
            )
        for row in rows:
            if row[0] in runs and row[-1] == _digest(row[:-1]):
                values = SeenRow(*row[:-1])
                miou = math.nan if values.miou is None else values.miou
                found.setdefault(values.run, []).append(values._replace(miou=miou))
    return found


def damages(store: Path) -> list[Damage]:
    """Return the index if it is damaged; it is written again from the records.

    What a writer that was killed left of its transaction is no damage: the next writer undoes it.
    """
    path = store / layout.INDEX
    if not files.is_there(path):
        return []
    if not path.is_file():  # SQLite would wait for a FIFO
        return [Damage(path, "is no file")]
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as database:
            found = database.execute("PRAGMA integrity_check").fetchone()[0]
            if found == "ok" and _version(database) == _VERSION:
                found = _fault(database)
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        found = "ok" if code == sqlite3.SQLITE_READONLY_ROLLBACK else str(error)
    return [] if found == "ok" else [Damage(path, f"is damaged ({found})")]


def _connect(path: Path | str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=5.0)
    try:
        database.execute("PRAGMA synchronous = OFF")  # a power cut costs a rebuild, nothing more
        database.execute("BEGIN IMMEDIATE")
        if not _form(database):
            for table in _TABLES:
                database.execute(table)
            database.execute(f"PRAGMA user_version = {_VERSION}")
        database.commit()
        if not _is_current(database):
            raise sqlite3.DatabaseError("the index has another form")
    except BaseException:
        database.close()
        raise
    return database


def _in_memory(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    with contextlib.suppress(sqlite3.Error, OSError):
        if path.is_file() and _copy(path, database):  # SQLite would wait for a FIFO
            return database
    database.close()
    return _connect(":memory:")


def _copy(path: Path, database: sqlite3.Connection) -> bool:
    """Copy an index, and return whether it is as it was written."""
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=1.0)) as stored:
        if not _is_current(stored):
            return False
        stored.backup(database)
    return _is_sound(database)


def _fault(database: sqlite3.Connection) -> str:
    if _form(database) != _our_form():
        return "its table is defined otherwise"
    return "ok" if _is_sound(database) else "a row does not fit its digest"


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _is_current(database: sqlite3.Connection) -> bool:
    """Whether the index has the version and the form that this module writes, and no more."""
    return _version(database) == _VERSION and _form(database) == _our_form()


def _form(database: sqlite3.Connection) -> list[Any]:
    """Return the definitions of tables, views and triggers; a bit may have flipped there, too."""
    return database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()


@cache
def _our_form() -> list[Any]:
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        for table in _TABLES:
            database.execute(table)
        return _form(database)


def _is_sound(database: sqlite3.Connection) -> bool:
    """Whether every row is as it was written: a bit may have flipped in the file."""
    if database.execute("PRAGMA quick_check").fetchone()[0] != "ok":
        return False
    rows = [row for name in ("cycles", "seen") for row in database.execute(f"SELECT * FROM {name}")]
    return all(row[-1] == _digest(row[:-1]) for row in rows)


def _digest(row: Sequence[Any]) -> str:
    return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()


def _refresh(database: sqlite3.Connection, runs: Iterable[Run]) -> None:
    """Update the rows of some runs from their records."""
    for run in runs:
        stored = dict(database.execute("SELECT cycle, stamp FROM cycles WHERE run = ?", (run.id,)))
        found = {number: _stamp(run, number) for number in run.published}
        if stored == found:
            continue
        changed = [number for number, stamp in found.items() if stored.get(number) != stamp]
        for number in {*changed, *(stored.keys() - found.keys())}:
            database.execute("DELETE FROM cycles WHERE run = ? AND cycle = ?", (run.id, number))
        # one damaged cycle does not hide the others
        for number, cycle in damage.readable(changed, run.cycle):
            row = _row(run, cycle, found[number])
            marks = ", ".join("?" * (len(row) + 1))
            database.execute(f"INSERT INTO cycles VALUES ({marks})", (*row, _digest(row)))
    database.commit()


def _stamp(run: Run, number: int) -> str:
    return stamps.of_cycle(str(run.path), number)


def _refresh_seen(database: sqlite3.Connection, run: Run) -> None:
    """Update a run's rows of the table ``seen``; one with anything damaged has none."""
    kept = dict[int, str]()
    for number, shared, stamp in database.execute(
        "SELECT cycle, shared, whole_stamp FROM seen WHERE run = ?", (run.id,)
    ).fetchall():
        if stamp == _whole_stamp(run, number, shared):
            kept[number] = stamp
        else:
            database.execute("DELETE FROM seen WHERE run = ? AND cycle = ?", (run.id, number))
    fresh = Run(run.experiment, run.method, run.seed, listed=run.listed)
    for number in [number for number in run.published if number not in kept]:
        with damage.collected() as told:
            rows = [r for _, r in damage.readable([number], lambda n: _seen_row(fresh, n))]
        if rows and not told:
            marks = ", ".join("?" * (len(rows[0]) + 1))
            database.execute(f"INSERT INTO seen VALUES ({marks})", (*rows[0], _digest(rows[0])))
    database.commit()


def _seen_row(run: Run, number: int) -> tuple[Any, ...]:
    """Return a row; the stamps are taken before what they stand for is read."""
    stamp = _stamp(run, number)
    cycle = run.cycle(number)
    shared, whole = cycle.shared_key, _whole_stamp(run, number, cycle.shared_key)
    miou = schema.plain(cycle.metrics.miou)  # NaN as NULL
    labelled = cycle.metrics.labelled_units
    return (run.id, number, shared, stamp, whole, miou, labelled, cycle.revision)


def _whole_stamp(run: Run, number: int, shared: str | None) -> str:
    folder = str(layout.shared(run.experiment.path, shared)) if shared else None
    last = not files.is_there(layout.cycle(run.path, number + 1) / layout.CYCLE)
    return stamps.of_whole_cycle(str(run.path), number, _stamp(run, number), folder, last=last)


def _row(run: Run, cycle: Cycle, stamp: str) -> tuple[Any, ...]:
    m = cycle.metrics
    about = (run.experiment.id, run.id, run.method.name, run.seed)
    head = (*about, cycle.number, stamp, cycle.created)
    labelled = (m.labelled_units, m.labelled_pixels, m.labelled_clicks)
    counts = (*labelled, m.pool_units, m.pool_pixels)
    classes = (json.dumps(schema.plain(m.of_classes(name))) for name in PER_CLASS)
    overall = (schema.plain(m.value(name)) for name in OVERALL)  # NaN as NULL, which is read back
    return (*head, *counts, *overall, *classes)


def _decode(text: str) -> list[float]:
    return [float("nan") if value is None else value for value in json.loads(text)]
