"""Selections and predictions of runs as COCO files, their masks as RLE.

Two files a run. In the one of selections every queried unit is an annotation of the category
``selected`` with ``score``, ``rank``, ``cycle``, ``method``, ``seed``, ``unit_id`` and ``reason``
beside what COCO asks for. In the one of predictions every class that a network found in an image is
one annotation of the category of that class, as in COCO's annotations of stuff.

Source: Lin et al. 2014, *Microsoft COCO* (arXiv 1405.0312); https://cocodataset.org/#format-data.
Masks are encoded by pycocotools.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as rle

from workbench.errors import StoreError, shown
from workbench.exporters._entry import Chosen, Exported
from workbench.store import files
from workbench.store.damage import readable
from workbench.types import by_image, local_numbers

if TYPE_CHECKING:
    from workbench.store import Cycle, Run

_OUT = "--out"
_SELECTED = 1
"""The id of the one category of selections; COCO counts from 1."""


def export(chosen: Chosen, out: Path, *, cycle: int | None, ending: str) -> Exported:
    """Write ``EXPERIMENT/METHOD-sSEED-selections.json`` and ``…-predictions-cycle-NNNN.json``.

    Args:
        chosen: the runs.
        out: the folder.
        cycle: whose predictions; ``None``: those of the last published cycle.
        ending: what follows an image id in the name of its file.

    Raises:
        StoreError: if no run has a cycle, or writing fails.
    """
    runs, left_out = chosen.begun()
    paths, notes = [], []
    for run in runs:
        stem = out / run.experiment.id / run.path.name
        files.make_folder(stem.parent, _OUT)
        paths.append(_write(f"{stem}-selections.json", run, ending, _selections(run)))
        numbers = run.cycle_numbers
        wanted = numbers[-1] if cycle is None else cycle
        if wanted not in numbers or not run.cycle(wanted).predicted_image_ids:
            notes.append(f"{run.id} keeps no predictions of cycle {wanted}: see keep.predictions.")
            continue
        found = _predictions(run, run.cycle(wanted))
        paths.append(_write(f"{stem}-predictions-cycle-{wanted:04d}.json", run, ending, found))
    return Exported(tuple(paths), (*notes, *left_out))


def _write(
    name: str, run: Run, ending: str, found: tuple[list[str], Iterable[dict[str, Any]]]
) -> Path:
    """Write one file and return its path."""
    categories, annotations = found
    geometry = run.experiment.geometry
    content = {
        "info": {"description": f"{run.id} of the dataset {run.experiment.card.name}"},
        "licenses": [],
        "images": [
            {"id": number + 1, "file_name": f"{key}{ending}", "height": height, "width": width}
            for number, (key, (height, width)) in enumerate(
                zip(geometry.image_ids, geometry.sizes.tolist(), strict=True)
            )
        ],
        "categories": [{"id": i + 1, "name": name} for i, name in enumerate(categories)],
        "annotations": [{"id": i + 1, **one} for i, one in enumerate(annotations)],
    }
    path = Path(name)
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    files.write_bytes(path, text.encode(), option=_OUT)
    return path


def _selections(run: Run) -> tuple[list[str], list[dict[str, Any]]]:
    found = []
    for cycle, picked in readable(run.cycles, lambda cycle: cycle.selection):
        masks = dict(_masks_of(run, picked["unit_id"].to_numpy(np.int64)))
        for row in picked.to_dict("records"):
            about = {
                "cycle": cycle.number,
                "rank": int(row["rank"]),
                "method": run.method.name,
                "seed": run.seed,
                "unit_id": int(row["unit_id"]),
                "reason": str(row["reason"]),
            }
            if math.isfinite(row["score"]):  # a unit that no score ranked has none
                about["score"] = float(row["score"])
            found.append({**masks[row["unit_id"]], "category_id": _SELECTED, **about})
    return ["selected"], found


def _masks_of(run: Run, ids: npt.NDArray[np.int64]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each unit with its place, whatever its shape."""
    geometry = run.experiment.geometry
    for number, units in by_image(ids):
        layout = geometry.layout(number)
        for unit, local in zip(units.tolist(), local_numbers(units).tolist(), strict=True):
            yield unit, _place(number, layout.pixels(np.array([local])))


def _predictions(run: Run, cycle: Cycle) -> tuple[list[str], Iterator[dict[str, Any]]]:
    classes = run.experiment.card.classes
    return list(classes), _classes_in(run, cycle, range(len(classes)))


def _classes_in(run: Run, cycle: Cycle, classes: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Yield every class that is predicted in an image; predictions are stored at full size."""
    numbers = {key: number for number, key in enumerate(run.experiment.geometry.image_ids)}
    for image_id, ids in cycle.each_prediction(cycle.predicted_image_ids):
        if image_id not in numbers:
            raise StoreError(
                f"{cycle!r} predicts the image {shown(image_id, 40)}, which is not in its pool; "
                "`workbench doctor --verify` looks for what is damaged."
            )
        number = numbers[image_id]
        for one in classes:
            if (inside := ids == one).any():
                yield {**_place(number, inside), "category_id": one + 1, "cycle": cycle.number}


def _place(number: int, inside: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Return image, mask, area and box (x, y, width, height) of some pixels (H, W)."""
    encoded = rle.encode(np.asfortranarray(inside, dtype=np.uint8))
    box = rle.toBbox(encoded).tolist()
    return {
        "image_id": number + 1,
        "segmentation": {"size": list(inside.shape), "counts": encoded["counts"].decode("ascii")},
        "area": int(rle.area(encoded)),
        "bbox": box,
        "iscrowd": 0,
    }
