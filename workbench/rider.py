"""Riders: networks beside the segmenting one, whose maps and numbers are computed in the same scan.

A learner or an entry of ``workbench.learning.RIDERS`` trains a rider; the scan runs it on the same
images; the store keeps its weights under its own name and its maps among the score maps. This
module loads no torch.
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
    """A map that a rider computes for every image.

    Attributes:
        name: its name among the score maps; the column of this name in the unit table is its mean.
        unit: the unit of its values, e.g. ``clicks/pixel``.
        columns: further columns of the unit table ► the aggregation that computes them from the
            map, e.g. ``{"clicks": "sum"}``.
        low: the lower end of its colour scale.
        high: the upper end of its colour scale.
    """

    name: str
    unit: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    low: float = 0.0
    high: float = 1.0


class RiderNetwork(Protocol):
    """The interface of the network of a rider, a ``torch.nn.Module``."""

    def predict(self, images: Tensor) -> Mapping[str, Tensor]:
        """Return the maps (B, H, W) and the numbers (B,) of some images, float32, by name.

        Args:
            images: (B, H, W, 3) uint8 RGB on any device.
        """
        ...

    def folded(self) -> RiderNetwork:
        """Return a copy for inference that computes the same up to rounding, possibly faster."""
        ...

    def eval(self) -> Self:
        """Switch to evaluation mode."""
        ...

    def state_dict(self) -> Mapping[str, Any]:
        """Return the weights."""
        ...


@dataclass(frozen=True)
class Rider:
    """A trained network that the scan runs beside the segmenting one.

    Attributes:
        name: the name of its weights among the networks of a cycle.
        network: in evaluation mode, on the device of the scan.
        maps: the maps that it computes per image, with their ranges.
        numbers: names of the single numbers that it computes per image: columns in which all units
            of an image have the same value.

    Raises:
        ConfigError: if it has neither a map nor a number, or two of the same name.
    """

    name: str
    network: RiderNetwork
    maps: tuple[RiderMap, ...] = ()
    numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = columns_of(self.maps, self.numbers)
        if not names:
            raise ConfigError(
                f"The rider {self.name} has neither a map nor a number; wanted one or more."
            )
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"The rider {self.name} has {twice[0]!r} twice; wanted each once.")


def columns_of(maps: tuple[RiderMap, ...], numbers: tuple[str, ...]) -> list[str]:
    """Return the names of the columns of the unit table that these maps and numbers fill."""
    return [name for one in maps for name in (one.name, *one.columns)] + list(numbers)
