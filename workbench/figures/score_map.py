"""One image of the pool with all that the viewer draws: labels, prediction, score map, units.

Ground truth is shown for every image, labelled or not: this is for the person at the screen;
scoring and selection never read it from here.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from workbench.datasets import open_dataset
from workbench.errors import DatasetError, NotStoredError
from workbench.figures._runs import title_of
from workbench.figures._style import STATE_COLOURS, THEMES, ThemeName, blank, note, plain
from workbench.naming import DEFAULT_AGGREGATION
from workbench.store import run_of
from workbench.types import IGNORE, DatasetCard, image_numbers, local_numbers, states_and_ranks
from workbench.units.base import rectangles
from workbench.viewer import Scene

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.geometry import Geometry
    from workbench.store import Cycle

_PLACE = ["unit_id", "y0", "x0", "y1", "x1"]


def read(
    cycle: Cycle,
    score: str,
    image_id: str,
    *,
    aggregation: str = DEFAULT_AGGREGATION,
    dataset: SegmentationDataset | None = None,
) -> Scene:
    """Gather one image of one cycle.

    Args:
        cycle: a published cycle.
        score: one of ``cycle.scores``.
        image_id: an image of the pool.
        aggregation: key of the aggregation whose unit scores are listed.
        dataset: the experiment's dataset, if it is open already; otherwise it is opened where the
            experiment found it. If it is gone, the map is shown without image and ground truth.

    Raises:
        NotStoredError: if the pool has no such image or the cycle no such score.
    """
    experiment = run_of(cycle).experiment
    units = _units(cycle, score, aggregation, image_id)
    low, high, unit = cycle.score_range(score)
    notices: list[str] = []
    codes, codes_low, codes_high = _codes(cycle, score, image_id, notices)
    prediction = _prediction(cycle, image_id, notices)
    image, truth = _from_dataset(cycle, image_id, dataset, notices)
    number = experiment.geometry.image_ids.index(image_id)
    card: DatasetCard = experiment.card
    return Scene(
        table=_outlined(units, experiment.geometry, number),
        title=title_of(cycle),
        image_id=image_id,
        score=score,
        aggregation=aggregation,
        low=low,
        high=high,
        unit=unit,
        codes=codes,
        codes_low=codes_low,
        codes_high=codes_high,
        prediction=prediction,
        image=image,
        truth=truth,
        size=experiment.geometry.images.size(number),
        classes=card.classes,
        palette=card.palette,
        notices=tuple(notices),
    )


def images(cycle: Cycle) -> pd.DataFrame:
    """List the images of the pool, those with the most selected units first.

    Columns: ``image_id``, ``sequence``, ``selected``, ``labelled`` (units of the image in each
    state), ``has_map``. Ties: by ``image_id``.
    """
    listed = run_of(cycle).experiment.geometry.images.table()
    numbers = listed["image_number"].to_numpy(np.int64)
    listed = listed[["image_id", "sequence"]].copy()
    for state, ids in (("selected", cycle.selected), ("labelled", cycle.labelled)):
        counts = np.bincount(image_numbers(ids), minlength=numbers.max(initial=-1) + 1)
        listed[state] = counts[numbers]
    listed["has_map"] = listed["image_id"].isin(cycle.image_ids)
    order = ["selected", "image_id"]
    return listed.sort_values(order, ascending=[False, True], ignore_index=True)


def _units(cycle: Cycle, score: str, aggregation: str, image_id: str) -> pd.DataFrame:
    experiment = run_of(cycle).experiment
    geometry = experiment.geometry
    if image_id not in geometry.image_ids:
        raise NotStoredError(
            f"The pool of {experiment.id} has no image {image_id!r}; see the column "
            "image_id of its pool table."
        )
    marked = np.concatenate([cycle.labelled, cycle.selected])
    drawn = geometry.drawn(geometry.image_ids.index(image_id), marked)
    units = geometry.places(drawn)[[*_PLACE, "area"]]
    ids = units["unit_id"].to_numpy()
    state, rank = states_and_ranks(ids, cycle.labelled, cycle.selected)
    return units.assign(
        state=state,
        rank=rank,
        score=cycle.unit_scores(score, aggregation).reindex(ids).to_numpy(float),
    ).reset_index(drop=True)


def _outlined(units: pd.DataFrame, geometry: Geometry, number: int) -> pd.DataFrame:
    """Add the outlines of units that do not fill their boxes."""
    areas = units["area"].to_numpy(np.int64)
    units = units.drop(columns="area")
    if rectangles(units[_PLACE[1:]].to_numpy(np.int32), areas).all():
        return units
    rings = geometry.layout(number).outlines()
    own = [rings[local] for local in local_numbers(units["unit_id"])]
    return units.assign(outline=pd.Series(own, index=units.index, dtype=object))


def _codes(
    cycle: Cycle, score: str, image_id: str, notices: list[str]
) -> tuple[npt.NDArray[np.uint8] | None, float, float]:
    try:
        return cycle.score_map_8bit(score, image_id)
    except NotStoredError as error:
        notices.append(str(error))
        return None, 0.0, 0.0


def _prediction(cycle: Cycle, image_id: str, notices: list[str]) -> npt.NDArray[np.uint8] | None:
    try:
        return cycle.prediction(image_id)
    except NotStoredError as error:
        notices.append(str(error))
        return None


def _from_dataset(
    cycle: Cycle, image_id: str, dataset: SegmentationDataset | None, notices: list[str]
) -> tuple[npt.NDArray[np.uint8] | None, npt.NDArray[np.uint8] | None]:
    experiment = run_of(cycle).experiment
    try:
        config, data_dir = experiment.config, experiment.data_dir
        opened = dataset or open_dataset(config.dataset, data_dir, config.pool)
        # past the dataset's own cache, which is for epochs and grows to half a gigabyte
        image, truth = opened.read_image("train", image_id), opened.read_mask("train", image_id)
        experiment.geometry.images.check_size(image_id, image)
    except (DatasetError, OSError) as error:
        notices.append(f"Image and ground truth cannot be shown: {error}")
        return None, None
    return image, truth


def figure(data: Scene, theme: ThemeName = "light") -> go.Figure:
    """Draw image, ground truth, prediction and score map side by side, for export and print.

    The viewer (``workbench.viewer``) shows the same, with overlay, threshold and read-out.
    """
    base, look = blank(theme), THEMES[theme]
    score = plain(f"{data.score} ({data.unit or 'no unit'})")
    titles = ("Image", "Ground truth", "Prediction", score)
    drawn = make_subplots(
        2, 2, subplot_titles=titles, horizontal_spacing=0.03, vertical_spacing=0.09,
        shared_xaxes="all", shared_yaxes="all",
    )  # fmt: skip
    headings = drawn.layout.annotations
    drawn.update_layout(base.layout)
    drawn.layout.annotations = headings
    height, width = data.size
    hidden = {"visible": False, "showgrid": False, "constrain": "domain"}
    drawn.update_xaxes(range=[-0.5, width - 0.5], **hidden)
    drawn.update_yaxes(range=[height - 0.5, -0.5], scaleanchor="x", **hidden)
    panels = (data.image, _coloured(data.truth, data), _coloured(data.prediction, data))
    for place, picture in enumerate(panels):
        if picture is not None:
            scale = {"dx": width / picture.shape[1], "dy": height / picture.shape[0]}
            trace = go.Image(z=picture, hoverinfo="skip", **scale)
            drawn.add_trace(trace, row=place // 2 + 1, col=place % 2 + 1)
    if (values := data.values) is not None:
        drawn.add_trace(_heat(data, values, look.ink), row=2, col=2)
    for box in data.table[data.table["state"] != "unlabelled"].to_dict("records"):
        colour = look.colours[STATE_COLOURS[box["state"]]]
        for line in ({"color": "white", "width": 6}, {"color": colour, "width": 3}):
            drawn.add_shape(**_shape(box), line=line, row=2, col=2)
    drawn.update_layout(
        title={
            "text": plain(f"{data.title}, image {data.image_id}"),
            "x": 0.01,
            "font": {"size": 15},
        },
        margin={"l": 16, "r": 16, "t": 84, "b": 48},
        height=int(120 + 900 * height / width),
    )
    note(drawn, _caption(data), theme, y=0, yanchor="top", yshift=-8)
    return drawn


def _shape(unit: dict[Hashable, Any]) -> dict[str, Any]:
    """Return a unit's outline in plotly's terms, where whole numbers are centres of pixels."""
    if rings := unit.get("outline"):
        lines = (
            "L".join(f"{x},{y}" for x, y in zip(ring[::2], ring[1::2], strict=True))
            for ring in rings
        )
        return {"type": "path", "path": " ".join(f"M{line}Z" for line in lines)}
    return {"type": "rect", **{key: unit[key] - 0.5 for key in ("x0", "y0", "x1", "y1")}}


def _caption(data: Scene) -> str:
    missing = " ".join(data.notices)
    return missing or "Outlined in the score map: selected now (orange), labelled before (blue)."


def _coloured(ids: npt.NDArray[np.uint8] | None, data: Scene) -> npt.NDArray[np.uint8] | None:
    if ids is None:
        return None
    table = np.full((256, 3), 128, np.uint8)
    table[: len(data.palette)] = np.asarray(data.palette, np.uint8)
    table[IGNORE] = 128
    return table[ids]


def _heat(data: Scene, values: npt.NDArray[np.float32], ink: str) -> go.Heatmap:
    rows, columns = values.shape
    height, width = data.size
    return go.Heatmap(
        z=values,
        dx=width / columns,
        dy=height / rows,
        zmin=data.low,
        zmax=data.high,
        colorscale="Viridis",
        colorbar={
            "title": {"text": plain(data.unit), "font": {"color": ink}},
            "outlinewidth": 0,
            "len": 0.45,
            "y": 0.0,
            "yanchor": "bottom",
        },
        hovertemplate="%{z:.3f} " + plain(data.unit) + "<extra></extra>",
    )
