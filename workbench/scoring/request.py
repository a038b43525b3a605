"""The inputs and the results of the scan. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from workbench.aggregation import AggregationEntry
from workbench.config import Embedding, Tap, View
from workbench.observation import ImageScan
from workbench.registry import Bound
from workbench.scoring.scores import Score
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


class ScanSink(Protocol):
    """Receives each image's results; images of different sizes may come in another order."""

    def add(self, result: ImageScan) -> Any:
        """Add one image's results; the scan does not change their arrays afterwards."""
        ...
