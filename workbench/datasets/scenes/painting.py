"""Paint flat shapes in perspective: one index map gives both the image and its ground truth.

Each shape is filled once, with the number of its ink, into an index map of twice the image's height
and width. The image holds the colours of the inks, averaged over 2 × 2 pixels of the index map; the
mask holds the classes of the inks at every second row and column. So image and mask agree, and
edges in the image are as soft as in a photograph.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from workbench.datasets.scenes.palette import Colour
from workbench.datasets.scenes.stretch import Floats

FINE = 2
"""Pixels of the index map per pixel of the image, along each axis."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera above a street that may bend.

    A point is x (metres right of the street's middle), y (metres up) and depth (metres ahead of
    the camera).

    Attributes:
        height: metres above the ground.
        x: metres right of the street's middle.
        focal: focal length in pixels of the index map.
        horizon: row of the index map at which the horizon lies.
        centre: column of the index map towards which a straight street runs.
        bend: metres to the right per squared metre of depth.
    """

    height: float
    x: float
    focal: float
    horizon: float
    centre: float
    bend: float

    def project(self, points: Floats) -> npt.NDArray[np.int32]:
        """Return the (n, 2) columns and rows of (n, 3) points."""
        depth = points[:, 2]
        scale = self.focal / depth
        pixels = np.empty((len(points), 2))
        pixels[:, 0] = (points[:, 0] - self.x + self.bend * depth * depth) * scale + self.centre
        pixels[:, 1] = (self.height - points[:, 1]) * scale + self.horizon
        return pixels.clip(-8000, 8000).astype(np.int32)

    def columns(self, x: float, depth: Floats) -> Floats:
        """Return the columns, at some depths, of a line ``x`` metres right of the middle."""
        return (x - self.x + self.bend * depth * depth) * (self.focal / depth) + self.centre


@dataclass(frozen=True)
class Air:
    """How haze, camera and sensor change the colours of an image.

    Attributes:
        haze: colour to which things fade with distance.
        density: haze per metre; exp(−density · metres) is the share of a thing's own colour.
        exposure: gain of the camera.
        tint: gain of R, G and B.
        blur: sigma in pixels of the image.
        noise: sigma of the sensor noise in grey levels.
    """

    haze: Colour
    density: float
    exposure: float
    tint: Colour
    blur: float
    noise: float


class Canvas:
    """An index map and its inks.

    Args:
        size: (H, W) of the image.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.index = np.zeros((size[0] * FINE, size[1] * FINE), dtype=np.uint16)
        self._classes: list[npt.NDArray[np.uint8]] = []
        self._inks: list[Floats] = []
        self._taken = 0

    def take(self, classes: npt.NDArray[np.uint8], inks: Floats) -> int:
        """Add inks and return the number of the first; the others have the numbers that follow.

        Args:
            classes: (k,) class ids.
            inks: (k, 7) R, G and B in full light, light as a share of full light, distance in
                metres (for the haze), strength of the texture in grey levels, and 1 if the ink
                shines by itself, else 0.
        """
        first = self._taken
        self._classes.append(classes)
        self._inks.append(inks)
        self._taken += len(inks)
        return first

    def picture(self, air: Air, rng: np.random.Generator, texture_at: int) -> npt.NDArray[np.uint8]:
        """Return the image, (H, W, 3) uint8 RGB.

        Args:
            air: haze, exposure, blur and noise.
            rng: draws the place of this image in the noise field.
            texture_at: place of this image in the texture field; the same for a whole drive.
        """
        height, width = self.size
        fine = self._seen(air).take(self.index).view(np.uint8).reshape(*self.index.shape, 4)
        small = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
        if air.blur > 0.25:
            small = cv2.GaussianBlur(small, (5, 5), air.blur)
        texture, noise, vignette = _fields(height, width)
        y, x = texture_at % MARGIN, texture_at // MARGIN % MARGIN
        grain = small[..., 3] * texture[y : y + height, x : x + width]
        # Repeat the grain in three channels: numpy broadcasts slowly over such a short last axis.
        picture = np.asarray(cv2.cvtColor(grain, cv2.COLOR_GRAY2RGB), dtype=np.float32)
        picture += np.asarray(cv2.cvtColor(small, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
        picture *= vignette
        y, x = rng.integers(MARGIN, size=2)
        picture += np.float32(air.noise) * noise[y : y + height, x : x + width]
        return np.asarray(picture.clip(0, 255).astype(np.uint8))

    def mask(self) -> npt.NDArray[np.uint8]:
        """Return the ground truth, (H, W) uint8 class ids."""
        return np.concatenate(self._classes).take(self.index[::FINE, ::FINE])

    def _seen(self, air: Air) -> npt.NDArray[np.uint32]:
        """Return (inks,) uint32: R, G, B and grain of each ink at the camera, one byte each."""
        rows = np.concatenate(self._inks)
        colour, (light, depth, grain, glow) = rows[:, :3], rows[:, 3:].T
        light = np.where(glow > 0, 1.0, light)
        clear = np.exp(-air.density * depth)
        lit = colour * np.where(glow[:, None] > 0, 1.0, light[:, None] * air.tint)
        packed = np.empty((len(rows), 4))
        packed[:, :3] = lit * clear[:, None] + np.array(air.haze) * (1.0 - clear[:, None])
        packed[:, :3] *= air.exposure
        packed[:, 3] = grain * light * clear  # texture fades with light and distance, like contrast
        return packed.clip(0, 255).astype(np.uint8).view(np.uint32)[:, 0]


MARGIN = 97
"""Possible places of an image in the fields of texture and noise, along each axis."""


@lru_cache(maxsize=8)
def _fields(height: int, width: int) -> tuple[npt.NDArray[np.float32], ...]:
    """Return texture (H', W') and noise (H', W', 3), both of sigma 1, and vignette (H, W, 3).

    H' and W' are H and W plus ``MARGIN``.
    """
    rng = np.random.default_rng(2024)
    shape = (height + MARGIN, width + MARGIN)
    fine = rng.standard_normal(shape, dtype=np.float32)
    coarse = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), 2.0)
    texture = 0.7 * fine + 0.7 * coarse / coarse.std()
    noise = rng.standard_normal((*shape, 3), dtype=np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    vignette = 1.0 - np.float32(0.13) * (x * x + y * y)
    return texture, noise, np.repeat(vignette[..., None], 3, axis=2)
