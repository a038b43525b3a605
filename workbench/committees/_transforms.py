"""The image and transformed copies of it (Golestaneh & Kitani, Eqs. 1–3 and Table 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import pad

from workbench.committees._names import shift_of, transform_keys
from workbench.committees._sums import RunningSums
from workbench.errors import ShapeError

if TYPE_CHECKING:
    from workbench.committees._forwards import Forwards
    from workbench.types import Committee


@dataclass(frozen=True)
class Transform:
    """A change of the image that can be undone on the logits.

    Attributes:
        there: (B, 3, H, W) images ► the copies that the network reads.
        back: (B, C, …) logits of the copy ► (B, C, H, W), every value at its own pixel.
        seen: logits (B, C, H, W) ► (H, W) bool, the pixels inside the copy; ``None`` if all are.
    """

    there: Callable[[Tensor], Tensor]
    back: Callable[[Tensor], Tensor]
    seen: Callable[[Tensor], Tensor] | None = None


def mirror(x: Tensor) -> Tensor:
    """Mirror left and right; its own inverse."""
    return x.flip(-1)


def upside_down(x: Tensor) -> Tensor:
    """Mirror top and bottom; its own inverse."""
    return x.flip(-2)


def half_turn(x: Tensor) -> Tensor:
    """Turn by 180 degrees; its own inverse."""
    return x.flip(-1, -2)


def quarter_turn(x: Tensor) -> Tensor:
    """Turn by 90 degrees, counter-clockwise."""
    return x.rot90(1, (-2, -1))


def quarter_turn_back(x: Tensor) -> Tensor:
    """Turn by 90 degrees, clockwise."""
    return x.rot90(-1, (-2, -1))


def shift(pixels: int, cell: int = 1) -> Transform:
    """Move the image down and to the right.

    The paper draws its shift at random; here it is constant, since scores must not depend on
    chance. The gap is filled by reflection; the last rows and columns leave the image, and this
    member does not cover them.

    Args:
        pixels: size of the shift in pixels of the image, a multiple of ``cell``.
        cell: pixels of the image per cell of the logits, along either side.
    """

    def there(x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        if pixels >= min(height, width):
            raise ShapeError(
                f"An image of {height}×{width} pixels cannot be moved by {pixels}; name a smaller "
                "shift, e.g. transforms:translate8."
            )
        return pad(x, (pixels, 0, pixels, 0), mode="reflect")[..., :height, :width]

    moved = pixels // cell

    def back(logits: Tensor) -> Tensor:
        return pad(logits[..., moved:, moved:], (0, moved, 0, moved))

    def seen(logits: Tensor) -> Tensor:
        height, width = logits.shape[-2:]
        inside = torch.zeros((height, width), dtype=torch.bool, device=logits.device)
        inside[: height - moved, : width - moved] = True
        return inside

    return Transform(there, back, seen)


_PAIRS = {
    "hflip": Transform(mirror, mirror),
    "vflip": Transform(upside_down, upside_down),
    "rot90": Transform(quarter_turn, quarter_turn_back),
    "rot180": Transform(half_turn, half_turn),
}


def transform(key: str, cell: int = 1) -> Transform:
    """Return the transformation of a pass's key; ``cell`` as for :func:`shift`."""
    pixels = shift_of(key)
    return _PAIRS[key] if pixels is None else shift(pixels, cell)


def transforms(forwards: Forwards, needs: AbstractSet[str], of: Sequence[str]) -> Committee:
    """Build the committee of the image and its transformed copies, mapped back before summing.

    Args:
        forwards: the batch's passes; ``identity`` and one per transformation are read.
        needs: sums to keep.
        of: names of transformations.

    Returns:
        A committee with ``n`` = 1 + number of transformations; ``count`` is below it where a shift
        moved pixels out of the image.

    Raises:
        ConfigError: for a name that is not a transformation.
        ShapeError: for a shift that is larger than the image, or not a whole number of cells of
            the logits at the network's output stride.
    """
    sums = RunningSums(needs, forwards.workspace)
    logits = forwards.logits()
    sums.add(logits)
    for key in transform_keys(of):
        copy = transform(key, _cell(key, forwards.x, logits))
        sums.add(
            forwards.logits(key, copy.there),
            copy.seen(logits) if copy.seen else None,
            restore=copy.back,
        )
    return sums.committee()


def _cell(key: str, x: Tensor, logits: Tensor) -> int:
    """Return the pixels of the image per cell of the logits, along either side."""
    pixels = shift_of(key)
    (height, width), (rows, columns) = x.shape[-2:], logits.shape[-2:]
    if pixels is None or (height, width) == (rows, columns):
        return 1
    cell = height // rows
    if (cell * rows, cell * columns) != (height, width) or pixels % cell:
        raise ShapeError(
            f"A shift by {pixels} pixels is not a whole number of cells where an image of "
            f"{height}×{width} is scored at {rows}×{columns}; set scan.resolution to full, or "
            "leave this transformation out."
        )
    return cell
