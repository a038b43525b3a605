"""GlaS as ``warwick_qu_dataset_released_2016_07_08.zip`` unpacks: one folder of BMP files.

Images are 24-bit; ``*_anno.bmp`` are 8-bit and number the glands of an image 1, 2, … on 0; numbers
in names begin at 1; ``Grade.csv`` names each image's patient and grade.
"""

from pathlib import Path

import numpy as np

from tests.datasets.fakes.draw import photo, save, save_palette


def make(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0) -> Path:
    """Write train_1 … so that ``images`` are left when every fifth is held out, at least one."""
    rng = np.random.default_rng(seed)
    folder = root / "Warwick QU Dataset (Released 2016_07_08)"
    training = max(images + (images - 1) // 4, 5)
    rows = ["name, patient ID, grade (GlaS), grade (Sirinukunwattana et al. 2015)"]
    for part, count in {"testA": 3, "testB": 2, "train": training}.items():
        for number in range(1, count + 1):
            ids = _glands((size[0] - number % 2, size[1] - 3 * (number % 2)), number % 4)
            save(folder / f"{part}_{number}.bmp", photo(ids > 0, rng))
            colours = [(level, level, 255 - level) for level in range(256)]
            save_palette(folder / f"{part}_{number}_anno.bmp", ids, colours)
            rows.append(f"{part}_{number}, {number % 3 + 1}, benign, healthy")
    (folder / "Grade.csv").write_text("\n".join(rows), encoding="ascii")
    return root


def _glands(size, count):
    """Return (H, W) numbers of glands, 1 to ``count`` + 2; the first two touch."""
    ids = np.zeros(size, np.uint8)
    step = size[1] // (count + 2)
    for gland in range(count + 2):
        gap = 0 if gland == 0 else 1  # the first reaches the second
        ids[2:-3, gland * step + 1 : (gland + 1) * step + 1 - gap] = gland + 1
    return ids
