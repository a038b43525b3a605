"""TensorBoard event files.

One file for each run, under a name that does not change, so that writing it again replaces it and
no point is shown twice. Points of cycles have the cycle as their step; ``train/…`` and ``rate/…``
have the epoch, counted on from cycle to cycle.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from workbench.exporters._entry import Chosen, Exported
from workbench.exporters._series import Point, by_cycle, by_epoch, of_reference, pictures
from workbench.store import files
from workbench.viewer import still

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord, Run

_OUT = "--out"
_VERSION = "brain.Event:2"
"""What the first record of an event file says."""


def export(chosen: Chosen, out: Path, *, images: int) -> Exported:
    """Write ``EXPERIMENT/METHOD-sSEED/events.out.tfevents…`` for every run with a cycle.

    References of the runs' experiments lie beside them, ``EXPERIMENT/references/NAME-sSEED/…``.

    Args:
        chosen: the runs.
        out: the folder.
        images: number of images of a run that are drawn at every cycle.

    Raises:
        StoreError: if no run has a cycle, or writing fails.
    """
    references = chosen.references()
    runs, notes = chosen.begun(references)
    paths = []
    for run in runs:
        points = (*by_epoch(run.cycles), *by_cycle(run))
        events = (*_numbers(points), *_images(run, images))
        paths.append(_write(out, run.id, run.experiment, events))
    paths += [
        _write(out, one.id, one.experiment, _numbers(of_reference(one))) for one in references
    ]
    return Exported(tuple(paths), notes)


def _write(out: Path, name: str, experiment: ExperimentRecord, events: Iterable[Event]) -> Path:
    """Write the file of a run or a reference, by its id, and return its path."""
    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    writer.write(Event(wall_time=experiment.created, file_version=_VERSION).SerializeToString())
    for event in events:
        writer.write(event.SerializeToString())
    folder = out / name
    files.make_folder(folder, _OUT)
    path = folder / f"events.out.tfevents.{int(experiment.created)}.workbench"
    files.write_bytes(path, buffer.getvalue(), option=_OUT)
    return path


def _numbers(points: Iterable[Point]) -> Iterator[Event]:
    for point in points:
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in point.values.items()]
        yield Event(wall_time=point.time, step=point.step, summary=Summary(value=values))


def _images(run: Run, images: int) -> Iterator[Event]:
    for cycle, drawn in pictures(run, images):
        values = []
        for kind, image_id, picture in drawn:
            height, width = picture.shape[:2]
            image = Summary.Image(
                height=height,
                width=width,
                colorspace=3,  # RGB
                encoded_image_string=still.png(picture),
            )
            values.append(Summary.Value(tag=f"{kind}/{image_id}", image=image))
        yield Event(wall_time=cycle.created, step=cycle.number, summary=Summary(value=values))
