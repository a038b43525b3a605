"""A feature vector for each unit, in its image or as an image of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.geometry.cells import cell_weights
from workbench.scoring.pooling import pool_units

if TYPE_CHECKING:
    from workbench.compute import ResolvedCompute
    from workbench.config import Embedding
    from workbench.models.base import SegmentationModel
    from workbench.scoring._units import CountsOf
    from workbench.units.base import Layout

Vectors = npt.NDArray[np.float32]


class Embedder:
    """Makes the units' embeddings of a batch.

    Args:
        model: the network, in eval mode.
        compute: device and precision.
        embeddings: tap and view of each embedding.
        counts: the function that prepares layouts.
    """

    def __init__(
        self,
        model: SegmentationModel,
        compute: ResolvedCompute,
        embeddings: Sequence[Embedding],
        counts: CountsOf,
    ) -> None:
        self._model = model
        self._compute = compute
        self._in_images = [e for e in embeddings if e.view == "image"]
        self._alone = [e for e in embeddings if e.view == "unit"]
        self._taps = tuple(dict.fromkeys(e.tap for e in self._alone))
        self._counts = counts

    def __call__(
        self, x: Tensor, features: Mapping[str, Tensor], layouts: Sequence[Layout]
    ) -> list[dict[str, Vectors]]:
        """Return ``Embedding.key`` ► (n, D) float32 for each image.

        Args:
            x: (B, 3, H, W), normalised.
            features: tap ► (B, D, h, w) of the whole images, for the view ``image``.
            layouts: each image's units.
        """
        found: list[dict[str, Vectors]] = [
            {e.key: self._in_image(features[e.tap][i], layout) for e in self._in_images}
            for i, layout in enumerate(layouts)
        ]
        if self._alone:
            for one, vectors in zip(found, self._as_own_images(x, layouts), strict=True):
                one.update({e.key: vectors[e.tap] for e in self._alone})
        return found

    def _in_image(self, features: Tensor, layout: Layout) -> Vectors:
        cells = features.permute(1, 2, 0).float()
        return self._counts(layout, layout.size).feature_means(cells)

    def _as_own_images(self, x: Tensor, layouts: Sequence[Layout]) -> list[dict[str, Vectors]]:
        """Cut out every unit's box and run the network on the cuts, a batch's pixels at a time.

        Returns:
            tap ► (n, D) for each image; all taps are read from one pass.
        """
        cuts: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for i, layout in enumerate(layouts):
            for unit, (y0, x0, y1, x1) in enumerate(layout.boxes.tolist()):
                cuts.setdefault((y1 - y0, x1 - x0), []).append((i, unit))
        vectors: list[dict[int, dict[str, Vectors]]] = [{} for _ in layouts]
        for (height, width), group in cuts.items():
            at_once = max(1, x.shape[0] * x.shape[2] * x.shape[3] // (height * width))
            for start in range(0, len(group), at_once):
                part = group[start : start + at_once]
                for (i, unit), vector in zip(part, self._cut(x, layouts, part), strict=True):
                    vectors[i][unit] = vector
        return [
            {tap: np.stack([of[unit][tap] for unit in range(len(of))]) for tap in self._taps}
            for of in vectors
        ]

    def _cut(
        self, x: Tensor, layouts: Sequence[Layout], part: Sequence[tuple[int, int]]
    ) -> list[dict[str, Vectors]]:
        boxes = [layouts[i].boxes[unit].tolist() for i, unit in part]
        own = torch.stack(
            [x[i, :, y0:y1, x0:x1] for (i, _), (y0, x0, y1, x1) in zip(part, boxes, strict=True)]
        ).contiguous(memory_format=torch.channels_last)
        with self._compute.autocast():
            _, maps = self._model.features(own, self._taps)
        return [
            {t: self._own_mean(maps[t][k], layouts[i], unit) for t in self._taps}
            for k, (i, unit) in enumerate(part)
        ]

    def _own_mean(self, features: Tensor, layout: Layout, unit: int) -> Vectors:
        """Return the mean of a cut's features over the pixels that belong to the unit."""
        inside = layout.inside(int(layout.local[unit]))
        if inside.all():
            return features.mean(dim=(1, 2)).cpu().numpy()
        mine = np.where(inside, 0, -1).astype(np.int32)
        cells = features.shape[-2], features.shape[-1]
        weights = torch.from_numpy(cell_weights(mine, 1, cells)).to(features.device)
        return pool_units(features, weights)[0].cpu().numpy()
