"""The inputs and the results of the scan. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from workbench.aggregation import AggregationEntry
from workbench.config import Embedding, Tap, View
from workbench.registry import Bound
from workbench.scoring.scores import Score
from workbench.types import UnitIds
from workbench.units.base import Layout

FEATURE_GRID = 16
"""Largest number of cells of a coarse feature map along either side."""

FEATURE_CHANNELS = 256
"""Largest number of channels of a coarse feature map; more are projected to this number."""


@dataclass(frozen=True, eq=False)
class ScanImage:
    """One image of the pool, without its mask.

    Attributes:
        number: its position in the training split; unit ids are made from it.
        image_id: its key, for error messages and tables.
        image: (H, W, 3) uint8 RGB.
        layout: its units; of windows, those to be scored.
    """

    number: int
    image_id: str
    image: npt.NDArray[np.uint8]
    layout: Layout


@dataclass(frozen=True)
class ScanRequest:
    """A request for one scan: what to compute.

    Attributes:
        scores: the scores whose maps are computed; each committee among them is summed once.
        unit_scores: (score, aggregation) of every column of the unit table.
        embeddings: feature vectors of the units, all from the scan's own passes. Those by the
            network before training belong to another scan and are left out.
        float32: names of scores whose passes run in float32, beside those whose entries require it.
        maps: whether the results hold score maps.
        predictions: whether the results hold predicted classes.
        features: whether the results hold a coarse feature map of each image.
        coarse_tap: the tap of the coarse feature map, which does not depend on the embeddings.
        shares: whether the results hold the predicted class shares of units.
        batch_size: images per forward pass; halved if memory runs out.
        map_limit: (H, W) of the largest score map in the results; larger ones are reduced by area.
        at_stride: whether scores are read at the network's output stride, not at full size.
        view: ``image``: the network reads each image whole; ``unit``: each unit's box is an image
            of its own, without what lies beside it. Units must not overlap then.
    """

    scores: tuple[Score, ...]
    unit_scores: tuple[tuple[Score, Bound[AggregationEntry]], ...] = ()
    embeddings: tuple[Embedding, ...] = ()
    float32: frozenset[str] = frozenset()
    maps: bool = True
    predictions: bool = True
    features: bool = True
    coarse_tap: Tap = "backbone"
    shares: bool = True
    batch_size: int = 8
    map_limit: tuple[int, int] = (512, 1024)
    at_stride: bool = False
    view: View = "image"


@dataclass(frozen=True, eq=False)
class ImageScan:
    """The results of the scan for one image; row i of every array (n, …) is ``unit_ids[i]``.

    Attributes:
        number: the image's position in the training split.
        image_id: its key.
        unit_ids: (n,) ids of all units of its layout, labelled or not.
        unit_scores: column name ► (n,) exact scores, in the score's own unit.
        class_shares: (n, C) share of the unit's pixels that is predicted as each class; (n, 0) if
            not requested.
        boundary_share: (n,) share of the unit's pixels that have a 4-neighbour, in the unit or
            beside it, of another predicted class.
        embeddings: ``Embedding.key`` ► (n, D).
        score_maps: name of a score or of a rider's map ► (H, W), reduced to the request's limit;
            empty if not requested. With the view ``unit``, pixels of no unit have the lowest
            value of the score or of the rider's map.
        prediction: (H, W) predicted classes at full size, or ``None``. With the view ``unit``,
            pixels of no unit are void.
        feature_map: (h, w, D) coarse features, at most 16×16×256, cells of equal size that cover
            the image; more channels are projected by ``scoring.pooling.projection``. ``None`` if
            not requested, and with the view ``unit``.
        columns: name ► (n,) the riders' values of the units, beside the means of their maps, which
            are among ``unit_scores`` as their maps are among ``score_maps``.
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
    """Receives each image's results; images of different sizes may come in another order."""

    def add(self, result: ImageScan) -> Any:
        """Add one image's results; the scan does not change their arrays afterwards."""
        ...
