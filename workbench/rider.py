"""Riders: networks beside the one that segments, whose maps and numbers come with the same scan.

A learner or an entry of ``workbench.learning.RIDERS`` trains one; the scan runs it over the same
images; the store keeps its weights under its own name and its maps among the score maps. Nothing
here loads torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

from workbench.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class RiderMap:
    """A map that a rider gives for every image.

    Attributes:
        name: its name among the score maps; the unit table's column of this name is its mean.
        unit: of its values, e.g. ``clicks/pixel``.
        columns: further columns of the unit table ► the aggregation that makes them of the map,
            e.g. ``{"clicks": "sum"}``.
        low: smallest value that its colours show.
        high: largest value that its colours show.
    """

    name: str
    unit: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    low: float = 0.0
    high: float = 1.0


class RiderNetwork(Protocol):
    """What a rider needs of its network, a ``torch.nn.Module``."""

    def predict(self, images: Tensor) -> Mapping[str, Tensor]:
        """Return the maps (B, H, W) and the numbers (B,) of some images, float32, by name.

        Args:
            images: (B, H, W, 3) uint8 RGB on any device.
        """
        ...

    def folded(self) -> RiderNetwork:
        """Return a copy for inference that computes the same, up to rounding; maybe faster."""
        ...

    def eval(self) -> Self:
        """Switch to evaluation mode."""
        ...

    def state_dict(self) -> Mapping[str, Any]:
        """Return the weights."""
        ...


@dataclass(frozen=True)
class Rider:
    """A trained network that rides in the scan.

    Attributes:
        name: its weights' name among the networks of a cycle.
        network: in evaluation mode, on the scan's device.
        maps: of each image, with their ranges.
        numbers: names of single numbers of each image: columns in which all units of the image have
            the same value.

    Raises:
        ConfigError: if it gives nothing, or two things of one name.
    """

    name: str
    network: RiderNetwork
    maps: tuple[RiderMap, ...] = ()
    numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = columns_of(self.maps, self.numbers)
        if not names:
            raise ConfigError(f"The rider {self.name} gives neither a map nor a number.")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"The rider {self.name} gives {twice[0]!r} twice; wanted each once.")


def columns_of(maps: tuple[RiderMap, ...], numbers: tuple[str, ...]) -> list[str]:
    """Return every column of the unit table that these maps and numbers make."""
    return [name for one in maps for name in (one.name, *one.columns)] + list(numbers)
