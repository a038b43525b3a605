"""One batch of the scan: forwards ► committees ► score maps ► units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from workbench.committees import Forwards, Workspace, predicted_classes
from workbench.geometry.cells import at_centres
from workbench.models import AtStride
from workbench.naming import column
from workbench.observation import ImageScan
from workbench.scoring._embed import Embedder
from workbench.scoring._finite import require_finite
from workbench.scoring._plan import CommitteePlan, PassesPlan, ScanPlan
from workbench.scoring._riders import RiderPass
from workbench.scoring._units import counts_on
from workbench.scoring.pooling import coarse_map
from workbench.scoring.request import ScanImage
from workbench.types import Committee, unit_ids

if TYPE_CHECKING:
    from workbench.compute import ResolvedCompute
    from workbench.models.base import SegmentationModel
    from workbench.rider import Rider


@dataclass(eq=False)
class _Partial:
    """The results of one image so far."""

    unit_scores: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    score_maps: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    columns: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)


class BatchScan:
    """Scans batch after batch; reuses the arrays that batches of one size share.

    Args:
        model: the network, in eval mode.
        plan: what to compute.
        compute: device and precision.
        members: networks of an ensemble, in eval mode.
        riders: networks with maps and columns of their own, in eval mode.
    """

    def __init__(
        self,
        model: SegmentationModel,
        plan: ScanPlan,
        compute: ResolvedCompute,
        members: Sequence[SegmentationModel] = (),
        riders: Sequence[Rider] = (),
    ) -> None:
        self._model = model
        self._riders = [RiderPass(rider, compute) for rider in riders]
        self._network = AtStride(model) if plan.request.at_stride else model
        self._members = tuple(
            self._network if m is model else AtStride(m) if plan.request.at_stride else m
            for m in members
        )
        self._plan = plan
        self._compute = compute
        self._maps = {s.name for s in plan.request.scores} if plan.request.maps else set()
        self._workspace = Workspace()
        self._counts = counts_on(compute.device)
        self._embedder = Embedder(model, compute, plan.embeddings, self._counts)

    def __call__(self, images: Sequence[ScanImage]) -> list[ImageScan]:
        """Scan images of one size.

        Raises:
            ScoreError: if logits or a score are not finite; names the image.
        """
        try:
            return self._scan(images)
        except BaseException:
            self._workspace = Workspace()  # if memory ran out, its arrays still take up memory
            raise

    def _scan(self, images: Sequence[ScanImage]) -> list[ImageScan]:
        pixels = torch.from_numpy(np.stack([i.image for i in images]))
        x = self._model.normalise(pixels)
        forwards = self._forwards(self._plan.passes, self._compute, x, images, self._plan.taps)
        predicted = predicted_classes(forwards.logits()).cpu().numpy()
        features = forwards.features
        found = [_Partial() for _ in images]
        for group in self._plan.passes.committees:
            self._read(group, forwards, images, found)
        if self._plan.float32 is not None:
            exact = replace(self._compute, precision="float32")
            forwards = self._forwards(self._plan.float32, exact, x, images)
            for group in self._plan.float32.committees:
                self._read(group, forwards, images, found)
        self._ride(pixels, images, found)
        embeddings = self._embedder(x, features, [image.layout for image in images])
        coarse = self._coarse(features.get(self._plan.request.coarse_tap), images)
        return [
            self._result(image, found[i], predicted[i], embeddings[i], coarse[i])
            for i, image in enumerate(images)
        ]

    def _forwards(
        self,
        plan: PassesPlan,
        compute: ResolvedCompute,
        x: Tensor,
        images: Sequence[ScanImage],
        taps: tuple[str, ...] = (),
    ) -> Forwards:
        """Return the passes of a batch in one precision; none has run yet."""
        return Forwards(
            self._network,
            x,
            compute.autocast,
            taps=taps,
            check=lambda logits: require_finite(logits, images, "the network's logits"),
            shared=plan.shared,
            members=self._members,
            dropout=plan.dropout,
            workspace=self._workspace,
        )

    def _read(
        self,
        group: CommitteePlan,
        forwards: Forwards,
        images: Sequence[ScanImage],
        found: Sequence[_Partial],
    ) -> None:
        """Sum one committee and read every score from it, before the next one is summed."""
        committee = group.committee.call(forwards, group.needs)
        # image by image on a CPU, so that the working set stays in the processor's cache
        step = 1 if self._compute.device == "cpu" else len(images)
        for start in range(0, len(images), step):
            rows = slice(start, start + step)
            self._read_part(group, part_of(committee, rows), images[rows], found[rows])

    def _read_part(
        self,
        group: CommitteePlan,
        committee: Committee,
        images: Sequence[ScanImage],
        found: Sequence[_Partial],
    ) -> None:
        for score, aggregations in group.scores:
            maps: Tensor = score.acquisition.call(committee)
            require_finite(maps, images, f"the score {score.name}")
            for one, image, score_map in zip(found, images, maps, strict=True):
                units = self._counts(image.layout, tuple(score_map.shape))
                for aggregation in aggregations:
                    name = column(score.name, aggregation.key)
                    one.unit_scores[name] = units.aggregate(aggregation, score_map)
                if score.name in self._maps:
                    one.score_maps[score.name] = reduced(score_map, self._plan.request.map_limit)

    def _ride(self, pixels: Tensor, images: Sequence[ScanImage], found: Sequence[_Partial]) -> None:
        """Add the riders' maps and numbers, at full size whatever the scores' resolution."""
        for rider in self._riders:
            output = rider(pixels, images)
            for i, (one, image) in enumerate(zip(found, images, strict=True)):
                for name, maps in output.maps.items():
                    units = self._counts(image.layout, image.image.shape[:2])
                    for key, aggregation in rider.aggregations[name].items():
                        column = units.aggregate(aggregation, maps[i])
                        (one.unit_scores if key == name else one.columns)[key] = column
                    if self._plan.request.maps:
                        one.score_maps[name] = reduced(maps[i], self._plan.request.map_limit)
                for name, numbers in output.numbers.items():
                    one.columns[name] = np.full(len(image.layout), float(numbers[i]))

    def _coarse(
        self, features: Tensor | None, images: Sequence[ScanImage]
    ) -> list[npt.NDArray[np.float16]] | list[None]:
        if features is None or not self._plan.request.features:
            return [None] * len(images)
        coarse = torch.stack([coarse_map(one) for one in features]).half()
        require_finite(coarse, images, "the coarse feature map (16-bit)")
        return list(coarse.cpu().numpy())

    def _result(
        self,
        image: ScanImage,
        found: _Partial,
        prediction: npt.NDArray[np.uint8],
        embeddings: dict[str, npt.NDArray[np.float32]],
        coarse: npt.NDArray[np.float16] | None,
    ) -> ImageScan:
        units = self._counts(image.layout, prediction.shape)
        # a copy: the next batch overwrites this one's
        full_size = at_centres(prediction, image.image.shape[:2])
        return ImageScan(
            number=image.number,
            image_id=image.image_id,
            unit_ids=unit_ids(image.number, image.layout.local),
            unit_scores=found.unit_scores,
            class_shares=units.class_shares(prediction, self._model.n_classes)
            if self._plan.request.shares
            else np.empty((len(image.layout), 0), np.float32),
            boundary_share=units.boundary_share(prediction),
            embeddings=embeddings,
            score_maps=found.score_maps,
            prediction=full_size if self._plan.request.predictions else None,
            feature_map=coarse,
            columns=found.columns,
        )


def part_of(committee: Committee, rows: slice) -> Committee:
    """Return the committee of some images of its batch."""
    values = {f.name: getattr(committee, f.name) for f in fields(committee)}
    parts: dict[str, Any] = {k: v[rows] for k, v in values.items() if isinstance(v, Tensor)}
    return replace(committee, **parts)


def reduced(score_map: Tensor, limit: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Return a map reduced by area to at most ``limit`` (H, W), its sides in proportion."""
    height, width = score_map.shape
    scale = min(limit[0] / height, limit[1] / width, 1.0)
    if scale < 1:
        size = max(1, int(height * scale)), max(1, int(width * scale))
        score_map = interpolate(score_map[None, None], size=size, mode="area")[0, 0]
        return score_map.cpu().numpy()
    return np.array(score_map.cpu().numpy())  # a copy: the next batch overwrites the sums
