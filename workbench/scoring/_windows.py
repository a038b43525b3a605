"""Windows in the form in which the scan counts pixels: sums over boxes, by integral images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.aggregation import AggregationEntry, over_boxes
from workbench.errors import ShapeError
from workbench.scoring.shares import boundary
from workbench.units.base import area_of

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.registry import Bound
    from workbench.units.base import WindowLayout


@dataclass(frozen=True, eq=False)
class WindowUnits:
    """Windows of one image, ready for maps of one size.

    Attributes:
        layout: as given; held, so that its id stays its own.
        boxes: (n, 4) in the maps' pixels.
        areas: (n,) pixels of the maps in each window.
    """

    layout: WindowLayout
    boxes: npt.NDArray[np.int64]
    areas: npt.NDArray[np.int64]

    @classmethod
    def of(cls, layout: WindowLayout, size: tuple[int, int]) -> WindowUnits:
        """Prepare windows for maps of (h, w), at most the image's size.

        Raises:
            ShapeError: if a window has no pixel in maps of that size.
        """
        boxes = layout.boxes.astype(np.int64)
        for axis, (pixels, cells) in enumerate(zip(layout.size, size, strict=True)):
            if pixels != cells:  # a cell belongs to the windows that hold its centre
                centres = (2 * np.arange(cells) + 1) * pixels // (2 * cells)
                boxes[:, axis::2] = np.searchsorted(centres, boxes[:, axis::2])
        areas = area_of(boxes)
        if not areas.all():
            window = int(areas.argmin())
            raise ShapeError(
                f"The window {layout.boxes[window].tolist()} (y0, x0, y1, x1) lies between the "
                f"cells of a score map of {size[0]}×{size[1]}; set scan.resolution to full, or "
                "choose larger windows."
            )
        return cls(layout, boxes, areas)

    def aggregate(
        self, aggregation: Bound[AggregationEntry], score_map: Tensor
    ) -> npt.NDArray[np.float64]:
        """Return (n,) the score of each window, exact to the rounding of float64 sums."""
        return over_boxes(score_map.cpu().numpy(), self.boxes, aggregation)

    def class_shares(
        self, prediction: npt.NDArray[np.uint8], n_classes: int
    ) -> npt.NDArray[np.float32]:
        """Return (n, C): the share of each window's pixels that is predicted as each class."""
        shares = np.zeros((len(self.areas), n_classes), dtype=np.float32)
        for found in np.unique(prediction).tolist():
            shares[:, found] = over_boxes(prediction == found, self.boxes)
        return shares

    def boundary_share(self, prediction: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return (n,): the share of each window's pixels beside a pixel of another class."""
        return over_boxes(boundary(prediction), self.boxes).astype(np.float32)
