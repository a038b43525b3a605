"""Units scanned alone: each unit's box is an image of its own, without the context around it.

Chen et al. (III-C) discard what lies outside their crops, so neither scores nor embeddings may
depend on it. Each box is cut out and scanned like an image; the results are put together image by
image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from workbench.geometry.cells import at_centres
from workbench.observation import ImageScan
from workbench.scoring._batch import reduced
from workbench.scoring.request import ScanImage, ScanRequest
from workbench.types import IGNORE, unit_ids
from workbench.units.base import UnitLayout

if TYPE_CHECKING:
    from workbench.rider import Rider

_UNREDUCED = (1 << 30, 1 << 30)


@dataclass(frozen=True, eq=False)
class Cut(ScanImage):
    """A unit's box as an image of its own, with the pixels in it that belong to other units.

    Attributes:
        whole: the image that it was cut from.
        row: the unit's row in the image's layout.
    """

    whole: ScanImage
    row: int


def cuts(images: Iterable[ScanImage]) -> Iterator[Cut]:
    """Cut every unit out of every image."""
    for image in images:
        for row, (y0, x0, y1, x1) in enumerate(image.layout.boxes.tolist()):
            pixels = np.ascontiguousarray(image.image[y0:y1, x0:x1])
            layout = _alone(_inside(image, row))
            yield Cut(image.number, image.image_id, pixels, layout, image, row)


def for_cuts(request: ScanRequest) -> ScanRequest:
    """Return what the scan of the cuts has to compute.

    Maps keep their size until they are put together. A coarse feature map of an image would have
    no features between its units, so none is made.
    """
    return replace(request, view="image", map_limit=_UNREDUCED, features=False)


class Assembler:
    """Puts the results of an image's cuts together, as soon as all of them are there.

    Args:
        request: the request for the whole images.
        riders: the riders of the scan; pixels of no unit get the lowest value of a rider's map.
    """

    def __init__(self, request: ScanRequest, riders: Sequence[Rider] = ()) -> None:
        self._limit = request.map_limit
        self._lowest = {s.name: s.acquisition.entry.lower for s in request.scores}
        self._lowest |= {one.name: one.low for rider in riders for one in rider.maps}
        self._pending: dict[int, dict[int, ImageScan]] = {}

    def __call__(
        self, pieces: Sequence[ScanImage], results: Sequence[ImageScan]
    ) -> list[ImageScan]:
        """Add the results of some cuts; return the images that are complete with them."""
        complete = []
        for cut, result in zip(pieces, results, strict=True):
            assert isinstance(cut, Cut)
            found = self._pending.setdefault(cut.number, {})
            found[cut.row] = result
            if len(found) == len(cut.whole.layout):
                del self._pending[cut.number]
                complete.append(self._joined(cut.whole, [found[row] for row in range(len(found))]))
        return complete

    def _joined(self, image: ScanImage, parts: Sequence[ImageScan]) -> ImageScan:
        first = parts[0]
        maps = {
            name: self._canvas(image, [p.score_maps[name] for p in parts], self._lowest[name])
            for name in first.score_maps
        }
        predictions = [p.prediction for p in parts if p.prediction is not None]
        return replace(
            first,
            unit_ids=unit_ids(image.number, image.layout.local),
            unit_scores=_stacked([p.unit_scores for p in parts]),
            class_shares=np.concatenate([p.class_shares for p in parts]),
            boundary_share=np.concatenate([p.boundary_share for p in parts]),
            embeddings=_stacked([p.embeddings for p in parts]),
            columns=_stacked([p.columns for p in parts]),
            score_maps={
                name: reduced(torch.from_numpy(whole), self._limit) for name, whole in maps.items()
            },
            prediction=self._canvas(image, predictions, IGNORE) if predictions else None,
        )

    def _canvas(
        self, image: ScanImage, parts: Sequence[npt.NDArray[Any]], outside: float
    ) -> npt.NDArray[Any]:
        """Return (H, W) with each unit's pixels in their place and one value everywhere else."""
        whole = np.full(image.image.shape[:2], outside, dtype=parts[0].dtype)
        for row, part in enumerate(parts):
            y0, x0, y1, x1 = image.layout.boxes[row].tolist()
            inside = _inside(image, row)
            whole[y0:y1, x0:x1][inside] = at_centres(part, inside.shape)[inside]
        return whole


def _stacked(
    parts: Sequence[Mapping[str, npt.NDArray[Any]]],
) -> dict[str, npt.NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _inside(image: ScanImage, row: int) -> npt.NDArray[np.bool_]:
    """Return (h, w) bool: whether each pixel of a unit's box belongs to the unit."""
    return image.layout.inside(int(image.layout.local[row]))


def _alone(inside: npt.NDArray[np.bool_]) -> UnitLayout:
    """Return the layout of an image that holds one unit."""
    height, width = inside.shape
    if inside.all():
        return _rectangle(height, width)
    unit_map = np.where(inside, np.int32(0), np.int32(-1))
    return UnitLayout(unit_map, _box(height, width), np.array([inside.sum()], dtype=np.int64))


@lru_cache(maxsize=64)
def _rectangle(height: int, width: int) -> UnitLayout:
    unit_map = np.zeros((height, width), dtype=np.int32)
    return UnitLayout(unit_map, _box(height, width), np.array([height * width], dtype=np.int64))


def _box(height: int, width: int) -> npt.NDArray[np.int32]:
    return np.array([[0, 0, height, width]], dtype=np.int32)
