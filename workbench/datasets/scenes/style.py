"""Light and viewpoint of one frame, computed from uniform numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.datasets.scenes.painting import FINE, Air, Camera
from workbench.datasets.scenes.palette import Colour, mix
from workbench.datasets.scenes.stretch import Floats

STYLE_NUMBERS = 20
"""Number of uniform numbers in a :class:`Style`."""


@dataclass(frozen=True)
class Style:
    """The properties in which frames may differ; each field lies in [0, 1]."""

    camera_height: float
    camera_x: float
    horizon: float
    yaw: float
    focal: float
    bend: float
    road: float
    pavement: float
    sun_side: float
    overcast: float
    exposure: float
    warmth: float
    haze: float
    night: float
    blur: float
    noise: float
    season: float
    asphalt: float
    bonnet: float
    slabs: float

    @classmethod
    def of(cls, numbers: Floats) -> Style:
        """Return the style with these (STYLE_NUMBERS,) numbers."""
        return cls(*numbers.tolist())

    @property
    def widths(self) -> Widths:
        """Widths of a street of this style; all frames of a drive use the widths of the drive."""
        road_half = 3.0 + 1.8 * self.road
        return Widths(road_half, road_half + 1.8 + 2.2 * self.pavement)

    @property
    def dark(self) -> bool:
        """Return whether it is night."""
        return self.night < 0.1


class Widths(NamedTuple):
    """Metres from the street's middle to the kerb, and to the house fronts."""

    road_half: float
    wall: float


@dataclass(frozen=True)
class Light:
    """Brightness and direction of the light, and the colours of the sky.

    Attributes:
        ambient: light on every surface, as a share of full light.
        sun: light that the sun adds, as a share of full light.
        sun_side: side of the sun, −1 left … 1 right.
        top: colour of the sky at the top of the image.
        bottom: colour of the sky at the horizon.
        dark: whether it is night.
        season: 0 for spring … 1 for autumn.
    """

    ambient: float
    sun: float
    sun_side: float
    top: Colour
    bottom: Colour
    dark: bool
    season: float

    @classmethod
    def of(cls, style: Style) -> Light:
        """Return the light of a style."""
        if style.dark:
            return cls(0.34, 0.0, 0.0, (14, 18, 40), (62, 58, 74), dark=True, season=style.season)
        cloud = style.overcast
        low = max(0.0, style.warmth - 0.6) / 0.4  # the light of a low sun is warm
        clear_top = mix((72, 122, 205), (126, 118, 170), low)
        clear_bottom = mix((186, 214, 238), (246, 196, 140), low)
        return cls(
            ambient=0.55 + 0.3 * cloud,
            sun=0.62 * (1.0 - cloud),
            sun_side=2.0 * style.sun_side - 1.0,
            top=mix(clear_top, (178, 182, 188), cloud),
            bottom=mix(clear_bottom, (216, 217, 218), cloud),
            dark=False,
            season=style.season,
        )

    @property
    def ground(self) -> float:
        """Light on the ground in the sun."""
        return self.ambient + 0.75 * self.sun

    @property
    def shadow(self) -> float:
        """Light on the ground in shadow."""
        return self.ambient * 0.82

    @property
    def front(self) -> float:
        """Light on surfaces that face the camera."""
        return self.ambient + 0.35 * self.sun

    @property
    def sharp(self) -> bool:
        """Return whether things throw a shadow."""
        return self.sun > 0.15

    @cached_property
    def levels(self) -> Floats:
        """(5,) light by kind, ``FULL`` … ``RIGHT`` of :mod:`.stretch`."""
        sides = [self.ambient * 0.92 + self.sun * max(0.0, -s * self.sun_side) for s in (-1, 1)]
        return np.array([1.0, self.front, self.ground, *sides])

    @cached_property
    def there(self) -> npt.NDArray[np.bool_]:
        """(7,) whether each condition ``ALWAYS`` … ``SUN_LEFT`` holds; the last is ``NEVER``."""
        sun = [self.sharp and s * self.sun_side > 0.15 for s in (1, -1)]
        return np.array([True, self.dark, not self.dark, self.sharp, *sun, False])


def camera_of(
    style: Style, widths: Widths, size: tuple[int, int], rng: np.random.Generator
) -> Camera:
    """Return the camera, at a place free of parked cars, with a small random tilt and turn."""
    tilt, turn = (rng.standard_normal(2) * 0.0035).tolist()
    height, width = size[0] * FINE, size[1] * FINE
    return Camera(
        height=1.3 + 0.9 * style.camera_height,
        x=-0.3 + style.camera_x * (widths.road_half - 2.6),
        focal=(0.72 + 0.3 * style.focal) * width,
        horizon=(0.36 + 0.14 * style.horizon + tilt) * height,
        centre=(0.5 + 0.24 * (style.yaw - 0.5) + turn) * width,
        bend=(style.bend - 0.5) * 0.007,
    )


def air_of(style: Style, light: Light) -> Air:
    """Return the haze, exposure, tint, blur and noise of a style."""
    warm = style.warmth - 0.5
    return Air(
        haze=mix(light.bottom, (150, 150, 155), 0.2),
        density=0.002 + 0.016 * style.haze**2,
        exposure=0.85 + 0.38 * style.exposure,
        tint=(1.0 + 0.14 * warm, 1.0, 1.0 - 0.16 * warm),
        blur=0.8 * style.blur,
        noise=1.5 + 4.0 * style.noise + (2.0 if light.dark else 0.0),
    )
