"""A drive through a made-up street: the layout of the street, and the drawing of one frame.

The street is laid out once per drive, in cells of 12 m on each side; a frame shows the cells ahead
of the camera. Lengths are in metres.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from workbench.datasets.scenes import backdrop
from workbench.datasets.scenes.cars import LENGTH, add_car
from workbench.datasets.scenes.houses import add_distance, add_hedge, add_house
from workbench.datasets.scenes.kerbside import add_bin, add_lamp, add_person, add_sign, add_tree
from workbench.datasets.scenes.painting import MARGIN, Canvas
from workbench.datasets.scenes.stretch import Floats, Layout, Stretch
from workbench.datasets.scenes.style import (
    STYLE_NUMBERS,
    Light,
    Style,
    Widths,
    air_of,
    camera_of,
)
from workbench.datasets.scenes.view import Placed, View

_CELL = 12.0
_CELLS = 128  # cells until a street repeats itself, about 1.5 km
_CELL_NUMBERS = 38
_SEEN = 84.0
_CARS = 4


@dataclass(frozen=True, eq=False)
class Drive:
    """One sequence: a street, and the light and viewpoint that its frames have in common.

    Attributes:
        style: (STYLE_NUMBERS,) uniform numbers.
        cells: (2, cells, numbers) uniform numbers for the things on the left and on the right.
        traffic: (4, 4) uniform numbers for the moving cars.
        outlines: (32, 24, 2) points of uneven discs, for trees and clouds.
        skyline: (3, 40) uniform numbers for far houses, far trees and clouds.
        texture_at: place of the drive's images in the texture field.
        laid_out: the stretches laid out so far, by name.
    """

    style: Floats
    cells: Floats
    traffic: Floats
    outlines: Floats
    skyline: Floats
    texture_at: int
    laid_out: dict[object, Stretch] = field(default_factory=dict)

    @classmethod
    def of(cls, rng: np.random.Generator) -> Drive:
        """Draw the random numbers of a drive."""
        angle = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
        radii = 0.78 + 0.36 * rng.random((32, 24))
        return cls(
            style=rng.random(STYLE_NUMBERS),
            cells=rng.random((2, _CELLS, _CELL_NUMBERS)),
            traffic=rng.random((_CARS, 4)),
            outlines=np.stack([radii * np.cos(angle), radii * np.sin(angle)], axis=-1),
            skyline=rng.random((3, 40)),
            texture_at=int(rng.integers(MARGIN * MARGIN)),
        )

    @property
    def widths(self) -> Widths:
        """Widths of the street."""
        return Style.of(self.style).widths

    def stretch(self, name: object, lay_out: Callable[[Layout], None]) -> Stretch:
        """Return a stretch of the street; ``lay_out`` fills it at the first call with this name."""
        found = self.laid_out.get(name)
        if found is None:
            layout = Layout(self.outlines)
            lay_out(layout)
            found = self.laid_out[name] = layout.done()
        return found

    def cell(self, number: int, side: int) -> Stretch:
        """Return the things in one cell on one side (−1 left, 1 right)."""
        number %= _CELLS
        numbers = self.cells[(side + 1) // 2, number]
        return self.stretch(
            (number, side), lambda into: _fill_cell(into, numbers.tolist(), side, self.widths)
        )

    def car(self, which: int) -> Stretch:
        """Return a moving car: 0 and 1 drive in the camera's lane, 2 and 3 in the oncoming lane."""
        numbers, lane = self.traffic[which].tolist(), self.widths.road_half * 0.5
        x = lane if which < 2 else -1.1 * lane
        return self.stretch(("car", which), lambda into: add_car(into, numbers[2:], x, 0.0))

    def distance(self) -> Stretch:
        """Return the clouds, far houses and far trees at the end of the street."""
        return self.stretch("distance", lambda into: add_distance(into, self.skyline))


def render(
    drive: Drive,
    style: Style,
    position: float,
    rng: np.random.Generator,
    size: tuple[int, int],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Draw one frame.

    Args:
        drive: the street and its things.
        style: light and viewpoint of the frame.
        position: metres driven so far.
        rng: draws the shake of the camera and the place in the noise field.
        size: (H, W) in pixels.

    Returns:
        The (H, W, 3) uint8 RGB image and the (H, W) uint8 class ids, with void.
    """
    canvas, light = Canvas(size), Light.of(style)
    camera = camera_of(style, drive.widths, size, rng)
    backdrop.paint_sky(canvas, camera, light)
    ground = backdrop.paint_ground(canvas, camera, style, drive.widths, light, position)
    # shift the far end with the bend, so that the street always ends at houses and trees
    placed = [Placed(drive.distance(), -camera.bend * _SEEN**2, _SEEN)]
    here = int(position // _CELL)
    for number in range(here, here + int(_SEEN // _CELL) + 1):
        ahead = number * _CELL - position
        placed += [Placed(drive.cell(number, side), 0.0, ahead) for side in (-1, 1)]
    view = View.of([*placed, *_traffic(drive, position)], camera, light)
    backdrop.shade_ground(canvas, view.shadows(), ground)
    view.draw(canvas, light)
    if style.bonnet < 0.25:
        backdrop.paint_bonnet(canvas, light)
    return canvas.picture(air_of(style, light), rng, drive.texture_at), canvas.mask()


def _fill_cell(layout: Layout, n: list[float], side: int, widths: Widths) -> None:
    """Add the things in one cell on one side; ``n`` holds _CELL_NUMBERS uniform numbers."""
    (add_house if n[0] < 0.8 else add_hedge)(layout, n, side, widths.wall, _CELL)
    kerb = side * (widths.road_half + 0.55)
    if n[8] < 0.4:
        add_tree(layout, n[10:13], kerb, _CELL * n[9])
    if n[13] < 0.34:
        add_lamp(layout, n[15], side, kerb, _CELL * n[14])
    if n[16] < 0.32:
        add_sign(layout, n[18:21], kerb, _CELL * n[17])
    if n[21] < 0.34:
        add_car(layout, n[23:25], side * (widths.road_half - 1.0), (_CELL - LENGTH) * n[22])
    free = widths.wall - widths.road_half - 1.4
    if n[25] < 0.5:
        for i in range(2 if n[27] < 0.4 else 1):
            x = side * (widths.road_half + 0.8 + free * n[28 + i])
            add_person(layout, n[30 + 4 * i :], x, _CELL * n[26] + 0.9 * i)
    elif n[25] > 0.88:
        add_bin(layout, n[28:30], side * (widths.wall - 0.8), _CELL * n[26])


def _traffic(drive: Drive, position: float) -> list[Placed]:
    """Place the moving cars: up to two ahead in the camera's lane, and up to two oncoming."""
    placed = []
    for which, n in enumerate(drive.traffic.tolist()):
        if n[0] > (0.45, 0.25)[which % 2]:
            continue
        ahead = 45.0 * n[1]
        own = which < 2
        z = 5.0 + (ahead + 0.3 * position) % 50.0 if own else (ahead - 1.6 * position) % 60.0
        placed.append(Placed(drive.car(which), 0.0, z))
    return placed
