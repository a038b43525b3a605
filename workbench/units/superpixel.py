"""Superpixels: units that follow the image's edges (SLIC, Achanta et al. 2012)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError
from workbench.units.base import UnitLayout


class Superpixels:
    """Divides an image into about ``segments`` connected superpixels, by scikit-image's SLIC.

    The same image gives the same superpixels. Computing them takes about a second for an image of
    1024×2048, so those of a pool are computed once and stored with the experiment.

    Args:
        segments: approximate number of superpixels; the real number differs from image to image.
        compactness: larger: more like squares; smaller: closer to edges.
    """

    needs_image = True

    def __init__(self, segments: int, compactness: float = 10.0) -> None:
        self.segments = segments
        self.compactness = compactness

    def layout(
        self,
        size: tuple[int, int],  # noqa: ARG002 - the image is enough
        image: npt.NDArray[Any] | None = None,
    ) -> UnitLayout:
        """Return the superpixels of an image.

        Raises:
            ShapeError: if the image is missing.
        """
        if image is None:
            raise ShapeError("Superpixels follow the image's edges, and no image was given.")
        unit_map = self._segment(image)
        return UnitLayout(unit_map, _boxes(unit_map), np.bincount(unit_map.ravel()))

    def _segment(self, image: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        from skimage.measure import label
        from skimage.segmentation import slic

        found = slic(image, self.segments, self.compactness, start_label=0, channel_axis=-1)
        # numbers without gaps; a piece that the library joined to a superpixel it does not touch
        # (small pieces in the image's first corner) becomes a superpixel of its own
        pieces = label(found + 1, background=-1, connectivity=1)  # type: ignore[no-untyped-call]
        unit_map: npt.NDArray[np.int32] = (pieces - 1).astype(np.int32)
        return unit_map


def _boxes(unit_map: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    from scipy.ndimage import find_objects  # type: ignore[import-untyped]

    boxes = [(ys.start, xs.start, ys.stop, xs.stop) for ys, xs in find_objects(unit_map + 1)]
    return np.array(boxes, dtype=np.int32)
