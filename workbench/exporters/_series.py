"""What run trackers show of a run: numbers by cycle and by epoch, pictures of a few images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import NotStoredError
from workbench.figures._measured import measured_values, metrics_table, reports_table
from workbench.metrics import OVERALL, PER_CLASS
from workbench.store.damage import readable
from workbench.viewer import still

if TYPE_CHECKING:
    import pandas as pd

    from workbench.exporters._entry import Reference
    from workbench.store import Cycle, Run
    from workbench.store.report import Report

_LABELLED = {
    "labelled/units": "labelled_units",
    "labelled/pixels": "labelled_pixels",
    "labelled/clicks": "labelled_clicks",
    "labelled/pool_share": "pool_share",
}


class Point(NamedTuple):
    """Numbers at one step.

    Attributes:
        step: a cycle, or an epoch counted from the first of the run.
        time: when they were published, seconds since 1970 (UTC).
        values: name ► a finite number; fractions as they are stored.
    """

    step: int
    time: float
    values: dict[str, float]


class Drawn(NamedTuple):
    """A picture of an image at one cycle.

    Attributes:
        kind: ``prediction``, or the name of a score.
        image_id: the image.
        picture: (H, W, 3) uint8 RGB.
    """

    kind: str
    image_id: str
    picture: still.Picture


def by_cycle(run: Run) -> list[Point]:
    """Return the metrics of every cycle and what was labelled, as ``metrics/miou``, ``iou/road``.

    Those of report points are called as in ``reported/miou`` and ``reported/iou/road``.
    """
    cycles = {cycle.number: cycle.created for cycle in run.cycles}
    points = [
        Point(int(row["cycle"]), cycles[row["cycle"]], _finite({**_labelled(row), **_named(row)}))
        for row in _rows(metrics_table([run]))
    ]
    reports = {report.number: report.created for report in run.reports}
    for row in _rows(reports_table([run])):
        named = {f"reported/{_last(name)}": value for name, value in _named(row).items()}
        points.append(Point(int(row["cycle"]), reports[row["cycle"]], _finite(named)))
    return points


def of_reference(reference: Reference) -> list[Point]:
    """Return what a reference measured, called as the metrics of a cycle, and of its epochs.

    It belongs to no cycle. Its metrics stand at the first and at the last cycle of its experiment's
    budget, so that they are a level line beside the learning curves.
    """
    record, report = reference.experiment, reference.report
    values = _finite(_named(measured_values(report.metrics, record.card.classes)))
    ends = sorted({0, record.config.budget.cycles - 1})
    return [*by_epoch([report]), *(Point(step, report.created, values) for step in ends)]


def by_epoch(trained: Sequence[Cycle | Report]) -> list[Point]:
    """Return losses, their terms, learning rates and notes of every epoch, those of riders too.

    Epochs are counted on from cycle to cycle, from 1.
    """
    points: list[Point] = []
    for cycle in trained:
        series = {
            f"{prefix}{name}": values
            for prefix, extras in _trainings(cycle.extras)
            for name, values in _series(extras)
        }
        for epoch in range(max(map(len, series.values()), default=0)):
            at = {name: values[epoch] for name, values in series.items() if epoch < len(values)}
            points.append(Point(len(points) + 1, cycle.created, _finite(at)))
    return points


def _trainings(extras: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the records of the learner and of its riders, each with a prefix of its names."""
    riders = [
        (f"{name}/", found)
        for name, found in extras.items()
        if isinstance(found, Mapping) and "losses" in found
    ]
    return [("", extras), *riders]


def _series(extras: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[float | None]]]:
    if losses := extras.get("losses"):
        yield "train/loss", losses
    for kind, folder in (("terms", "train"), ("notes", "train"), ("rates", "rate")):
        for name, values in (extras.get(kind) or {}).items():
            yield f"{folder}/{name}", values


def pictures(run: Run, count: int) -> Iterator[tuple[Cycle, list[Drawn]]]:
    """Yield every cycle with pictures of the same few images: predictions and score maps.

    Args:
        run: the run.
        count: images; they are spread evenly over those that every cycle keeps.
    """
    cycles = run.cycles if count else []
    kept = [set(cycle.predicted_image_ids) or set(cycle.image_ids) for cycle in cycles]
    shared = sorted(set.intersection(*kept)) if kept else []
    chosen = _spread(shared, count)
    yield from readable(cycles, lambda cycle: _drawn(run, cycle, chosen))


def _spread(names: Sequence[str], count: int) -> list[str]:
    if len(names) <= count:
        return list(names)
    return [names[(2 * place + 1) * len(names) // (2 * count)] for place in range(count)]


def _drawn(run: Run, cycle: Cycle, image_ids: Sequence[str]) -> list[Drawn]:
    found = []
    palette = run.experiment.card.palette
    for image_id in image_ids:
        if image_id in cycle.predicted_image_ids:
            prediction = still.classes(cycle.prediction(image_id), palette)
            found.append(Drawn("prediction", image_id, prediction))
        for score in cycle.scores:
            low, high, _ = cycle.score_range(score)
            try:
                codes, *ends = cycle.score_map_8bit(score, image_id)
            except NotStoredError:
                continue
            heat = still.heat(codes, (ends[0], ends[1]), (low, high))
            found.append(Drawn(score, image_id, heat))
    return found


def _rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict("records")


def _labelled(row: Mapping[Any, Any]) -> dict[str, float]:
    return {name: row[column] for name, column in _LABELLED.items()}


def _named(row: Mapping[Any, Any]) -> dict[str, float]:
    overall = {f"metrics/{name}": row[name] for name in OVERALL if name in row}
    of_classes = {
        str(key).replace(":", "/", 1): value
        for key, value in row.items()
        if str(key).partition(":")[0] in PER_CLASS and ":" in str(key)
    }
    return {**overall, **of_classes}


def _last(name: str) -> str:
    return name.removeprefix("metrics/")


def _finite(values: Mapping[str, float | None]) -> dict[str, float]:
    """Return the numbers; what was not measured, NaN, has no point."""
    return {k: float(v) for k, v in values.items() if v is not None and math.isfinite(v)}
