"""The tables of a store as CSV files, to compare stores.

``metrics.csv`` and ``selections.csv`` are always written, ``reports.csv``, ``references.csv`` and
``scaled.csv`` where there is something to say.

They are sorted and hold no dates, so that stores can be compared byte for byte.

Floats are written in the shortest form that is read back as the same number; an absent value is
empty.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from workbench.metrics import OVERALL, PER_CLASS
from workbench.store import damage, files
from workbench.store.cycle import Cycle
from workbench.store.experiment import ExperimentRecord, Run
from workbench.store.reader import Store
from workbench.store.report import Report

_OUT = "--out"
_RUN = ("experiment", "method", "seed", "cycle")
METRICS = (*_RUN, "labelled_units", "labelled_pixels", "miou", "pixel_accuracy")
"""The first columns of ``metrics.csv``; one ``iou_<class>`` per class, ``labelled_clicks`` and the
other metrics follow, first those of the whole split, then those of each class."""
REFERENCES = ("experiment", "reference", "seed", *METRICS[len(_RUN) :])
"""The first columns of ``references.csv``; the others are those of ``metrics.csv``."""
_OTHERS = [name for name in OVERALL if name not in METRICS]
SELECTIONS = (*_RUN, "rank", "unit_id", "image_id", "y0", "x0", "y1", "x1", "score", "cost_clicks")
"""Columns of ``selections.csv``."""
SCALED = ("experiment", "to", "of", "change")
"""Columns of ``scaled.csv``."""

SomeRuns = Sequence[Run] | str | None
"""Runs, all of one experiment by its id, or all of a store."""


def export_csv(store: Store, out: Path, of: SomeRuns = None) -> list[Path]:
    """Write ``metrics.csv`` and ``selections.csv``, and what else there is.

    ``reports.csv`` if there are report points, ``references.csv`` if there are references,
    ``scaled.csv`` if any experiment is scaled. What is damaged in the store is left out with a
    warning.

    Args:
        store: the store.
        out: the folder, made if it is not there.
        of: some of its runs, the id of one experiment, or all.

    Returns:
        The files.

    Raises:
        StoreError: if writing fails.
    """
    files.make_folder(out, _OUT)
    texts = {
        "metrics.csv": metrics_csv(store, of),
        "selections.csv": selections_csv(store, of),
    }
    if (reports := reports_csv(store, of)) is not None:
        texts["reports.csv"] = reports
    if (references := references_csv(store, of)) is not None:
        texts["references.csv"] = references
    if (scaled := scaled_csv(store, of)) is not None:
        texts["scaled.csv"] = scaled
    for name, text in texts.items():
        write_text(out / name, text)
    return [out / name for name in texts]


def write_text(path: Path, text: str) -> None:
    """Write a file of an export in one step.

    Raises:
        StoreError: if writing fails; its advice is another ``--out``.
    """
    files.write_bytes(path, text.encode(errors="backslashreplace"), option=_OUT)


def metrics_csv(store: Store, of: SomeRuns = None) -> str:
    """Return one line per published cycle: labels spent, mIoU, pixel accuracy, IoU of each class.

    The clicks that the labels took come next, empty where they were not counted, then the other
    metrics (``frequency_weighted_iou``, …, ``dice_<class>``, …). Where experiments differ in their
    classes, a line is empty at the classes that its experiment does not have.
    """
    return _of_runs(_runs(store, of), lambda run: run.cycles)


def reports_csv(store: Store, of: SomeRuns = None) -> str | None:
    """Return one line per report point, with the columns of ``metrics.csv``; ``None`` if none is.

    ``cycle`` is the one whose labelled units its network was trained on.
    """
    runs = _runs(store, of)
    if not any(run.reported for run in runs):
        return None
    return _of_runs(runs, lambda run: run.reports)


def references_csv(store: Store, of: SomeRuns = None) -> str | None:
    """Return one line per reference and seed of the runs' experiments; ``None`` if there is none.

    A reference belongs to no run: it has neither method nor cycle, and its labels are the pool's.
    """
    records = list({run.experiment.id: run.experiment for run in _runs(store, of)}.values())
    if not any(record.referenced for record in records):
        return None
    measured = [
        _Measured((record.id, *key), record.card.classes, found)
        for record in records
        for key, found in sorted(record.references().items())
    ]
    return _metrics(REFERENCES[:3], records, measured)


class _Measured(NamedTuple):
    """What stands first in its line, the classes of its experiment, and what was measured."""

    head: tuple[Any, ...]
    classes: Sequence[str]
    record: Cycle | Report


def _of_runs(runs: Sequence[Run], measured: Callable[[Run], Sequence[Cycle | Report]]) -> str:
    found = [
        _Measured(_head(run, one), run.experiment.card.classes, one)
        for run in runs
        for one in measured(run)
    ]
    return _metrics(_RUN, [run.experiment for run in runs], found)


def _metrics(
    head: Sequence[str], experiments: Sequence[ExperimentRecord], measured: Sequence[_Measured]
) -> str:
    """Return lines with a column for every class of the experiments, measured or not."""
    classes = list(dict.fromkeys(name for one in experiments for name in one.card.classes))
    first, *rest = ([f"{metric}_{name}" for name in classes] for metric in PER_CLASS)
    last = [column for columns in rest for column in columns]
    rows = []
    for one, m in damage.readable(measured, lambda one: one.record.metrics):
        of = {
            f"{metric}_{name}": value
            for metric in PER_CLASS
            for name, value in zip(one.classes, m.of_classes(metric).tolist(), strict=True)
        }
        labelled = (m.labelled_units, m.labelled_pixels, m.miou, m.pixel_accuracy)
        iou = (of.get(name) for name in first)
        others = (*(m.value(name) for name in _OTHERS), *(of.get(name) for name in last))
        rows.append((*one.head, *labelled, *iou, m.labelled_clicks, *others))
    columns = (*METRICS[len(_RUN) :], *first, "labelled_clicks", *_OTHERS, *last)
    return _text((*head, *columns), rows)


def selections_csv(store: Store, of: SomeRuns = None) -> str:
    """Return one line per selected unit, in the order picked."""
    rows = [
        (*_head(run, cycle), *unit)
        for run in _runs(store, of)
        for cycle, picked in damage.readable(run.cycles, lambda cycle: cycle.selection)
        for unit in picked.reindex(columns=SELECTIONS[4:]).itertuples(index=False)
    ]
    return _text(SELECTIONS, rows)


def scaled_csv(store: Store, of: SomeRuns = None) -> str | None:
    """Return one line per setting that a smaller form of an experiment changed; ``None`` if none.

    ``to`` names the scale, ``of`` the preset or experiment; the last column is empty where nothing
    that is computed differs.
    """
    found = {run.experiment.id: run.experiment.config for run in _runs(store, of)}
    rows = [
        (identity, config.scaled.to, config.scaled.of, change)
        for identity, config in found.items()
        if config.scaled is not None
        for change in config.scaled.changes or ("",)
    ]
    return _text(SCALED, rows) if rows else None


def _runs(store: Store, of: SomeRuns) -> list[Run]:
    runs = store.runs(of) if of is None or isinstance(of, str) else of
    return sorted(runs, key=lambda run: (run.experiment.id, run.method.name, run.seed))


def _head(run: Run, cycle: Cycle | Report) -> tuple[Any, ...]:
    return run.experiment.id, run.method.name, run.seed, cycle.number


def _text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)
