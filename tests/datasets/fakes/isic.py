"""ISIC 2017 part 1 as its six archives unpack.

JPEG images ``ISIC_<7 digits>.jpg`` of many sizes beside RGB superpixels of part 2 and a table of
metadata; grey 8-bit PNG masks of 0 outside and 255 inside the lesion.
"""

from pathlib import Path

import numpy as np

from tests.datasets.fakes.draw import ellipse, photo, save

PARTS = {"Training": 0, "Validation": 9_000, "Test_v2": 12_000}
"""Part of the release ► its first image number here."""


def make(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0) -> Path:
    """Write as many images into the training part, half of them into the others."""
    rng = np.random.default_rng(seed)
    for part, first in PARTS.items():
        photos = root / f"ISIC-2017_{part}_Data"
        masks = root / f"ISIC-2017_{part}_Part1_GroundTruth"
        count = images if part == "Training" else max(images // 2, 1)
        for number in range(count):
            name = f"ISIC_{first + number:07d}"
            shape = (size[0] - number % 3, size[1] - number % 2)
            inside = ellipse(shape, rng)
            save(photos / f"{name}.jpg", photo(inside, rng), quality=90)
            cells = np.zeros((*shape, 3), np.uint8)
            cells[..., 0] = np.arange(shape[1]) // 4
            save(photos / f"{name}_superpixels.png", cells)
            save(masks / f"{name}_segmentation.png", (255 * inside).astype(np.uint8))
        table = photos / f"ISIC-2017_{part}_Data_metadata.csv"
        table.write_text("image_id,age_approximate,sex\n", encoding="ascii")
    return root
