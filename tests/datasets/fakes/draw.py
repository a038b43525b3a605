"""Draws what fake copies show: coloured noise, brighter where the mask has an object."""

from pathlib import Path

import numpy as np
from PIL import Image


def ellipse(size, rng, scale=1.0):
    """Return (H, W) True inside an ellipse around the middle."""
    height, width = size
    centre = np.array([height, width]) / 2 + rng.uniform(-1, 1, 2)
    y, x = np.mgrid[:height, :width]
    radii = scale * np.array([height, width]) / 3
    return ((y - centre[0]) / radii[0]) ** 2 + ((x - centre[1]) / radii[1]) ** 2 < 1


def photo(inside, rng):
    """Return (H, W, 3) noise, brighter where ``inside`` is True."""
    noise = rng.integers(0, 120, (*inside.shape, 3))
    return (noise + 120 * inside[..., None]).astype(np.uint8)


def save(path: Path, pixels, **options):
    """Write pixels as an image file in the format of its ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def save_palette(path: Path, ids, colours):
    """Write ids as an 8-bit palette file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = Image.fromarray(ids)
    file.putpalette([int(value) for colour in colours for value in colour])
    assert file.mode == "P"
    file.save(path)
