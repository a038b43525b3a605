"""Pictures of what was picked: the image with the unit's outline, the score map, the prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.datasets import open_dataset
from workbench.errors import DatasetError
from workbench.figures import score_map
from workbench.figures._style import STATE_COLOURS, THEMES
from workbench.html_report._parts import Gallery, Part, Pick, Picture, Section, Text, shown_or_said
from workbench.naming import rider_column
from workbench.viewer import Scene, encode, still

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.store import Cycle, Run

_MOST_METHODS = 8
_PICKS = 3
"""Picks of a query that are shown, the first ones."""

_LEGEND = (
    "Side by side: the image, the map of the score that the method ranks by (or, if it ranks by "
    "none, of another one that was stored), the prediction; the outline is the unit that was "
    "picked. "
    "Colours of a map span the score's possible values, dark for the lowest."
)

_WIDTH = 320
"""Pixels of a picture; a report stays small enough to be sent."""


def picks(runs: Sequence[Run]) -> Section:
    """Return pictures of the first picks of every method's first and last query."""
    firsts: dict[str, Run] = {}
    for run in runs:
        if run.published:
            firsts.setdefault(run.method.name, run)
    dataset, sentence = _dataset(runs)
    parts: list[Part] = [Text(_LEGEND), *([Text(sentence)] if sentence else [])]
    for run in list(firsts.values())[:_MOST_METHODS]:
        what = f"What {run.method.name} picked"
        parts += shown_or_said(what, partial(_of_run, run, dataset))
    if len(firsts) > _MOST_METHODS:
        parts.append(Text(f"Shown for {_MOST_METHODS} of {len(firsts)} methods."))
    if not any(isinstance(part, Gallery) for part in parts):
        parts.append(Text("Nothing has been picked yet, or no picture of it can be shown."))
    return Section("picks", "Picks", tuple(parts))


def _dataset(runs: Sequence[Run]) -> tuple[SegmentationDataset | None, str]:
    """Return the dataset, or ``None`` with a sentence if it is not where it was."""
    if not runs:
        return None, ""
    record = runs[0].experiment
    try:
        return open_dataset(record.config.dataset, record.data_dir, record.config.pool), ""
    except (DatasetError, OSError) as error:
        return None, f"The images cannot be shown: {error}"


def _of_run(run: Run, dataset: SegmentationDataset | None) -> list[Part]:
    queried = [cycle for cycle in run.cycles if len(cycle.selected)]
    chosen = {cycle.number: cycle for cycle in (*queried[:1], *queried[-1:])}
    galleries = [_of_query(run, cycle, dataset) for cycle in chosen.values()]
    return [gallery for gallery in galleries if gallery.picks]


def _of_query(run: Run, cycle: Cycle, dataset: SegmentationDataset | None) -> Gallery:
    rows = cycle.selection.head(_PICKS).to_dict("records")
    score = _score(run, cycle)
    found = [_pick(cycle, row, score, dataset) for row in rows] if score else []
    title = f"{run.method.name}, seed {run.seed}: first picks of cycle {cycle.number}'s query"
    return Gallery(title, tuple(pick for pick in found if pick.pictures))


def _score(run: Run, cycle: Cycle) -> str | None:
    """Return the score that the method ranks by, or another one with maps."""
    own = run.method.score
    if own and rider_column(own) is None and cycle.has_maps(own):
        return own
    return next((name for name in cycle.scores if cycle.has_maps(name)), None)


def _pick(
    cycle: Cycle, row: dict[Any, Any], score: str, dataset: SegmentationDataset | None
) -> Pick:
    image_id = str(row["image_id"])
    scene = score_map.read(cycle, score, image_id, dataset=dataset)
    units = scene.table[scene.table["unit_id"] == row["unit_id"]].to_dict("records")
    outline = units[0] if units else row
    pictures = [
        _picture(scene, picture, outline, what)
        for what, picture in _panels(scene)
        if picture is not None
    ]
    value = "" if math.isnan(row["score"]) else f", score {row['score']:.4g}"
    box = f"rows {row['y0']}–{row['y1']}, columns {row['x0']}–{row['x1']}"
    caption = f"{row['rank'] + 1}. image {image_id}, {box}{value}. {row['reason']}".strip()
    return Pick(tuple(pictures), caption)


def _panels(scene: Scene) -> list[tuple[str, still.Picture | None]]:
    heat = prediction = None
    if scene.codes is not None:
        ends = (scene.codes_low, scene.codes_high)
        heat = still.heat(scene.codes, ends, (scene.low, scene.high))
    if scene.prediction is not None:
        prediction = still.classes(scene.prediction, scene.palette)
    return [
        ("Image", scene.image),
        (f"{scene.score}, {scene.low:.3g}–{scene.high:.3g} {scene.unit}".strip(), heat),
        ("Prediction", prediction),
    ]


def _picture(scene: Scene, picture: still.Picture, outline: dict[Any, Any], what: str) -> Picture:
    small = still.fitted(picture, _WIDTH, smooth=what != "Prediction")
    colour = THEMES["light"].colours[STATE_COLOURS["selected"]]
    rgb = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    drawn = still.outlined(small, outline, scene.size, rgb)
    return Picture(encode.photo(drawn), what)
