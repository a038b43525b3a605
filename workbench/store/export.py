"""``metrics.csv``, ``selections.csv``, ``reports.csv`` and ``scaled.csv``, to compare stores.

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
from typing import Any

from workbench.metrics import OVERALL, PER_CLASS
from workbench.store import damage, files
from workbench.store.cycle import Cycle
from workbench.store.experiment import Run
from workbench.store.reader import Store
from workbench.store.report import Report

_OUT = "--out"
_RUN = ("experiment", "method", "seed", "cycle")
METRICS = (*_RUN, "labelled_units", "labelled_pixels", "miou", "pixel_accuracy")
"""The first columns of ``metrics.csv``; one ``iou_<class>`` per class, ``labelled_clicks`` and the
other metrics follow, first those of the whole split, then those of each class."""
_OTHERS = [name for name in OVERALL if name not in METRICS]
SELECTIONS = (*_RUN, "rank", "unit_id", "image_id", "y0", "x0", "y1", "x1", "score", "cost_clicks")
"""Columns of ``selections.csv``."""
SCALED = ("experiment", "to", "of", "change")
"""Columns of ``scaled.csv``."""

SomeRuns = Sequence[Run] | str | None
"""Runs, all of one experiment by its id, or all of a store."""


def export_csv(store: Store, out: Path, of: SomeRuns = None) -> list[Path]:
    """Write both, ``reports.csv`` if there are report points, ``scaled.csv`` if any is scaled.

    What is damaged in the store is left out with a warning.

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
    return _metrics(_runs(store, of), lambda run: run.cycles)


def reports_csv(store: Store, of: SomeRuns = None) -> str | None:
    """Return one line per report point, with the columns of ``metrics.csv``; ``None`` if none is.

    ``cycle`` is the one whose labelled units its network was trained on.
    """
    runs = _runs(store, of)
    return _metrics(runs, lambda run: run.reports) if any(run.reported for run in runs) else None


def _metrics(runs: Sequence[Run], measured: Callable[[Run], Sequence[Cycle | Report]]) -> str:
    classes = list(dict.fromkeys(name for run in runs for name in run.experiment.card.classes))
    first, *rest = ([f"{metric}_{name}" for name in classes] for metric in PER_CLASS)
    last = [column for columns in rest for column in columns]
    rows = []
    for run in runs:
        for one, m in damage.readable(measured(run), lambda one: one.metrics):
            of = {
                f"{metric}_{name}": value
                for metric in PER_CLASS
                for name, value in zip(
                    run.experiment.card.classes, m.of_classes(metric).tolist(), strict=True
                )
            }
            labelled = (m.labelled_units, m.labelled_pixels, m.miou, m.pixel_accuracy)
            iou = (of.get(name) for name in first)
            others = (*(m.value(name) for name in _OTHERS), *(of.get(name) for name in last))
            rows.append((*_head(run, one), *labelled, *iou, m.labelled_clicks, *others))
    return _text((*METRICS, *first, "labelled_clicks", *_OTHERS, *last), rows)


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
