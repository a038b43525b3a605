"""Runs in a local MLflow store: a SQLite database, and a folder of artifacts beside it.

MLflow keeps runs in files no more (its 3.x refuses a folder as a tracking store), so the database
is what its own programs open: ``mlflow ui --backend-store-uri sqlite:///OUT/mlflow.db``.

A run bears the tag ``workbench.run``. One that is there already, with the same content, is left
alone; one that has grown is written again and the older one deleted. The tag ``workbench.revision``
comes last: a run without it was interrupted and is replaced the next time.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from workbench.errors import StoreError, shown
from workbench.exporters._entry import Chosen, Exported
from workbench.exporters._mlflow_names import name_of
from workbench.exporters._mlflow_tracked import RUN, Tracked, tracked_reference, tracked_run
from workbench.store import files
from workbench.viewer import still

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # is read when it is imported

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

for _name in ("mlflow", "alembic"):  # set here: importing MLflow sets its own level
    logging.getLogger(_name).setLevel(logging.WARNING)

_OUT = "--out"
DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
REVISION = "workbench.revision"
_MOST = 500
"""Metrics, or parameters, that are written at once; MLflow takes 1,000 and 100."""


def export(chosen: Chosen, out: Path, *, images: int) -> Exported:
    """Write runs with a cycle, and references, into ``OUT/mlflow.db`` and ``OUT/artifacts``.

    Args:
        chosen: the runs.
        out: the folder; a store of earlier exports in it is added to.
        images: number of images of a run whose prediction and score maps at the last cycle are
            among its artifacts.

    Raises:
        StoreError: if no run has a cycle, what lies there is no MLflow database, or writing fails.
    """
    references = chosen.references()
    begun, left_out = chosen.begun(references)
    runs = [tracked_run(chosen, run, images) for run in begun]
    runs += [tracked_reference(one) for one in references]
    files.make_folder(out, _OUT)
    database = out / DATABASE
    with _errors(database):
        client = _opened(database)
        written = [_write(client, run, out) for run in runs]
    names = [run.id for run, new in zip(runs, written, strict=True) if not new]
    notes = (f"{name} is there already, with the same content." for name in names)
    return Exported((database,), (*notes, *left_out))


def _opened(database: Path) -> MlflowClient:
    """Open the database; a new one is made aside, since an interruption leaves it half made."""
    if not files.is_there(database):
        temporary = files.aside(database)
        try:
            _require_writable(temporary)
            MlflowClient(tracking_uri=_uri(temporary)).search_experiments(max_results=1)
            temporary.replace(database)
        finally:
            temporary.unlink(missing_ok=True)
    _require_writable(database)
    return MlflowClient(tracking_uri=_uri(database))


def _require_writable(database: Path) -> None:
    """Check the file with sqlite3: MLflow tries a database that it cannot open for minutes.

    Raises:
        StoreError: if it is the database of another program.
        sqlite3.Error: if it cannot be written, or is no database.
    """
    with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        connection.execute("ROLLBACK")
    if tables and not {"alembic_version", "experiments", "runs"} <= tables:
        raise StoreError(
            f"{shown(database)} is the database of another program; choose another {_OUT}."
        )


def _uri(database: Path) -> str:
    return f"sqlite:///{database.absolute()}"


def _write(client: MlflowClient, run: Tracked, out: Path) -> bool:
    """Write a run; return False if it is there already with the same content."""
    experiment = _experiment(client, run.experiment.id, out)
    found = client.search_runs([experiment], f"tags.`{RUN}` = '{run.id}'", max_results=1000)
    if any(one.data.tags.get(REVISION) == run.revision for one in found):
        return False
    begun = client.create_run(
        experiment, start_time=_ms(run.begun), tags=run.tags, run_name=run.name
    ).info.run_id
    try:
        _log(client, begun, run)
        client.set_terminated(begun, run.state, _ms(run.ended))
        client.set_tag(begun, REVISION, run.revision)
    except BaseException:  # Ctrl-C too: no half run stays
        client.delete_run(begun)
        raise
    for one in found:
        client.delete_run(one.info.run_id)
    return True


def _experiment(client: MlflowClient, name: str, out: Path) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    if found is not None:
        return str(found.experiment_id)
    place = (out.absolute() / ARTIFACTS / name).as_uri()
    return str(client.create_experiment(name, artifact_location=place))


def _log(client: MlflowClient, begun: str, run: Tracked) -> None:
    for part in _parts([Param(name, value) for name, value in run.parameters.items()], 100):
        client.log_batch(begun, params=part)
    points = run.points()
    names = _unique(name for point in points for name in point.values)
    metrics = [
        Metric(names[name], value, _ms(point.time), point.step)
        for point in points
        for name, value in point.values.items()
    ]
    for part in _parts(metrics, _MOST):
        client.log_batch(begun, metrics=part)
    for name, text in run.texts().items():
        client.log_text(begun, text, name)
    _log_pictures(client, begun, run)


def _log_pictures(client: MlflowClient, begun: str, run: Tracked) -> None:
    for cycle, drawn in run.drawn():
        names = _unique(f"{kind}-{image_id}" for kind, image_id, _ in drawn)
        with tempfile.TemporaryDirectory() as folder:
            for kind, image_id, picture in drawn:
                name = names[f"{kind}-{image_id}"].replace("/", "_")
                Path(folder, f"{name}.png").write_bytes(still.png(picture))
            client.log_artifacts(begun, folder, f"pictures/cycle-{cycle.number:04d}")


def _unique(names: Iterator[str]) -> dict[str, str]:
    """Return name ► the name that MLflow takes; two that would be the same get a number."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(names):
        given, number = name_of(name), 2
        while given in taken:
            given, number = f"{name_of(name)}_{number}", number + 1
        taken.add(given)
        found[name] = given
    return found


def _parts(items: list[Any], most: int) -> Iterator[list[Any]]:
    return (items[start : start + most] for start in range(0, len(items), most))


def _ms(seconds: float) -> int:
    return int(1000 * seconds)


@contextmanager
def _errors(database: Path) -> Iterator[None]:
    """Raise what MLflow and SQLite raise as a StoreError of one sentence."""
    try:
        with files.disk_errors(database, _OUT):
            yield
    except (sqlite3.Error, SQLAlchemyError, MlflowException) as error:
        reason = shown(str(error).strip().partition("\n")[0], 120)
        raise StoreError(
            f"{shown(database)} cannot be written as an MLflow store ({reason}); choose another "
            f"{_OUT}, or close the program that holds it."
        ) from error
