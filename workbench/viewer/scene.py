"""What the viewer draws: one image with its labels, prediction, score map and units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Scene:
    """One image at one cycle of one run; arrays that store or dataset lack are ``None``.

    Attributes:
        table: the image's units: ``unit_id``, ``y0``, ``x0``, ``y1``, ``x1``, ``state`` (of
            ``UNIT_STATES``), ``rank`` (order picked, from 0; −1 where not selected) and ``score``
            (NaN where the unit was not scored). Where units are no rectangles, ``outline`` too:
            closed lines ``[x, y, …]`` through a unit's outermost pixels, none for a rectangle.
        title: method, seed and cycle.
        image_id: the image.
        score: the score's name.
        aggregation: what made the table's scores from the map.
        low: smallest value the score can have; colours always span low to high.
        high: largest value the score can have.
        unit: unit of the score, e.g. ``nats``.
        codes: (h, w) uint8 score map.
        codes_low: value of code 0.
        codes_high: value of code 255.
        prediction: (h, w) uint8 predicted class.
        image: (H, W, 3) uint8 RGB.
        truth: (H, W) uint8 train ids, void = ``IGNORE``.
        size: (H, W) of the image, which the units' boxes refer to.
        classes: class names in the order of their ids.
        palette: one RGB colour (0–255) per class.
        notices: sentences on what is missing and why.
    """

    table: pd.DataFrame
    title: str
    image_id: str
    score: str
    aggregation: str
    low: float
    high: float
    unit: str
    codes: npt.NDArray[np.uint8] | None
    codes_low: float
    codes_high: float
    prediction: npt.NDArray[np.uint8] | None
    image: npt.NDArray[np.uint8] | None
    truth: npt.NDArray[np.uint8] | None
    size: tuple[int, int]
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    notices: tuple[str, ...] = ()

    @property
    def values(self) -> npt.NDArray[np.float32] | None:
        """(h, w) the score map in its own unit."""
        if self.codes is None:
            return None
        step = (self.codes_high - self.codes_low) / 255
        return (self.codes_low + step * self.codes).astype(np.float32)


@dataclass(frozen=True)
class Pane:
    """A scene beside others.

    Attributes:
        scene: what is drawn.
        name: whose it is, e.g. the run; the scene's title if empty.
        colour: the method's colour, ``#rrggbb``, as in all figures; none if empty.
    """

    scene: Scene
    name: str = ""
    colour: str = ""
