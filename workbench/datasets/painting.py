"""Paints flat shapes in perspective: one index map gives both the image and its ground truth.

Every shape is filled once, with the number of its ink, into a map of twice the size. The image is
what the inks' colours look like after the map was averaged down, the mask is the inks' classes at
every second pixel. So both agree to the pixel, and edges in the image are soft as a camera's are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

FINE = 2
"""Index map pixels a picture pixel, along each axis."""

NEAR = 1.8
"""Metres; what is nearer is cut off or left out."""

Floats = npt.NDArray[np.float64]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Camera:
    """A pinhole above a street that may bend.

    Attributes:
        height: metres above the ground.
        x: metres right of the street's middle.
        focal: index map pixels.
        horizon: row of the index map.
        centre: column of the index map that the street's middle runs to.
        bend: metres to the right a squared metre of depth.
    """

    height: float
    x: float
    focal: float
    horizon: float
    centre: float
    bend: float

    def project(self, points: Floats) -> npt.NDArray[np.int32]:
        """Return (n, 2) column and row of (n, 3) points x, y (up), depth in metres."""
        depth = points[:, 2]
        scale = self.focal / depth
        u = self.centre + (points[:, 0] - self.x + self.bend * depth * depth) * scale
        v = self.horizon + (self.height - points[:, 1]) * scale
        return np.stack([u, v], axis=1).clip(-8000, 8000).astype(np.int32)


class Ink(NamedTuple):
    """What a shape is made of.

    Attributes:
        klass: class id.
        colour: RGB 0–255 in full light.
        light: share of that light it gets.
        depth: metres, for haze.
        grain: strength of the texture in grey levels.
        glow: whether it shines by itself at night.
    """

    klass: int
    colour: Colour
    light: float
    depth: float
    grain: float = 4.0
    glow: bool = False


class Shape(NamedTuple):
    """Polygons of one ink, (k, 3) or (m, k, 3) points; drawn by ascending ``order``."""

    order: float
    ink: Ink
    points: Floats


@dataclass(frozen=True)
class Air:
    """What lies between the camera and things.

    Attributes:
        haze: colour that things fade to.
        density: share of haze a metre, as exponent.
        exposure: gain of the camera.
        tint: gain of R, G and B.
        blur: sigma in picture pixels.
        noise: sigma of the sensor in grey levels.
    """

    haze: Colour
    density: float
    exposure: float
    tint: Colour
    blur: float
    noise: float


class Canvas:
    """An index map and the inks in it.

    Args:
        size: (H, W) of the picture.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.index = np.zeros((size[0] * FINE, size[1] * FINE), dtype=np.uint16)
        self._inks: list[Ink] = []

    def ink(self, ink: Ink) -> int:
        """Take an ink and return its number."""
        self._inks.append(ink)
        return len(self._inks) - 1

    def draw(self, shapes: list[Shape], camera: Camera) -> None:
        """Fill shapes, farthest first."""
        if not shapes:
            return
        shapes = sorted(shapes, key=lambda shape: shape.order)
        flat = [shape.points.reshape(-1, 3) for shape in shapes]
        pixels = camera.project(np.concatenate(flat))
        start = 0
        for shape, points in zip(shapes, flat, strict=True):
            part = pixels[start : start + len(points)]
            start += len(points)
            if shape.points.ndim == 3:
                polygons = list(part.reshape(*shape.points.shape[:2], 2))
            else:
                polygons = [part]
            cv2.fillPoly(self.index, polygons, self.ink(shape.ink))

    def picture(self, air: Air, rng: np.random.Generator, texture_at: int) -> npt.NDArray[np.uint8]:
        """Return the image, (H, W, 3) uint8 RGB.

        Args:
            air: haze, exposure, blur and noise.
            rng: draws where in the noise field this picture lies.
            texture_at: where in the texture field it lies; the same for a whole drive.
        """
        height, width = self.size
        fine = self._colours(air)[self.index].view(np.uint8).reshape(*self.index.shape, 4)
        small = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
        if air.blur > 0.25:
            small = cv2.GaussianBlur(small, (5, 5), air.blur)
        texture, noise, vignette = _fields(height, width)
        y, x = texture_at % _MARGIN, texture_at // _MARGIN % _MARGIN
        grain = small[..., 3] * texture[y : y + height, x : x + width]  # (H, W), grey levels
        picture = (small[..., :3] + grain[..., None]) * vignette
        y, x = rng.integers(_MARGIN, size=2)
        picture += np.float32(air.noise) * noise[y : y + height, x : x + width]
        return picture.clip(0, 255).astype(np.uint8)

    def mask(self) -> npt.NDArray[np.uint8]:
        """Return the ground truth, (H, W) uint8 class ids."""
        classes = np.array([ink.klass for ink in self._inks], dtype=np.uint8)
        return classes[self.index[::FINE, ::FINE]]

    def _colours(self, air: Air) -> npt.NDArray[np.uint32]:
        """Return (inks,) packed R, G, B, grain as the camera sees them."""
        colour = np.array([ink.colour for ink in self._inks])  # (n, 3)
        light, depth, grain, glow = np.array(
            [(1.0 if i.glow else i.light, i.depth, i.grain, i.glow) for i in self._inks]
        ).T
        lit = colour * light[:, None] * np.where(glow[:, None] > 0, 1.0, air.tint)
        clear = np.exp(-air.density * depth)[:, None]
        seen = (lit * clear + np.array(air.haze) * (1.0 - clear)) * air.exposure
        # Texture fades with light and distance, as all contrast does.
        packed = np.column_stack([seen, grain * light * clear[:, 0]]).clip(0, 255)
        return packed.astype(np.uint8).view(np.uint32)[:, 0]


_MARGIN = 97
"""Places along each axis at which a picture may lie in the fields."""


@lru_cache(maxsize=8)
def _fields(
    height: int, width: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return texture (H', W'), sensor noise (H', W', 3), both of sigma 1, and vignette (H, W, 1)."""
    rng = np.random.default_rng(20_24)
    shape = (height + _MARGIN, width + _MARGIN)
    fine = rng.standard_normal(shape).astype(np.float32)
    coarse = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), 2.0)
    texture = 0.7 * fine + 0.7 * coarse / coarse.std()
    noise = rng.standard_normal((*shape, 3)).astype(np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    vignette = 1.0 - 0.13 * (x * x + y * y)
    return texture, noise, vignette[..., None].astype(np.float32)
