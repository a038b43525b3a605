"""What goes into the scan and what comes out of it. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from workbench.aggregation import AggregationEntry
from workbench.config import Embedding, View
from workbench.registry import Bound
from workbench.scoring.scores import Score
from workbench.types import UnitIds
from workbench.units.base import Layout

FEATURE_GRID = 16
"""Most cells of a coarse feature map along either side."""

FEATURE_CHANNELS = 256
"""Most channels of a coarse feature map; more are projected to as many."""


@dataclass(frozen=True, eq=False)
class ScanImage:
    """One image of the pool; no mask comes along.

    Attributes:
        number: its position in the training split; unit ids are made from it.
        image_id: its key, for error messages and tables.
        image: (H, W, 3) uint8 RGB.
        layout: its units; of windows those that are wanted.
    """

    number: int
    image_id: str
    image: npt.NDArray[np.uint8]
    layout: Layout


@dataclass(frozen=True)
class ScanRequest:
    """What one scan computes.

    Attributes:
        scores: whose maps are wanted; each committee among them is summed once.
        unit_scores: (score, aggregation) of every column of the unit table.
        embeddings: feature vectors of the units, all from the scan's own passes; the first one's
            tap is that of the coarse feature map, ``backbone`` if there is none. Those by initial
            weights are another scan's and left out.
        float32: names of scores whose passes run in float32, beside those that state so.
        maps: whether score maps are handed on.
        predictions: whether predicted classes are handed on.
        features: whether a coarse feature map of each image is handed on.
        shares: whether predicted class shares of units are handed on.
        batch_size: images a forward pass; halved if memory runs out.
        map_limit: largest score map handed on (H, W); larger ones are reduced by area.
        at_stride: whether scores are read at the network's output stride, not at full size.
        view: ``image``: each image is seen whole; ``unit``: each unit's box is an image of its own,
            and what lies beside it is not seen. Units must not overlap then.
    """

    scores: tuple[Score, ...]
    unit_scores: tuple[tuple[Score, Bound[AggregationEntry]], ...] = ()
    embeddings: tuple[Embedding, ...] = ()
    float32: frozenset[str] = frozenset()
    maps: bool = True
    predictions: bool = True
    features: bool = True
    shares: bool = True
    batch_size: int = 8
    map_limit: tuple[int, int] = (512, 1024)
    at_stride: bool = False
    view: View = "image"


@dataclass(frozen=True, eq=False)
class ImageScan:
    """All that the scan found in one image; row i of every array (n, …) is ``unit_ids[i]``.

    Attributes:
        number: the image's position in the training split.
        image_id: its key.
        unit_ids: (n,) every unit of its layout, labelled or not.
        unit_scores: column name ► (n,) exact scores, in the score's own unit.
        class_shares: (n, C) share of the unit's pixels that is predicted as each class; (n, 0) if
            not wanted.
        boundary_share: (n,) share of the unit's pixels that have a 4-neighbour, in the unit or
            beside it, of another predicted class.
        embeddings: ``Embedding.key`` ► (n, D).
        score_maps: name of a score or of a rider's map ► (H, W), reduced to the request's limit;
            empty if not wanted. Seen unit by unit, pixels of no unit hold the score's lowest value.
        prediction: (H, W) predicted classes at full size, or ``None``. Seen unit by unit, pixels of
            no unit are void.
        feature_map: (h, w, D) coarse features, at most 16×16×256, cells of equal size that cover
            the image; more channels are projected by ``scoring.pooling.projection``. ``None`` if
            not wanted, and where units were seen alone.
        columns: name ► (n,) what riders say of the units, beside the means of their maps, which are
            among ``unit_scores`` as their maps are among ``score_maps``.
    """

    number: int
    image_id: str
    unit_ids: UnitIds
    unit_scores: Mapping[str, npt.NDArray[np.float64]]
    class_shares: npt.NDArray[np.float32]
    boundary_share: npt.NDArray[np.float32]
    embeddings: Mapping[str, npt.NDArray[np.float32]]
    score_maps: Mapping[str, npt.NDArray[np.float32]]
    prediction: npt.NDArray[np.uint8] | None
    feature_map: npt.NDArray[np.float16] | None
    columns: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)


class ScanSink(Protocol):
    """Takes each image's results as they come; images of odd sizes may come out of turn."""

    def add(self, result: ImageScan) -> Any:
        """Take one image's results; the arrays are the sink's own from here on."""
        ...
