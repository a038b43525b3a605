"""A drive through a made-up street: what stands where, and one frame of it.

The street is laid out once a drive, in cells of 12 m on either side; a frame shows what lies ahead
of the camera. Lengths are metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.datasets.scenes import backdrop
from workbench.datasets.scenes.cars import LENGTH, add_car
from workbench.datasets.scenes.houses import add_distance, add_hedge, add_house
from workbench.datasets.scenes.kerbside import add_bin, add_lamp, add_person, add_sign, add_tree
from workbench.datasets.scenes.painting import MARGIN, Canvas, Floats
from workbench.datasets.scenes.scene import Scene
from workbench.datasets.scenes.style import STYLE_NUMBERS, Style, air_of, camera_of

_CELL = 12.0
_CELLS = 128  # before a street repeats itself: 1.5 km
_CELL_NUMBERS = 38
_SEEN = 84.0


@dataclass(frozen=True, eq=False)
class Drive:
    """One sequence: its own light and viewpoint, and its street.

    Attributes:
        style: (STYLE_NUMBERS,) uniform numbers.
        cells: (2, cells, numbers) uniform numbers: what stands left and right.
        traffic: (4, 4) uniform numbers: moving cars.
        outlines: (32, 24, 2) uneven discs, for trees and clouds.
        skyline: (3, 40) uniform numbers: far houses, far trees, clouds.
        texture_at: where in the texture field the drive lies.
    """

    style: Floats
    cells: Floats
    traffic: Floats
    outlines: Floats
    skyline: Floats
    texture_at: int

    @classmethod
    def of(cls, rng: np.random.Generator) -> Drive:
        """Make up a drive."""
        angle = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
        radii = 0.78 + 0.36 * rng.random((32, 24))
        return cls(
            style=rng.random(STYLE_NUMBERS),
            cells=rng.random((2, _CELLS, _CELL_NUMBERS)),
            traffic=rng.random((4, 4)),
            outlines=np.stack([radii * np.cos(angle), radii * np.sin(angle)], axis=-1),
            skyline=rng.random((3, 40)),
            texture_at=int(rng.integers(MARGIN * MARGIN)),
        )


def render(
    drive: Drive,
    style: Style,
    position: float,
    rng: np.random.Generator,
    size: tuple[int, int],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Draw one frame.

    Args:
        drive: the street.
        style: light and viewpoint.
        position: metres driven.
        rng: shakes the camera and places the sensor noise.
        size: (H, W) in pixels.

    Returns:
        (H, W, 3) uint8 RGB and (H, W) uint8 class ids with void.
    """
    canvas = Canvas(size)
    camera = camera_of(style, size, rng)
    scene = Scene(style, drive.outlines)
    backdrop.paint_sky(canvas, camera, scene.light)
    ground = backdrop.paint_ground(canvas, camera, style, scene.light, position)
    add_distance(scene, drive.skyline, camera.bend, _SEEN)
    here = int(position // _CELL)
    for number in range(here, here + int(_SEEN // _CELL) + 1):
        for side in (-1, 1):
            numbers = drive.cells[(side + 1) // 2, number % _CELLS].tolist()
            _fill_cell(scene, numbers, side, number * _CELL - position)
    _drive_by(scene, drive.traffic.tolist(), position)
    backdrop.shade_ground(canvas, camera, scene.shadows, ground)
    canvas.draw(scene.shapes, camera)
    if style.bonnet < 0.25:
        backdrop.paint_bonnet(canvas, scene.light)
    return canvas.picture(air_of(style, scene.light), rng, drive.texture_at), canvas.mask()


def _fill_cell(scene: Scene, n: list[float], side: int, depth: float) -> None:
    """Add what stands in one cell at one side; ``n`` holds _CELL_NUMBERS uniform numbers."""
    style = scene.style
    (add_house if n[0] < 0.8 else add_hedge)(scene, n, side, depth, _CELL)
    kerb = side * (style.road_half + 0.55)
    if n[8] < 0.4:
        add_tree(scene, n[10:13], kerb, depth + _CELL * n[9])
    if n[13] < 0.34:
        add_lamp(scene, n[15], side, kerb, depth + _CELL * n[14])
    if n[16] < 0.32:
        add_sign(scene, n[18:21], kerb, depth + _CELL * n[17])
    if n[21] < 0.34:
        parked = depth + (_CELL - LENGTH) * n[22]
        add_car(scene, n[23:25], side * (style.road_half - 1.0), parked)
    free = style.wall - style.road_half - 1.4
    if n[25] < 0.5:
        for i in range(2 if n[27] < 0.4 else 1):
            x = side * (style.road_half + 0.8 + free * n[28 + i])
            add_person(scene, n[30 + 4 * i :], x, depth + _CELL * n[26] + 0.9 * i)
    elif n[25] > 0.88:
        add_bin(scene, n[28:30], side * (style.wall - 0.8), depth + _CELL * n[26])


def _drive_by(scene: Scene, cars: list[list[float]], position: float) -> None:
    """Add moving cars: two may be ahead in the own lane, two may come towards the camera."""
    lane = scene.style.road_half * 0.5
    for i, n in enumerate(cars):
        if n[0] > (0.45, 0.25)[i % 2]:
            continue
        ahead = 45.0 * n[1]
        if i < 2:
            add_car(scene, n[2:], lane, 5.0 + (ahead + 0.3 * position) % 50.0)
        else:
            add_car(scene, n[2:], -1.1 * lane, (ahead - 1.6 * position) % 60.0)
