"""One rider's pass over a batch of the scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor

from workbench.aggregation import AGGREGATIONS, AggregationEntry
from workbench.errors import ShapeError
from workbench.naming import DEFAULT_AGGREGATION
from workbench.scoring._finite import require_finite
from workbench.scoring.request import ScanImage

if TYPE_CHECKING:
    from workbench.compute import ResolvedCompute
    from workbench.registry import Bound
    from workbench.rider import Rider


class RiderOutput(NamedTuple):
    """The maps and numbers of a rider for a batch.

    Attributes:
        maps: name ► (B, H, W).
        numbers: name ► (B,).
    """

    maps: Mapping[str, Tensor]
    numbers: Mapping[str, Tensor]


class RiderPass:
    """Runs a rider over batches.

    Args:
        rider: the rider, its network in eval mode.
        compute: the precision of the rider's pass.

    Attributes:
        aggregations: map's name ► column name ► aggregation; the column of the map's mean has the
            map's name.
    """

    def __init__(self, rider: Rider, compute: ResolvedCompute) -> None:
        self._rider = rider
        self._compute = compute
        self.aggregations: dict[str, dict[str, Bound[AggregationEntry]]] = {
            one.name: {
                key: AGGREGATIONS.bind(spec)
                for key, spec in {one.name: DEFAULT_AGGREGATION, **one.columns}.items()
            }
            for one in rider.maps
        }

    def __call__(self, pixels: Tensor, images: Sequence[ScanImage]) -> RiderOutput:
        """Return the rider's maps and numbers for images of one size.

        Args:
            pixels: (B, H, W, 3) uint8 RGB.
            images: the batch, for error messages.

        Raises:
            ShapeError: if the rider returns other maps or numbers than it names, or another shape.
            ScoreError: if a value is not finite; names the image.
        """
        with self._compute.autocast():
            found = self._rider.network.predict(pixels)
        wanted = {one.name: tuple(pixels.shape[:3]) for one in self._rider.maps}
        wanted |= dict.fromkeys(self._rider.numbers, tuple(pixels.shape[:1]))
        shapes = {name: tuple(values.shape) for name, values in found.items()}
        if shapes != wanted:
            raise ShapeError(f"The rider {self._rider.name} returned {shapes}; wanted {wanted}.")
        for name, values in found.items():
            require_finite(values, images, f"the output {name} of the rider {self._rider.name}")
        return RiderOutput(
            {one.name: found[one.name].float() for one in self._rider.maps},
            {name: found[name].float() for name in self._rider.numbers},
        )
