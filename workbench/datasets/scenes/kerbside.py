"""What stands and walks on the pavement: trees, lamps, signs, people, and bins (void)."""

from __future__ import annotations

import numpy as np

from workbench.datasets.scenes.painting import NEAR, Ink
from workbench.datasets.scenes.palette import (
    BINS,
    CLOTHES,
    PERSON,
    POLE,
    SIGN,
    SIGNS,
    SKINS,
    TREE,
    VOID,
    mix,
    pick,
)
from workbench.datasets.scenes.scene import Scene, front, ground


def add_tree(scene: Scene, n: list[float], x: float, depth: float) -> None:
    """Add a tree with a light and a dark part; ``n`` holds 3 uniform numbers."""
    if depth < NEAR + 1.5:
        return
    light = scene.light
    size = 1.3 + 1.5 * n[0]
    high, middle = size * (1.0 + 0.6 * n[1]), 2.6 + size
    bark = Ink(TREE, mix((84, 66, 50), (110, 104, 96), n[1]), light.front, depth, 8.0)
    scene.add(-depth, bark, front(x - 0.14, x + 0.14, 0.0, middle, depth))
    leaves = light.leaves(n[2])
    crown = scene.blob(n[1], x, middle, depth, size, high)
    scene.add(-depth + 0.01, Ink(TREE, leaves, light.front * 0.78, depth, 24.0), crown)
    lit = scene.blob(
        n[2], x + 0.22 * light.sun_side * size, middle + 0.2 * high, depth, 0.68 * size, 0.68 * high
    )
    scene.add(-depth + 0.02, Ink(TREE, leaves, light.front, depth, 24.0), lit)
    if light.sharp:
        shadow = scene.blob(n[1], x - 2.5 * light.sun_side, 50.0, depth, size, 0.8 * size)
        shadow[:, 2] = np.maximum(depth + shadow[:, 1] - 50.0, NEAR)  # lay it down
        shadow[:, 1] = 0.0
        scene.shadows.append(shadow)


def add_lamp(scene: Scene, number: float, side: int, x: float, depth: float) -> None:
    """Add a street lamp that leans over the road; lit at night."""
    if not NEAR < depth < 55:
        return
    light = scene.light
    high = 4.6 + 2.4 * number
    metal = Ink(POLE, mix((92, 98, 96), (136, 138, 140), number), light.front, depth, 3.0)
    scene.add(-depth, metal, front(x - 0.11, x + 0.11, 0.0, high, depth))
    scene.add(-depth, metal, front(x, x - side * 1.3, high - 0.1, high + 0.06, depth))
    bulb = (252, 226, 160) if light.dark else (200, 202, 200)
    head = front(x - side * 0.9, x - side * 1.5, high - 0.16, high + 0.1, depth)
    scene.add(-depth + 0.01, Ink(POLE, bulb, light.front, depth, 1.0, light.dark), head)


def _plate(corners: int, turn: float) -> np.ndarray:
    angle = turn + np.arange(corners) * 2 * np.pi / corners
    return np.column_stack([np.cos(angle), np.sin(angle), np.zeros(corners)])


_PLATES = (_plate(3, np.pi / 2), _plate(4, np.pi / 4), _plate(12, 0.0), _plate(12, 0.0))


def add_sign(scene: Scene, n: list[float], x: float, depth: float) -> None:
    """Add a traffic sign on its post; ``n`` holds 3 uniform numbers."""
    if not NEAR < depth < 45:
        return
    light = scene.light.front
    high, radius = 2.2 + 0.5 * n[0], 0.46 + 0.2 * n[1]
    post = front(x - 0.06, x + 0.06, 0.0, high, depth)
    scene.add(-depth, Ink(POLE, (140, 142, 144), light, depth, 2.0), post)
    plate = _PLATES[int(n[2] * 4) % 4]
    colours = SIGNS[int(n[1] * 4) % 4], (236, 236, 232)
    for i, (colour, scale) in enumerate(zip(colours, (1.0, 0.6), strict=True)):
        points = plate * (radius * scale) + (x, high, depth)
        scene.add(-depth + 0.01 * (i + 1), Ink(SIGN, colour, light, depth, 2.0), points)


def _walker(stride: float) -> np.ndarray:
    """Return (22, 3) outline points: two legs of 4, torso of 6, head of 8."""
    legs = [
        (s * dx, y)
        for s in (-1, 1)
        for dx, y in ((stride - 0.08, 0), (stride + 0.08, 0), (0.14, 0.8), (-0.1, 0.8))
    ]
    torso = [(-0.2, 0.75), (0.2, 0.75), (0.27, 1.35), (0.14, 1.5), (-0.14, 1.5), (-0.27, 1.35)]
    angle = np.arange(8) * np.pi / 4
    head = np.column_stack([0.13 * np.cos(angle), 1.62 + 0.15 * np.sin(angle)])
    flat = np.concatenate([legs, torso, head])
    return np.column_stack([flat, np.zeros(len(flat))])


_WALKERS = tuple(_walker(stride) for stride in (0.06, 0.14, 0.24))


def add_person(scene: Scene, n: list[float], x: float, depth: float) -> None:
    """Add someone; ``n`` holds 4 uniform numbers."""
    if not NEAR + 0.7 < depth < 38:
        return
    light = scene.light.front
    tall = 0.88 + 0.22 * n[1]
    points = _WALKERS[int(n[2] * 3) % 3] * (1.15 * tall, tall, 0.0) + (x, 0.0, depth)
    trousers = Ink(PERSON, pick(CLOTHES, n[0] * 7 % 1, 0.3), light, depth, 3.0)
    scene.add(-depth, trousers, points[:4])
    scene.add(-depth, trousers, points[4:8])
    coat = Ink(PERSON, pick(CLOTHES, n[3], n[1]), light, depth, 4.0)
    scene.add(-depth + 0.01, coat, points[8:14])
    skin = Ink(PERSON, pick(SKINS, n[2] * 5 % 1), light, depth, 2.0)
    scene.add(-depth + 0.02, skin, points[14:])
    scene.shadows.append(ground(x - 0.3, x + 0.3, depth - 0.1, depth + 0.35))


def add_bin(scene: Scene, n: list[float], x: float, depth: float) -> None:
    """Add a bin or a box, which has no class; ``n`` holds 2 uniform numbers."""
    if not NEAR < depth < 40:
        return
    box = front(x - 0.35, x + 0.35, 0.0, 0.8 + 0.5 * n[1], depth)
    ink = Ink(VOID, pick(BINS, n[0]), scene.light.front, depth, 3.0)
    scene.add(-depth, ink, box)
