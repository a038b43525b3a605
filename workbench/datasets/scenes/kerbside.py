"""Things and people on the pavement: trees, lamps, signs, people, and bins (void)."""

from __future__ import annotations

import numpy as np

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
from workbench.datasets.scenes.stretch import (
    AT_NIGHT,
    IN_SUN,
    NEAR,
    Ink,
    Layout,
    front,
    ground,
)


def add_tree(layout: Layout, n: list[float], x: float, depth: float) -> None:
    """Add a tree with a light and a dark part; ``n`` holds 3 uniform numbers."""
    size = 1.3 + 1.5 * n[0]
    high, middle, seen = size * (1.0 + 0.6 * n[1]), 2.6 + size, (NEAR + 1.5, np.inf)
    bark = Ink(TREE, mix((84, 66, 50), (110, 104, 96), n[1]), grain=8.0)
    layout.add(bark, front(x - 0.14, x + 0.14, 0.0, middle, depth), -depth, depth, seen=seen)
    shade = Ink(TREE, (0, 0, 0), share=0.78, grain=24.0, leaf=n[2])
    crown = layout.blob(n[1], x, middle, depth, size, high)
    layout.add(shade, crown, -depth + 0.01, depth, seen=seen)
    lit = layout.blob(n[2], x, middle + 0.2 * high, depth, 0.68 * size, 0.68 * high)
    leaves = shade._replace(share=1.0)
    layout.add(leaves, lit, -depth + 0.02, depth, seen=seen, lean=-0.22 * size)
    shadow = layout.blob(n[1], x, 50.0, depth, size, 0.8 * size)
    shadow[:, 2] = depth + shadow[:, 1] - 50.0  # lay the upright outline on the ground
    shadow[:, 1] = 0.0
    layout.shade(shadow, depth, seen=seen, when=IN_SUN, lean=2.5)


def add_lamp(layout: Layout, number: float, side: int, x: float, depth: float) -> None:
    """Add a street lamp with an arm over the road; it shines at night."""
    high, seen = 4.6 + 2.4 * number, (NEAR, 55.0)
    metal = Ink(POLE, mix((92, 98, 96), (136, 138, 140), number), grain=3.0)
    layout.add(metal, front(x - 0.11, x + 0.11, 0.0, high, depth), -depth, depth, seen=seen)
    arm = front(x, x - side * 1.3, high - 0.1, high + 0.06, depth)
    layout.add(metal, arm, -depth, depth, seen=seen)
    head = front(x - side * 0.9, x - side * 1.5, high - 0.16, high + 0.1, depth)
    bulb = Ink(POLE, (200, 202, 200), grain=1.0, glows=AT_NIGHT, night=(252, 226, 160))
    layout.add(bulb, head, -depth + 0.01, depth, seen=seen)


def _plate(corners: int, turn: float) -> np.ndarray:
    angle = turn + np.arange(corners) * 2 * np.pi / corners
    return np.column_stack([np.cos(angle), np.sin(angle), np.zeros(corners)])


_PLATES = (_plate(3, np.pi / 2), _plate(4, np.pi / 4), _plate(12, 0.0), _plate(12, 0.0))


def add_sign(layout: Layout, n: list[float], x: float, depth: float) -> None:
    """Add a traffic sign on its post; ``n`` holds 3 uniform numbers."""
    high, radius, seen = 2.2 + 0.5 * n[0], 0.46 + 0.2 * n[1], (NEAR, 45.0)
    post = front(x - 0.06, x + 0.06, 0.0, high, depth)
    layout.add(Ink(POLE, (140, 142, 144), grain=2.0), post, -depth, depth, seen=seen)
    plate = _PLATES[int(n[2] * 4) % 4]
    colours = SIGNS[int(n[1] * 4) % 4], (236, 236, 232)
    for i, (colour, scale) in enumerate(zip(colours, (1.0, 0.6), strict=True)):
        points = plate * (radius * scale) + (x, high, depth)
        order = -depth + 0.01 * (i + 1)
        layout.add(Ink(SIGN, colour, grain=2.0), points, order, depth, seen=seen)


def _walker(stride: float) -> np.ndarray:
    """Return (22, 3) outline points: 4 for each leg, 6 for the torso, 8 for the head."""
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


def add_person(layout: Layout, n: list[float], x: float, depth: float) -> None:
    """Add a person; ``n`` holds at least 4 uniform numbers."""
    tall, seen = 0.88 + 0.22 * n[1], (NEAR + 0.7, 38.0)
    points = _WALKERS[int(n[2] * 3) % 3] * (1.15 * tall, tall, 0.0) + (x, 0.0, depth)
    trousers = Ink(PERSON, pick(CLOTHES, n[0] * 7 % 1, 0.3), grain=3.0)
    coat = Ink(PERSON, pick(CLOTHES, n[3], n[1]), grain=4.0)
    skin = Ink(PERSON, pick(SKINS, n[2] * 5 % 1), grain=2.0)
    for i, (ink, outline) in enumerate(
        ((trousers, points[:4]), (trousers, points[4:8]), (coat, points[8:14]), (skin, points[14:]))
    ):
        layout.add(ink, outline, -depth + 0.01 * i, depth, seen=seen)
    layout.shade(ground(x - 0.3, x + 0.3, depth - 0.1, depth + 0.35), depth, seen=seen)


def add_bin(layout: Layout, n: list[float], x: float, depth: float) -> None:
    """Add a bin or a box, whose class is void; ``n`` holds 2 uniform numbers."""
    box = front(x - 0.35, x + 0.35, 0.0, 0.8 + 0.5 * n[1], depth)
    layout.add(Ink(VOID, pick(BINS, n[0]), grain=3.0), box, -depth, depth, seen=(NEAR, 40.0))
