"""One frame's view of stretches of street: the visible shapes, their pixels and their light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from workbench.datasets.scenes.painting import Camera, Canvas
from workbench.datasets.scenes.stretch import NEAR, Fact, Floats, Stretch
from workbench.datasets.scenes.style import Light

_LEAVES: Floats = np.array([[52.0, 92.0, 40.0], [112.0, 138.0, 62.0]])
_AUTUMN: Floats = np.array([184.0, 112.0, 44.0])
_LAST_SEEN = 0.05
"""Metres by which the farthest point of a visible shape must lie beyond ``NEAR``."""


class Placed(NamedTuple):
    """A stretch, moved ``x`` metres to the right, that begins ``z`` metres ahead of the camera."""

    stretch: Stretch
    x: float
    z: float


@dataclass(frozen=True, eq=False)
class View:
    """The visible shapes of a frame.

    Attributes:
        pixels: (n, 2) int32 column and row of every point in the index map.
        facts: (s, …) as in :class:`Stretch`, one row per visible shape, in the order of drawing;
            ``START`` is a row of ``pixels``, ``DEPTH`` is in metres from the camera.
    """

    pixels: npt.NDArray[np.int32]
    facts: Floats

    @classmethod
    def of(cls, placed: Sequence[Placed], camera: Camera, light: Light) -> View:
        """Return the view of some stretches from a camera."""
        points = np.concatenate([p.stretch.points for p in placed])
        facts = np.concatenate([p.stretch.facts for p in placed])
        held = [len(p.stretch.points) for p in placed]
        shapes = [len(p.stretch.facts) for p in placed]
        x, z = np.array([(p.x, p.z) for p in placed]).T
        lean = np.clip(points[:, 3] * light.sun_side, -points[:, 4], points[:, 4])
        points[:, 0] += np.repeat(x, held) - lean
        points[:, 2] = np.maximum(points[:, 2] + np.repeat(z, held), NEAR)
        facts[:, Fact.START] += np.repeat(np.cumsum([0, *held[:-1]]), shapes)
        ahead = np.repeat(z, shapes)
        facts[:, Fact.DEPTH] += ahead
        facts[:, Fact.ORDER] -= ahead
        depth = facts[:, Fact.DEPTH]
        seen = (depth > facts[:, Fact.NEAR]) & (depth < facts[:, Fact.FAR])
        seen &= facts[:, Fact.END] + ahead > NEAR + _LAST_SEEN
        seen &= light.there[facts[:, Fact.WHEN].astype(np.intp)]
        facts = facts[seen]
        order = np.argsort(facts[:, Fact.ORDER], kind="stable")
        return cls(camera.project(points), facts[order])

    def shadows(self) -> list[npt.NDArray[np.int32]]:
        """Return the outlines of all shadows, each as (k, 2) columns and rows."""
        return [polygons[0] for polygons in self._polygons(self.facts[:, Fact.SHADOW] > 0)]

    def draw(self, canvas: Canvas, light: Light) -> None:
        """Fill all shapes except shadows into the canvas, far shapes first."""
        there = self.facts[:, Fact.SHADOW] == 0
        first = canvas.take(*_inks(self.facts[there], light))
        for number, polygons in enumerate(self._polygons(there), start=first):
            cv2.fillPoly(canvas.index, polygons, number)

    def _polygons(self, which: npt.NDArray[np.bool_]) -> list[list[npt.NDArray[np.int32]]]:
        pixels = self.pixels
        places = self.facts[which, : Fact.POLYGONS + 1].astype(np.intp).tolist()
        return [
            [pixels[start : start + corners]]
            if many == 1
            else [pixels[i : i + corners] for i in range(start, start + many * corners, corners)]
            for start, corners, many in places
        ]


def _inks(facts: Floats, light: Light) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Return (s,) class ids and (s, 7) R, G, B, light, depth, grain and glow."""
    ink = facts[:, Fact.INK :].T
    klass, kind, share, grain, glows, leaf, sky, haze = ink[[0, 4, 5, 6, 7, 8, 9, 13]]
    rows = np.empty((len(facts), 7))
    colour = facts[:, Fact.INK + 10 : Fact.INK + 13] if light.dark else ink[1:4].T
    rows[:, :3] = colour * (1 - sky[:, None]) + np.array(light.bottom) * sky[:, None]
    leaves = np.flatnonzero(leaf >= 0)
    rows[leaves, :3] = _leaves(leaf[leaves, None], light.season)
    rows[:, 3] = light.levels[kind.astype(np.intp)] * share
    rows[:, 4] = np.maximum(facts[:, Fact.DEPTH], NEAR) * haze
    rows[:, 5] = grain
    rows[:, 6] = light.there[glows.astype(np.intp)]  # NEVER is −1, the last entry
    return klass.astype(np.uint8), rows


def _leaves(number: Floats, season: float) -> Floats:
    """Return (k, 3) colours of leaves from (k, 1) numbers in [0, 1]."""
    green: Floats = _LEAVES[0] * (1 - number) + _LEAVES[1] * number
    if season < 0.7:
        return green
    autumn = (season - 0.7) / 0.3 * (0.4 + 0.6 * number)
    turned: Floats = green * (1 - autumn) + _AUTUMN * autumn
    return turned
